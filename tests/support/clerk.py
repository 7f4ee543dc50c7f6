"""Runs helpers on the databases of a product under test, without starting Python for each.

Each line of JSON on standard input, [name, arguments], is answered by one on standard output.
"""

import io
import json
import os
import sys
import uuid
from collections.abc import Callable
from typing import Any

from ptfi import embedded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ptfi.settings")
embedded.start()

import django  # noqa: E402 (the settings need the services' addresses)

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import CommandError, call_command  # noqa: E402
from django.db import connection  # noqa: E402

from graph.connection import drop_driver  # noqa: E402
from ptfi.accounts.models import User  # noqa: E402
from tests.support.candidate_files import row  # noqa: E402
from tests.support.cast import client_of, confirmed, make_user  # noqa: E402
from traits.ingest import batch as ingest  # noqa: E402
from traits.ingest.parsing import CandidateRecord, parse  # noqa: E402
from traits.models import Persona  # noqa: E402


def people(count: int) -> list[dict[str, str]]:
    """Create this many people; returns each id and the cookie of a signed-in session."""
    found = []
    for _ in range(count):
        user = make_user(f"p{uuid.uuid4()}")
        cookie = client_of(user).cookies[settings.SESSION_COOKIE_NAME]
        found.append({"id": str(user.pk), "cookie": f"{cookie.key}={cookie.value}"})
    return found


def suggest(person: str, count: int) -> list[str]:
    """Add this many suggestions for the person as the pipeline does; returns their ids."""
    ids = [uuid.uuid4() for _ in range(count)]
    # Suggestions of one name would be decided together.
    parsed = [parse(row(pk, number) | {"trait_name": f"Says {number}, {pk}"}) for number, pk in enumerate(ids)]
    batch = [one for one in parsed if isinstance(one, CandidateRecord)]
    ingest.apply(batch, owner=User.objects.get(pk=person))
    return [str(one.candidate_id) for one in batch]


def backlog(count: int, each: int) -> list[str]:
    """Create this many people who have confirmed `each` suggestions; returns their ids."""
    users = [User.objects.create_user(display_name="Somebody") for _ in range(count)]
    for user in users:
        Persona.objects.create(user=user)
        for number in range(each):
            confirmed(user, f"Says {number}")
    return [str(user.pk) for user in users]


def check() -> str:
    """The faults that verify_log and check_graph find; empty if there are none."""
    # This process may still have connections from before the graph or PostgreSQL was killed.
    drop_driver()
    found = []
    for name in ("verify_log", "check_graph"):
        said = io.StringIO()
        try:
            call_command(name, stdout=said, stderr=said)
        except (CommandError, SystemExit) as error:
            found.append(f"{name}: {error} {said.getvalue()}")
    return "\n".join(found)


COMMANDS: dict[str, Callable[..., Any]] = {
    "people": people,
    "suggest": suggest,
    "backlog": backlog,
    "check": check,
}


def main() -> None:
    for line in sys.stdin:
        name, arguments = json.loads(line)
        print(json.dumps(COMMANDS[name](**arguments)), flush=True)
        connection.close()


if __name__ == "__main__":
    main()
