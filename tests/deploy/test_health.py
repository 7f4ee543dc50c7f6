"""The probes: the process, and what it needs; with everything there, with some of it, and with nothing."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from graph import connection as graph
from ptfi.accounts.models import User
from tests.support.cast import SignedIn, confirmed
from tests.support.graph_helpers import project

pytestmark = pytest.mark.graph

ROOT = Path(__file__).resolve().parents[2]
PROBES = ("/healthz", "/readyz")
# A process whose databases are not there, asked by somebody with a session.
ALONE = """
import json, time, django
django.setup()
from django.test import Client
client = Client()
client.cookies["session"] = client.cookies["__Host-session"] = "x" * 32
for path in ("/healthz", "/readyz"):
    started = time.monotonic()
    response = client.get(path)
    print(json.dumps([response.status_code, response.json(), time.monotonic() - started]))
"""


@pytest.mark.parametrize("path", PROBES)
def test_a_probe_needs_no_session_host_or_https(path: str, settings: Any, db: None) -> None:
    settings.SECURE_SSL_REDIRECT = True
    response = Client(headers={"host": "10.0.0.7:8000"}).get(path)
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert not response.cookies
    assert Client().head(path).status_code == 200
    assert Client().post(path).status_code == 405


def test_the_process_lives_whatever_else_is(client: Client) -> None:
    # Without the db mark, pytest-django fails whoever touches the database.
    client.cookies["session"] = "x" * 32
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_how_far_the_graph_is_behind(alice: User, bob: User, client: Client) -> None:
    confirmed(alice)
    confirmed(bob)
    project(bob)
    said = client.get("/readyz").json()
    # A busy machine takes a second or two from the decision to here.
    assert said["checks"]["graph"].pop("oldestSeconds") < 5
    assert said == {
        "status": "ready",
        "checks": {
            "postgresql": {"status": "ok"},
            "migrations": {"status": "ok", "pending": 0},
            "graph": {"status": "ok", "behindPeople": 1},
        },
    }
    with connection.cursor() as cursor:
        cursor.execute("UPDATE traits_persona SET last_entry_at = last_entry_at - interval '1 minute'")
    assert 60 <= client.get("/readyz").json()["checks"]["graph"]["oldestSeconds"] < 75
    project(alice)
    assert client.get("/readyz").json()["checks"]["graph"] == {"status": "ok", "behindPeople": 0, "oldestSeconds": 0}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_not_ready_before_the_migrations(client: Client) -> None:
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied("traits", "0001_initial")
    try:
        response = client.get("/readyz")
    finally:
        recorder.record_applied("traits", "0001_initial")
    assert response.status_code == 503
    assert response.json()["status"] == "not_ready"
    assert response.json()["checks"]["migrations"] == {"status": "pending", "pending": 1}
    assert client.get("/readyz").status_code == 200


@pytest.mark.slow
def test_ready_without_the_graph(client: Client, settings: Any, db: None) -> None:
    settings.NEO4J_URL = "bolt://127.0.0.1:1"
    graph.drop_driver()
    try:
        response = client.get("/readyz")
    finally:
        graph.drop_driver()
        graph._away_until = 0.0
    assert (response.status_code, response.json()["status"]) == (200, "ready")
    assert response.json()["checks"]["graph"]["status"] == "away"


@pytest.mark.slow
def test_not_ready_without_postgresql() -> None:
    kept = {name: value for name, value in os.environ.items() if name != "PTFI_EMBEDDED"}
    environment = kept | {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
        "NEO4J_URL": "bolt://127.0.0.1:1",
        "DJANGO_SETTINGS_MODULE": "ptfi.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", ALONE],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (lives, said, _), (ready, checks, seconds) = map(json.loads, done.stdout.splitlines())
    assert (lives, said) == (200, {"status": "ok"})
    assert (ready, checks["status"]) == (503, "not_ready")
    assert checks["checks"] == {
        "postgresql": {"status": "away"},
        "migrations": {"status": "unknown"},
        "graph": {"status": "away", "behindPeople": None, "oldestSeconds": None},
    }
    assert seconds < 5


def test_nothing_personal_is_said(alice: User, signed_in: SignedIn) -> None:
    confirmed(alice)
    for path in PROBES:
        text = signed_in(alice).get(path).content.decode()
        assert str(alice.pk) not in text
        assert "Loves jazz" not in text
