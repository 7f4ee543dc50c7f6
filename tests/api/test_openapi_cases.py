"""Thousands of requests, made from the API's document; every answer must be one that the document promises."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from typing import Any

import pytest
import schemathesis
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.middleware.csrf import _get_new_csrf_string
from schemathesis.checks import load_all_checks
from schemathesis.pytest.lazy import get_all_tests
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from ptfi.accounts.models import User
from ptfi.oauth.scopes import INGEST
from tests.support.api import access_token
from tests.support.api_operations import DOCUMENT
from tests.support.cast import client_of
from tests.support.openapi import config_for, document_about, things_of

pytestmark = [pytest.mark.slow, pytest.mark.generated]
IDS = [said["operationId"] for item in DOCUMENT["paths"].values() for said in item.values()]
OWN = {
    said["operationId"]
    for item in DOCUMENT["paths"].values()
    for said in item.values()
    if not any("OAuth2" in each for each in said["security"])
}
"""Those for the person's own session only."""
PLAIN = {"Accept-Encoding": "identity"}
Proof = dict[str, dict[str, str]]
"""Headers and cookies that say who asks."""
EXPORT = "exportPersona"
OF_THE_PIPELINE = ("ingestCandidates", "withdrawCandidates", "listOutcomes")
WIDE = dict.fromkeys(("listCandidates", "decide", "addTrait", "editTrait"), 220)
FEWEST = dict.fromkeys(IDS, 50) | WIDE | dict.fromkeys(("decideMany", "listTraits", "ingestCandidates"), 150)
"""Requests to each operation; how many there are depends on what can be varied."""


@schemathesis.serializer("application/x-ndjson")  # type: ignore[untyped-decorator]
def as_lines(_context: schemathesis.SerializationContext, value: Any) -> bytes:
    return str(value).encode(errors="replace")


@contextmanager
def savepoint() -> Iterator[None]:
    """What is done within is undone; to the application it is the test's own transaction."""
    block: Any = transaction.atomic()
    block._from_testcase = True
    with block:
        yield
        transaction.set_rollback(True)


@pytest.fixture
def described(alice: User, settings: Any, name: str) -> Iterator[schemathesis.BaseSchema]:
    """One operation of the document, about what Alice has; the application answers in the test's transaction."""
    settings.API_USER_REQUESTS_PER_MINUTE = settings.API_CLIENT_REQUESTS_PER_MINUTE = 0
    load_all_checks()
    schema = schemathesis.openapi.from_dict(document_about(things_of(alice)), config=config_for(name))
    schema = schema.include(operation_id=name)
    # Made here: before the tests begin there are no static files, of which its middleware would warn.
    schema.app = import_module("ptfi.wsgi").application
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield schema
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def bearer(token: str) -> Proof:
    return {"headers": PLAIN | {"Authorization": f"Bearer {token}"}}


def with_session(user: User) -> Proof:
    """What a script of our own pages sends, on which the person has just signed in."""
    session, token = client_of(user, proven=True).cookies[settings.SESSION_COOKIE_NAME].value, _get_new_csrf_string()
    cookies = {settings.SESSION_COOKIE_NAME: session, settings.CSRF_COOKIE_NAME: token}
    return {"headers": PLAIN | {"X-CSRFToken": token}, "cookies": cookies}


def called(schema: schemathesis.BaseSchema, proof: Proof, each: Callable[[], AbstractContextManager[None]]) -> int:
    """Call the operation in every way, each time with the proof and without; how many times."""
    made = 0

    def call(case: schemathesis.Case) -> None:
        nonlocal made
        with each():
            # No schema can say which cursors an earlier answer gave.
            unknown = [positive_data_acceptance] if "cursor" in (case.query or {}) else []
            # It takes a session for one that it made up; the call without any follows.
            no_check = [ignored_auth] if "cookies" in proof else []
            case.call_and_validate(**proof, excluded_checks=unknown + no_check)
            assert case.call(headers=PLAIN).status_code in (401, 404, 405)
        made += 2

    for found in get_all_tests(schema=schema, test_func=call, settings=None, given_kwargs={}):
        _, test = found.ok()
        test()
    return made


@pytest.mark.django_db
@pytest.mark.parametrize("name", [name for name in IDS if name != EXPORT])
def test_every_answer_is_one_that_is_promised(alice: User, described: schemathesis.BaseSchema, name: str) -> None:
    token = access_token(None, INGEST) if name in OF_THE_PIPELINE else access_token(alice)
    proof = with_session(alice) if name in OWN else bearer(token)
    assert called(described, proof, savepoint) >= FEWEST[name]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", [EXPORT])
def test_the_export_is_as_promised(alice: User, described: schemathesis.BaseSchema, name: str) -> None:
    """It takes a transaction of its own, and changes nothing."""
    assert called(described, bearer(access_token(alice)), nullcontext) >= FEWEST[name]


def test_every_operation_gets_enough_cases() -> None:
    assert FEWEST.keys() == set(IDS)
    assert sum(FEWEST.values()) >= 2_000
