"""What is measured: who may read it, that it tells what happens, and that nobody is named in it."""

import json
import re
import time
import urllib.request
from functools import partial
from pathlib import Path
from typing import Any

import prometheus_client.parser
import pytest
import yaml
from django.db import connection
from django.test import Client

from graph import metrics as of_graph
from ptfi.accounts.models import User
from ptfi.events import metrics as of_events
from ptfi.telemetry import state
from tests.support.cast import SignedIn, Suggest, confirmed
from tests.support.data_folder import wait_until
from tests.support.graph_helpers import project
from tests.support.processes import free_port, running
from traits.metrics import OPEN_ERASURES, QUEUE

pytestmark = pytest.mark.graph

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a-token-of-twenty-characters"
Values = dict[tuple[str, frozenset[tuple[str, str]]], float]
transactional = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def token(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.METRICS_TOKEN = TOKEN
    monkeypatch.setattr(QUEUE, "_due", 0.0)


def text_of_metrics() -> str:
    response = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}", "Host": "10.0.0.7:8000"})
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    return response.content.decode()


def read(text: str) -> Values:
    families = prometheus_client.parser.text_string_to_metric_families(text)
    return {(one.name, frozenset(one.labels.items())): one.value for each in families for one in each.samples}


def value(name: str, **labels: str) -> float:
    return read(text_of_metrics()).get((name, frozenset(labels.items())), 0.0)


