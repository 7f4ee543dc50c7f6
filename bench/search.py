"""What searches cost with a million suggestions, and how much more than with 100,000.

    python bench/search.py [--few 100000] [--many 1000000] [--own 10000] [--runs 5]

Staff search all people's suggestions: administrators with evidence, moderators without. A person searches their own,
of which there are --own, in the review and by the API. Figures are CPU milliseconds of this process, with all of
Django's middleware, and of PostgreSQL together, since other work on the machine changes them less than times; the
lowest of the runs counts. Works in a data folder of its own (.data/bench-search, or PTFI_DATA_DIR), whose suggestions
it replaces.
"""

import argparse
import contextlib
import os
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("PTFI_DATA_DIR", str(ROOT / ".data" / "bench-search"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ptfi.settings")
os.environ |= {"API_USER_REQUESTS_PER_MINUTE": "0", "API_CLIENT_REQUESTS_PER_MINUTE": "0"}

from ptfi import embedded  # noqa: E402 (the settings need the services' addresses)

embedded.start()

import django  # noqa: E402

django.setup()

import psutil  # noqa: E402
from allauth.idp.oidc.models import Client as OAuthClient  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from bench.admin import LIST, make_rows, measure, reader  # noqa: E402
from bench.api import tokens  # noqa: E402
from ptfi.accounts.models import User  # noqa: E402
from ptfi.db import sql  # noqa: E402
from traits.models import ExtractedTraitCandidate, Persona  # noqa: E402

OWNER = "own@example.com"
EVERYWHERE = (
    "i always come back to it when the week was long says page once more about and whatever else there is because said"
)
SEARCHES = {
    "a word in every suggestion": "week",
    "in every fifth": "plays",
    "in seven": "77777",
    "in none": "nowhere",
    "two words that meet": "loves jazz",
    "two that never meet": "loves plays",
    "a short beginning": "lo",
    "a beginning of many words": "1",
    "a symbol: C++": "C++",
    "a phrase": '"once more about sailing"',
    "a phrase that is in none": '"sailing about more once"',
    "a script without spaces": "士音",
    "one of its characters": "爵",
    "only what has no jazz": "-jazz",
    "one of two words": "jazz or chess",
    "32 words of each suggestion": EVERYWHERE,
    "32 words, one of them rare": EVERYWHERE + " 77777",
    "alternatives": " or ".join(["jazz", "chess", "law", "C++"] * 5),
}
"""What is sought → what is typed."""
Figures = dict[tuple[str, str], tuple[float, int]]
"""Who searches, and what → CPU milliseconds, and queries."""


def owner() -> tuple[User, str]:
    """Return the person who searches their own, and their access token."""
    OAuthClient.objects.filter(pk="bench").delete()
    person, _ = User.objects.get_or_create(email=OWNER)
    Persona.objects.get_or_create(user=person)
    ((_, token),) = tokens([person.pk])
    return person, token


def give(number: int) -> None:
    """Give the owner this many of the suggestions, to review."""
    person = User.objects.get(email=OWNER)
    chosen = ExtractedTraitCandidate.objects.order_by("candidate_id").values("pk")[:number]
    ExtractedTraitCandidate.objects.filter(pk__in=chosen).update(user=person, status="candidate", held_reason="")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE traits_extractedtraitcandidate")


def searches_of(person: User, token: str) -> dict[str, tuple[Client, str]]:
    """Return who searches → their client and the address before the query."""
    own = Client()
    own.force_login(person)
    app = Client(headers={"Authorization": f"Bearer {token}"})
    return {
        "administrator": (reader("administrator"), LIST),
        "moderator": (reader("moderator"), LIST),
        "review": (own, "/review/"),
        "API": (app, f"/v1/users/{person.pk}/persona/traits/candidates"),
    }


def cost(client: Client, address: str, runs: int) -> tuple[float, int]:
    """Return the lowest CPU time of these runs in milliseconds, and the number of queries."""
    _, _, queries = measure(client, address, 0)
    found = []
    for _ in range(runs):
        before = cpu_seconds()
        client.get(address)
        found.append((cpu_seconds() - before) * 1_000)
    return min(found), queries


def cpu_seconds() -> float:
    """Return what this process and PostgreSQL have used, with the workers of its queries."""
    server = psutil.Process(sql.value("SELECT pg_backend_pid()")).parent()
    assert server
    used = [server.cpu_times().children_user + server.cpu_times().children_system]
    for each in [server, *server.children()]:
        with contextlib.suppress(psutil.Error):
            used.append(each.cpu_times().user + each.cpu_times().system)
    return float(sum(used)) + time.process_time()


def measured(people: dict[str, tuple[Client, str]], runs: int) -> Figures:
    return {
        (who, name): cost(client, f"{path}?{urlencode({'q': typed})}", runs)
        for name, typed in SEARCHES.items()
        for who, (client, path) in people.items()
    }


def report(few: Figures, many: Figures) -> None:
    who = list(dict.fromkeys(name for name, _ in many))
    sys.stdout.write(f"{'CPU ms: few, many, ratio':34}{''.join(f'{name:>24}' for name in who)}\n")
    for name in SEARCHES:
        cells = [(few[each, name][0], many[each, name][0]) for each in who]
        line = "".join(f"{less:9.0f}{more:8.0f}{more / less:7.1f}" for less, more in cells)
        sys.stdout.write(f"{name:34}{line}\n")
    sys.stdout.write(f"queries at most: {max(queries for _, queries in many.values())}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--few", type=int, default=100_000)
    parser.add_argument("--many", type=int, default=1_000_000)
    parser.add_argument("--own", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    settings.ALLOWED_HOSTS.append("testserver")
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    people = searches_of(*owner())
    figures = []
    # Many first: what an earlier run left is taken.
    for rows in (options.many, options.few):
        make_rows(rows)
        give(options.own)
        figures.append(measured(people, options.runs))
        sql.run("TRUNCATE traits_extractedtraitcandidate CASCADE")
    report(*reversed(figures))


if __name__ == "__main__":
    main()
