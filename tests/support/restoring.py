"""``python -m tests.support.restoring lived|restored``: what operators and people do around a restore, printed as JSON.

Each phase runs in a process of its own, because each uses another PostgreSQL.
"""

import io
import json
import os
import sys
import time
from typing import Any

import django
from django.core.management import CommandError, call_command
from django.db import connection

PEOPLE = ("alice@example.com", "bob@example.com")


def main(phase: str) -> None:
    django.setup()
    print(json.dumps(PHASES[phase]()))


def lived() -> dict[str, Any]:
    """Make some decisions, note the time, then do what restoring that time loses: more decisions, and Bob's erasure."""
    from tests.support.cast import confirmed, make_user

    alice, bob = make_user("Alice"), make_user("Bob")
    for name in ("Loves jazz", "Sails"):
        confirmed(alice, name)
    confirmed(bob, "Keeps bees")
    told(alice, bob)
    call("project_graph", once=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()::text, current_user")
        at, role = cursor.fetchone()
    # PostgreSQL restores up to the last transaction that ended before that time.
    time.sleep(0.2)
    confirmed(alice, "Was lost")
    call("erase_persona", PEOPLE[1], reference="T-1", yes=True)
    call("project_graph", once=True)
    # What the app was told goes with the database, and what it knows stays.
    call("send_notices", once=True)
    return {"at": at, "role": role, "people": {email: graph_of(email) for email in PEOPLE}}


def restored() -> dict[str, Any]:
    """Follow docs/operations.md; returns what is in the graph before and after the erasure is repeated."""
    call("verify_log")
    assert "accept_restored_logs" in refusal("project_graph", once=True)
    call("accept_restored_logs", reference="T-2")
    call("project_graph", once=True)
    compared = [call("check_graph", person=email) for email in PEOPLE]
    back = {email: graph_of(email) for email in PEOPLE}
    for email in PEOPLE:
        call("rebuild_graph", person=email)
    assert {email: graph_of(email) for email in PEOPLE} == back
    call("send_notices", once=True)
    call("erase_persona", PEOPLE[1], reference="T-1, repeated", yes=True)
    call("send_notices", once=True)
    call("project_graph", once=True)
    compared += [call("check_graph", person=email) for email in PEOPLE]
    return {"compared": compared, "back": back, "people": {email: graph_of(email) for email in PEOPLE}}


def told(*people: Any) -> None:
    """Let a client read a trait of each of the people, the first of whom changes it afterwards."""
    from ptfi.oauth.registration import register_web_app
    from ptfi.oauth.webhooks.registration import register_webhook
    from tests.support.cast import acting_for_self
    from traits import decisions
    from traits.decisions.inputs import Changes
    from traits.models import PersonaTrait
    from traits.sharing.receipts import Read, Reader, store

    client = register_web_app(name="Server app", redirect_uris=["https://app.example.com/"]).client.pk
    register_webhook(client, os.environ["RECEIVER"])
    traits = [PersonaTrait.objects.filter(user=user).order_by("created_at")[0] for user in people]
    for trait in traits:
        store(Reader(trait.user_id, client, "api readTrait"), Read({trait.pk: trait.category}, number=1))
    change = Changes(description="Changed after it was read.")
    decisions.edit_trait(**acting_for_self(people[0]), trait_id=traits[0].pk, changes=change)


def call(name: str, *arguments: str, **options: Any) -> str:
    said = io.StringIO()
    call_command(name, *arguments, stdout=said, **options)
    return said.getvalue()


def refusal(name: str, **options: Any) -> str:
    """The error with which the command ends."""
    try:
        return f"it did: {call(name, **options)}"
    except CommandError as error:
        return str(error)


def graph_of(email: str) -> list[str]:
    """The names of the person's traits in the graph."""
    from ptfi.accounts.models import User
    from tests.support.graph_helpers import cypher

    rows = cypher(
        "MATCH (:User {userID: $u})-[:HAS_TRAIT]->(t) RETURN t.name AS name ORDER BY name",
        u=User.objects.get(email=email).pk,
    )
    return [row["name"] for row in rows]


PHASES = {"lived": lived, "restored": restored}

if __name__ == "__main__":
    main(sys.argv[1])
