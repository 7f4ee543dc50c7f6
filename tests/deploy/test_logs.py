"""What is logged: lines that name their request or batch, and no person's words, however much is asked for."""

import io
import json
import logging
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import path as route

from ptfi.accounts.models import User
from ptfi.telemetry.logs import JsonFormatter, LineFormatter
from ptfi.urls import *  # noqa: F403 (a site with two views more)
from ptfi.urls import urlpatterns as usual
from tests.support.candidate_files import row
from tests.support.cast import SignedIn, Suggest, acting_for_self, confirmed
from tests.support.graph_helpers import persona, project
from traits.log import entries as log
from traits.models import Decision

MARKER = "xylophone"
API = "/v1/users/me/persona/traits"
Lines = Callable[[], list[dict[str, Any]]]
pytestmark = [pytest.mark.graph, pytest.mark.django_db]


def broken(request: HttpRequest) -> HttpResponse:
    raise ValueError(MARKER, request.GET)


def refused(request: HttpRequest) -> HttpResponse:
    """PostgreSQL quotes the value in its message."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::int", [MARKER])
    return HttpResponse()


urlpatterns = [*usual, route("broken/", broken, name="broken"), route("refused/", refused, name="refused")]


@pytest.fixture(params=[JsonFormatter, LineFormatter])
def written(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """All that is logged while the test runs, at DEBUG."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(request.param())
    loggers = [logging.getLogger(name) for name in ("", "django")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield text
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


json_only = pytest.mark.parametrize("written", [JsonFormatter], indirect=True)


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


@pytest.mark.slow
def test_no_words_of_a_person_through_the_web(
    written: io.StringIO, alice: User, suggest: Suggest, signed_in: SignedIn, settings: Any
) -> None:
    settings.ROOT_URLCONF = "tests.deploy.test_logs"
    candidate = suggest(alice, MARKER, trait_description=MARKER)
    client = signed_in(alice)
    client.raise_request_exception = False
    said = {"X-Request-ID": MARKER, "Referer": f"http://testserver/?q={MARKER}", "User-Agent": MARKER}
    for address in ("/review/", "/traits/", f"/review/{candidate.pk}/", f"/{MARKER}/", f"{API}/candidates"):
        client.get(f"{address}?q={MARKER}&after={MARKER}", headers=said)
    assert client.get(f"/broken/?q={MARKER}", headers=said).status_code == 500
    assert client.get(f"/refused/?q={MARKER}", headers=said).status_code == 500
    client.get("/review/", headers={"Host": f"{MARKER}.example"})
    strict = Client(enforce_csrf_checks=True, headers={"Origin": f"http://{MARKER}.example"})
    strict.post(f"/accounts/login/?next=/{MARKER}/", {"login": f"{MARKER}@example.com", "password": MARKER})
    client.post("/accounts/login/", {"login": f"{MARKER}@example.com", "password": MARKER})
    client.post(f"/review/{candidate.pk}/edit/", {"name": MARKER * 99, "notes": MARKER, "version": MARKER})
    client.post(f"{API}/candidates/{candidate.pk}/actions", {"notes": MARKER}, content_type="application/json")
    client.post("/v1/ingest/candidates", MARKER, content_type="application/json")
    assert len(written.getvalue().splitlines()) > 8
    assert MARKER not in written.getvalue().lower()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_no_words_of_a_person_through_import_and_projector(
    written: io.StringIO, alice: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "rows.jsonl"
    good = row(uuid.uuid4(), 1) | {"trait_name": MARKER}
    bad = row(uuid.uuid4(), 2) | {"trait_category": MARKER, MARKER: MARKER, "confidence_score": MARKER}
    file.write_text("\n".join([json.dumps(good), json.dumps(bad), f'{{"{MARKER}', MARKER]))
    with pytest.raises(SystemExit):
        call_command("import_candidates", str(file), owner=alice.email)
    mine = persona(alice)
    unreadable = log.Change(
        decision=Decision.USER_ADDED, trait_id=uuid.uuid4(), before={}, after={"trait": {"name": MARKER}}
    )
    log.append(mine, [unreadable], actor=acting_for_self(alice)["actor"], at=mine.next_moment())
    project(alice)
    assert persona(alice).last_error
    assert "could not be projected" in written.getvalue()
    assert MARKER not in written.getvalue().lower()
    assert MARKER not in persona(alice).last_error


@json_only
def test_a_line_names_its_request_and_its_fault(written: io.StringIO, client: Client, settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.deploy.test_logs"
    client.raise_request_exception = False
    answer = client.get("/broken/?q=x")
    (line,) = [line for line in lines(written) if line["level"] == "ERROR"]
    assert line["request"] == answer["X-Request-ID"]
    assert (line["status"], line["method"], line["view"]) == (500, "GET", "broken")
    assert line["error"] == "ValueError"
    assert re.fullmatch(r"test_logs\.py:\d+ broken", line["at"][0])


@json_only
@pytest.mark.django_db
def test_a_refusal_names_who_asked(written: io.StringIO, alice: User, as_alice: Client) -> None:
    for path in ("/admin/", f"/review/{uuid.uuid4()}/", f"/v1/users/{uuid.uuid4()}/persona/traits/candidates"):
        assert as_alice.get(path, follow=True).status_code in (403, 404), path
    said = [line for line in lines(written) if line["level"] == "WARNING" and "status" in line]
    assert len(said) == 3
    assert {line["user"] for line in said} == {str(alice.pk)}


@json_only
@pytest.mark.django_db(transaction=True)
def test_a_line_of_the_projector_names_its_batch(written: io.StringIO, alice: User) -> None:
    mine = persona(alice)
    unreadable = log.Change(decision=Decision.USER_ADDED, trait_id=uuid.uuid4(), before={}, after={"trait": {"x": 1}})
    log.append(mine, [unreadable], actor=acting_for_self(alice)["actor"], at=mine.next_moment())
    project(alice)
    (line,) = [line for line in lines(written) if "could not be projected" in line["message"]]
    assert uuid.UUID(line["batch"])


GIVEN = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (GIVEN, GIVEN),
        (GIVEN.upper(), GIVEN),
        (GIVEN.replace("-", ""), GIVEN),
        (MARKER, None),
        ("{" + GIVEN + "}", None),
        (GIVEN + "\x00", None),
        ("0" * 4_000, None),
        ("", None),
    ],
)
def test_a_proxys_id_is_kept_if_it_is_one(client: Client, sent: str, kept: str | None) -> None:
    for address in ("/healthz", "/accounts/login/", "/nowhere/"):
        name = client.get(address, headers={"X-Request-ID": sent})["X-Request-ID"]
        assert uuid.UUID(name)
        assert (name == kept) if kept else (name != sent)


def test_an_errors_id_is_the_requests(client: Client) -> None:
    answer = client.get(f"{API}/candidates", headers={"X-Request-ID": GIVEN})
    assert (answer.json()["requestID"], answer["X-Request-ID"]) == (GIVEN, GIVEN)


def test_statements_of_pages_name_their_request_and_prepared_ones_do_not(alice: User, as_alice: Client) -> None:
    confirmed(alice)
    with CaptureQueriesContext(connection) as captured:
        as_alice.get("/review/", headers={"X-Request-ID": GIVEN})
    texts = [query["sql"] for query in captured]
    assert texts
    assert all(text.startswith(f"/* request={GIVEN} */ ") for text in texts if "SAVEPOINT" not in text), texts
    with CaptureQueriesContext(connection) as captured:
        as_alice.get(f"{API}/candidates", headers={"X-Request-ID": GIVEN})
    own = [query["sql"] for query in captured if "traits_extractedtraitcandidate" in query["sql"]]
    assert own
    assert all(not text.lstrip().startswith("/*") for text in own)
