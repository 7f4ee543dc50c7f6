"""``python -m tests.support.restoring lived|restored``: what operators and people do around a restore, printed as JSON.

Each phase runs in a process of its own, because each uses another PostgreSQL.
"""

import io
import json
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
    call("project_graph", once=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()::text, current_user")
        at, role = cursor.fetchone()
    # PostgreSQL restores up to the last transaction that ended before that time.
    time.sleep(0.2)
    confirmed(alice, "Was lost")
    call("erase_persona", PEOPLE[1], reference="T-1", yes=True)
    call("project_graph", once=True)
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
    call("erase_persona", PEOPLE[1], reference="T-1, repeated", yes=True)
    call("project_graph", once=True)
    compared += [call("check_graph", person=email) for email in PEOPLE]
    return {"compared": compared, "back": back, "people": {email: graph_of(email) for email in PEOPLE}}


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
