"""Requests a second of the API's two busiest operations, and with --peer beside the same two of another program.

    python bench/api.py [--peer FOLDER | --receipts] [--rounds 3] [--seconds 6] [--threads 4] [--projector]

The list returns 20 suggestions with their evidence; the action repeatedly confirms two suggestions and rejects a third.
Both use access tokens, one web worker, and 8 connections of wrk (Debian: apt install wrk). Rate limits are off. FOLDER
holds a program that serves the same two requests (app.py, seed.py, requirements.txt); it gets the same rows, PostgreSQL
and graph server, and both take turns within a run. The peer writes the graph within its requests; with --projector ours
is written in the meantime, too. With --receipts, a second web process without receipts of reads takes turns, for lists
alone. Works in a data folder of its own (.data/bench, or PTFI_DATA_DIR).
"""

import argparse
import contextlib
import dataclasses
import datetime as dt
import json
import os
import random
import secrets
import shutil
import signal
import statistics
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("PTFI_DATA_DIR", str(ROOT / ".data" / "bench"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ptfi.settings")
# Set before the settings are read. The peer has no limits either.
os.environ |= {"API_USER_REQUESTS_PER_MINUTE": "0", "API_CLIENT_REQUESTS_PER_MINUTE": "0"}

from ptfi import embedded  # noqa: E402 (the settings need the services' addresses)

embedded.start()

import django  # noqa: E402

django.setup()

from allauth.idp.oidc.models import Token  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from ptfi.accounts.models import User  # noqa: E402
from ptfi.oauth.models import ClientAccess  # noqa: E402
from ptfi.oauth.registration import register_spa  # noqa: E402
from ptfi.oauth.scopes import MANAGE_TRAITS, READ_TRAITS  # noqa: E402
from traits.ingest import batch as ingest  # noqa: E402
from traits.ingest.parsing import CandidateRecord, parse  # noqa: E402
from traits.models import Category, ExtractedTraitCandidate, Grant  # noqa: E402
from traits.sharing.grants import MOST  # noqa: E402

PEOPLE, EACH = 1_000, 100
OURS, PEER = "http://127.0.0.1:8011", "http://127.0.0.1:8012"
WITHOUT = "http://127.0.0.1:8023"
ABOUT = "The user frequently asks clarifying questions and explores topics in depth, as seen in their logs."
WHY = "Why does item {} of {} behave so? I would like to understand the details before deciding."
BODIES = '{{"{0}": "confirmed_asis"}}\n{{"{0}": "rejected", "{1}": "not me"}}'
OUR_BODIES = BODIES.format("userDecision", "rejectionReason")
PEER_BODIES = BODIES.format("user_decision", "rejection_reason")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", type=Path, help="folder of the program to compare with")
    parser.add_argument("--receipts", action="store_true", help="compare with a process that stores no receipts")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=6)
    parser.add_argument("--threads", type=int, default=8, help="threads of our web process")
    parser.add_argument("--projector", action="store_true", help="write the graph meanwhile")
    options = parser.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("wrk is missing (Debian: apt install wrk).")
    folder = Path(settings.DATA_DIR)
    call_command("migrate", verbosity=0)
    seed(folder / "load")
    count_queries(folder / "load")
    with contextlib.ExitStack() as stack:
        stack.enter_context(our_server(options.threads))
        if options.projector:
            stack.enter_context(process([sys.executable, "manage.py", "project_graph"], ROOT, {}))
        sides = {"ours": (OURS, folder / "load", OUR_BODIES)}
        if options.receipts:
            stack.enter_context(our_server(options.threads, WITHOUT, "bench.without_receipts"))
            sides["without"] = (WITHOUT, folder / "load", "")
        if options.peer:
            stack.enter_context(peer_server(options.peer.resolve(), folder))
            sides["peer"] = (PEER, folder / "peer-load", PEER_BODIES)
        compare(sides, ("list",) if options.receipts else ("list", "action"), options.rounds, options.seconds)


def seed(folder: Path) -> None:
    """Replace all data by people with suggestions and access tokens."""
    folder.mkdir(parents=True, exist_ok=True)
    call_command("flush", interactive=False, verbosity=0)
    for number in range(0, PEOPLE, 10):
        parsed = [parse(row) for person in range(number, number + 10) for row in suggestions(person)]
        rows = [row for row in parsed if isinstance(row, CandidateRecord)]
        assert len(rows) == len(parsed), parsed[0]
        ingest.apply(rows)
    people = list(User.objects.values_list("pk", flat=True))
    (folder / "tokens.txt").write_text("".join(f"{person} {token}\n" for person, token in tokens(people)))
    ids = list(ExtractedTraitCandidate.objects.values_list("user_id", "candidate_id"))
    random.Random(1).shuffle(ids)
    (folder / "ids.txt").write_text("".join(f"{person} {candidate}\n" for person, candidate in ids))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def suggestions(person: int) -> Iterator[dict[str, Any]]:
    """Rows with the same texts as the peer's."""
    for k in range(EACH):
        moment = f"2026-0{1 + k % 9}-11T10:{k % 60:02d}:00Z"
        yield {
            "candidate_id": str(uuid.uuid4()),
            "user": {"external_id": f"bench:{person}", "display_name": "Somebody"},
            "trait_name": f"Inquisitive questioning style {k}",
            "trait_description": ABOUT,
            "trait_category": Category.values[k % 9],
            "supporting_evidence": [
                {
                    "type": "text_snippet",
                    "content": WHY.format(k, j),
                    "source_package_id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{person}/{j}")),
                    "source_detail": f"chat_log_{person}, turn {k * 7 + j}",
                }
                for j in range(2)
            ],
            "confidence_score": round(random.random(), 2),
            "originating_models": ["Text_Analysis_A", "Pattern_Detector"],
            "concepts": [],
            "associated_feature_set_ids": [str(uuid.uuid5(uuid.NAMESPACE_OID, str(k)))],
            "created_at": moment,
        }