def asked(statement: str) -> tuple[float, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        row: tuple[float, ...] = cursor.fetchone()
    return row


@transactional
def test_only_who_has_the_token_may_read(sam: User, signed_in: SignedIn, settings: Any) -> None:
    staff = signed_in(sam)
    for sent in ("", "Bearer", "Bearer ", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer é"):
        answer = staff.get("/metrics", headers={"Authorization": sent})
        assert (answer.status_code, answer.content) == (404, b""), sent
    assert Client().post("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 404
    assert "ptfi_request_seconds" in text_of_metrics()
    settings.METRICS_TOKEN = ""
    for sent in ("Bearer ", "Bearer", f"Bearer {TOKEN}"):
        assert Client().get("/metrics", headers={"Authorization": sent}).status_code == 404


@pytest.mark.slow
@transactional
def test_requests_count_by_view_and_status(alice: User, signed_in: SignedIn, suggest: Suggest) -> None:
    client, candidate = signed_in(alice), suggest(alice, "Xylophone")
    card = {"view": "review_candidate", "status": "2xx"}
    before = value("ptfi_request_seconds_count", **card), value("ptfi_request_seconds_count", view="none", status="4xx")
    client.get(f"/review/{candidate.pk}/?q=xylophone")
    client.get("/xylophone/")
    client.get("/healthz")
    text = text_of_metrics()
    after = value("ptfi_request_seconds_count", **card), value("ptfi_request_seconds_count", view="none", status="4xx")
    assert after == (before[0] + 1, before[1] + 1)
    for personal in ("xylophone", str(candidate.pk), str(alice.pk), "alice", "healthz"):
        assert personal not in text.lower()


@pytest.mark.slow
@transactional
def test_decisions_count_once_they_are_committed(alice: User, as_alice: Client, suggest: Suggest) -> None:
    labels = {"decision": "confirmed_asis"}
    candidate, before = suggest(alice), value("ptfi_decisions_total", **labels)
    for _ in range(2):
        as_alice.post(f"/review/{candidate.pk}/confirm/")
    assert value("ptfi_decisions_total", **labels) == before + 1


@pytest.mark.slow
@transactional
def test_lag_queue_and_pool(alice: User, suggest: Suggest, monkeypatch: pytest.MonkeyPatch) -> None:
    suggest(alice)
    confirmed(alice, "Sails")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE traits_persona SET last_entry_at = last_entry_at - interval '1 minute'")
        cursor.execute("UPDATE traits_extractedtraitcandidate SET created_at = created_at - interval '1 hour'")
    found = {name: number for (name, _), number in read(text_of_metrics()).items()}
    assert (found["ptfi_database_up"], found["ptfi_behind_people"]) == (1, 1)
    assert 60 <= found["ptfi_behind_seconds"] < 90
    assert found["ptfi_queue_suggestions"] == 1
    assert 3_600 <= found["ptfi_queue_oldest_seconds"] < 3_630
    assert found["ptfi_pool_connections"] >= 1
    assert found["ptfi_pool_requests_total"] >= 1
    project(alice)
    assert (value("ptfi_behind_people"), value("ptfi_behind_seconds")) == (0, 0)


@pytest.mark.slow
@transactional
def test_without_postgresql_the_rest_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OPEN_ERASURES, "ask", partial(asked, "SELECT pg_sleep(60)"))
    monkeypatch.setattr(state, "SECONDS", 0.2)
    started = time.monotonic()
    text = text_of_metrics()
    assert time.monotonic() - started < 3
    found = {name for name, _ in read(text)}
    assert "ptfi_database_up 0.0" in text
    assert "ptfi_behind_people" not in found
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'")


@pytest.mark.slow
@transactional
def test_a_long_queue_does_not_make_postgresql_look_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "SECONDS", 0.5)
    monkeypatch.setattr(QUEUE, "values", (7.0, 8.0))
    with monkeypatch.context() as long:
        long.setattr(QUEUE, "ask", partial(asked, "SELECT 3, 4 FROM pg_sleep(6)"))
        for _ in range(2):
            found = {name: number for (name, _), number in read(text_of_metrics()).items()}
            assert (found["ptfi_database_up"], found["ptfi_behind_people"]) == (1, 0)
            assert (found["ptfi_queue_suggestions"], found["ptfi_queue_oldest_seconds"]) == (7, 8)
        wait_until(lambda: value("ptfi_queue_suggestions") == 3)
    assert value("ptfi_queue_oldest_seconds") == 4


@pytest.mark.slow
@transactional
def test_a_projector_tells_of_itself(alice: User) -> None:
    confirmed(alice)
    port = free_port()
    with running("manage.py", "project_graph", "--metrics-port", str(port)) as projector:
        wait_until(lambda: answers(port))
        wait_until(lambda: ("ptfi_projector_people_total", 1.0) in projected(port))
        wait_until(lambda: ("ptfi_projector_batch_seconds_count", 1.0) in projected(port))
        projector.terminate()
        assert projector.wait(20) == 0


def answers(port: int) -> bool:
    try:
        return bool(projected(port))
    except OSError:
        return False


def projected(port: int) -> set[tuple[str, float]]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as response:
        return {(name, number) for (name, _), number in read(response.read().decode()).items()}


def known_names() -> set[str]:
    """Every name that the processes give; a histogram's and a counter's with their endings."""
    families = list(prometheus_client.parser.text_string_to_metric_families(text_of_metrics()))
    endings = {"histogram": ("_bucket", "_count", "_sum"), "counter": ("_total",), "gauge": ("",)}
    return {family.name + ending for family in families for ending in endings.get(family.type, ())}


def expressions(tree: Any) -> list[str]:
    if isinstance(tree, dict):
        mine = [tree["expr"]] if "expr" in tree else []
        return mine + [found for each in tree.values() for found in expressions(each)]
    return [found for each in tree for found in expressions(each)] if isinstance(tree, list) else []


@pytest.mark.slow
@transactional
@pytest.mark.parametrize("file", ["deploy/prometheus/alerts.yaml", "deploy/grafana/dashboard.json"])
def test_rules_and_dashboard_ask_for_what_there_is(file: str) -> None:
    assert of_graph.BATCHES
    assert of_events.STREAMS
    text = (ROOT / file).read_text()
    found = expressions(json.loads(text) if file.endswith("json") else yaml.safe_load(text))
    named = {name for expression in found for name in re.findall(r"\bptfi_\w+", expression)}
    assert len(named) > 8
    assert named <= known_names()
    for expression in found:
        assert all(expression.count(pair[0]) == expression.count(pair[1]) for pair in ("()", "[]", "{}")), expression


def test_the_alert_rules_have_their_shape() -> None:
    (group,) = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yaml").read_text())["groups"]
    names = [rule["alert"] for rule in group["rules"]]
    assert len(names) == len(set(names))
    for rule in group["rules"]:
        assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"].endswith((".", "?"))
        assert re.fullmatch(r"\d+[smh]", rule.get("for", "1m"))


@transactional
def test_every_metric_is_documented() -> None:
    documented = set(re.findall(r"^\| `(ptfi_\w+)`", (ROOT / "docs/operations.md").read_text(), re.MULTILINE))
    families = prometheus_client.parser.text_string_to_metric_families(text_of_metrics())
    assert documented == {family.name for family in families if family.name.startswith("ptfi_")}