def tokens(people: list[uuid.UUID]) -> Iterator[tuple[uuid.UUID, str]]:
    client = register_spa(name="Benchmark", redirect_uris=["https://bench.example/"], client_id="bench").client
    ends, rows = timezone.now() + dt.timedelta(days=1), []
    ClientAccess.objects.bulk_create([ClientAccess(user_id=person, client=client) for person in people])
    for person in people:
        value = secrets.token_urlsafe(32)
        token = Token(type=Token.Type.ACCESS_TOKEN, client=client, user_id=person, expires_at=ends)
        token.set_value(value)
        token.set_scopes([READ_TRAITS, MANAGE_TRAITS])
        rows.append(token)
        yield person, value
    Token.objects.bulk_create(rows)
    everything = dataclasses.asdict(MOST)
    Grant.objects.bulk_create([Grant(user_id=person, client=client, **everything) for person in people])


def count_queries(folder: Path) -> None:
    """Print the number of statements of each operation, including the token's."""
    person, token = (folder / "tokens.txt").read_text().splitlines()[0].split()
    candidate = ExtractedTraitCandidate.objects.filter(user_id=person).values_list("pk", flat=True)[0]
    path, headers = f"/v1/users/{person}/persona/traits/candidates", {"Authorization": f"Bearer {token}"}
    client = Client(headers={**headers, "Host": "localhost"})
    undecided = f"{path}/{candidate}/actions"
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        page = client.get(path)
    listing = len(queries)
    with CaptureQueriesContext(connection) as queries:
        decision = client.post(undecided, OUR_BODIES.splitlines()[0], content_type="application/json")
    deciding = len(queries)
    if (page.status_code, decision.status_code) != (200, 200):
        raise SystemExit(f"list answered {page.status_code}, action {decision.status_code}")
    client.post(
        f"/v1/users/{person}/persona/traits/refinements/{decision.json()['refinementActionID']}/undo",
        content_type="application/json",
    )
    print(f"statements: list {listing}, action {deciding}; the list is {len(page.content):,} bytes long")


@contextlib.contextmanager
def process(command: list[str], folder: Path, more: dict[str, str]) -> Iterator[None]:
    """Run a command while the block runs."""
    running = subprocess.Popen(command, cwd=folder, env={**os.environ, **more})
    try:
        yield
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(20)


@contextlib.contextmanager
def our_server(threads: int, address: str = OURS, settings_module: str = "ptfi.settings") -> Iterator[None]:
    server = [sys.executable, "manage.py", "serve", "web", "--port", urlsplit(address).netloc.split(":")[1]]
    with process(server, ROOT, {"WEB_THREADS": str(threads), "DJANGO_SETTINGS_MODULE": settings_module}):
        wait_for(f"{address}/healthz")
        yield


@contextlib.contextmanager
def peer_server(source: Path, folder: Path) -> Iterator[None]:
    """Run the peer on the same two servers, in a database of its own with as many rows."""
    python = folder / "peer-env" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / "peer-env")], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", source / "requirements.txt"], check=True)
    with connection.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS peer WITH (FORCE)")
        cursor.execute("CREATE DATABASE peer")
    place, graph = settings.DATABASES["default"], urlsplit(settings.NEO4J_URL)
    dsn = f"postgresql://{place['USER']}@/peer?host={place['HOST']}"
    more = {
        "PEER_PG": dsn.replace("postgresql:", "postgresql+asyncpg:"),
        "PEER_BOLT": f"{graph.scheme}://{graph.hostname}:{graph.port}",
        "PEER_BOLT_USER": graph.username or "",
        "PEER_BOLT_PASSWORD": graph.password or "",
        "PEER_BOLT_DB": graph.path.strip("/") or "pkg",
    }
    port = urlsplit(PEER).netloc.split(":")[1]
    options = ["--port", port, "--log-level", "warning", "--no-access-log"]
    with process([str(python), "-m", "uvicorn", "app:app", *options], source, more | {"PYTHONDONTWRITEBYTECODE": "1"}):
        wait_for(f"{PEER}/openapi.json")
        load = folder / "peer-load"
        subprocess.run(
            [python, source / "seed.py", dsn, str(PEOPLE), str(EACH), load], check=True, stdout=subprocess.PIPE
        )
        yield


def wait_for(address: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310 (ours)
            if answer.status == 200:
                return
        time.sleep(0.2)
    raise SystemExit(f"{address} does not answer")


Sides = dict[str, tuple[str, Path, str]]
Figures = dict[str, Any]


def compare(sides: Sides, operations: Sequence[str], rounds: int, seconds: int) -> None:
    """Let the sides take turns, and print the ratio of each round and the median of all."""
    used = dict.fromkeys(sides, 0)
    other = next((name for name in sides if name != "ours"), "")
    for what in operations:
        ratios = []
        for number in range(rounds):
            found = {name: load(side, what, used[name], seconds) for name, side in sides.items()}
            if what == "action":
                used = {name: used[name] + figures["requests"] + 64 for name, figures in found.items()}
            ratios.append(found["ours"]["rate"] / found[other]["rate"] if other else 0.0)
            print(f"{what} {number + 1}: {'; '.join(said(name, figures) for name, figures in found.items())}")
        if other:
            turns = ", ".join(f"{ratio:.2f}" for ratio in ratios)
            print(f"{what}: {statistics.median(ratios):.2f} times the requests a second of {other} ({turns})")


def load(side: tuple[str, Path, str], what: str, start: int, seconds: int) -> Figures:
    address, folder, bodies = side
    more = {"LOAD": str(folder), "START": str(start), "BODIES": bodies if what == "action" else ""}
    command = ["wrk", "-t1", "-c8", f"-d{seconds}s", "-s", str(ROOT / "bench" / "api.lua"), address]
    done = subprocess.run(command, env={**os.environ, **more}, check=True, capture_output=True, text=True)
    figures: Figures = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


def said(name: str, figures: Figures) -> str:
    faults = f", {figures['errors']} ERRORS" if figures["errors"] else ""
    return f"{name} {figures['rate']:.0f}/s, p50 {figures['p50']:.1f} ms, p99 {figures['p99']:.0f} ms{faults}"


if __name__ == "__main__":
    main()
