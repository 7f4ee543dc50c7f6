"""Thousands of requests, made from the API's document; every answer must be one that the document promises."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from schemathesis.checks import load_all_checks
from schemathesis.pytest.lazy import get_all_tests
from schemathesis.specs.openapi.checks import positive_data_acceptance

from ptfi.accounts.models import User
from ptfi.oauth.scopes import INGEST
from tests.support.api import access_token
from tests.support.api_operations import DOCUMENT
from tests.support.openapi import config_for, document_about, things_of

pytestmark = [pytest.mark.slow, pytest.mark.generated]
IDS = [said["operationId"] for item in DOCUMENT["paths"].values() for said in item.values()]
PLAIN = {"Accept-Encoding": "identity"}
EXPORT = "exportPersona"
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


def called(schema: schemathesis.BaseSchema, token: str, each: Callable[[], AbstractContextManager[None]]) -> int:
    """Call the operation in every way, each time with the token and without; how many times."""
    made = 0

    def call(case: schemathesis.Case) -> None:
        nonlocal made
        with each():
            # No schema can say which cursors an earlier answer gave.
            unknown = [positive_data_acceptance] if "cursor" in (case.query or {}) else []
            case.call_and_validate(headers=PLAIN | {"Authorization": f"Bearer {token}"}, excluded_checks=unknown)
            assert case.call(headers=PLAIN).status_code in (401, 404, 405)
        made += 2

    for found in get_all_tests(schema=schema, test_func=call, settings=None, given_kwargs={}):
        _, test = found.ok()
        test()
    return made


@pytest.mark.django_db
@pytest.mark.parametrize("name", [name for name in IDS if name != EXPORT])
def test_every_answer_is_one_that_is_promised(alice: User, described: schemathesis.BaseSchema, name: str) -> None:
    token = access_token(None, INGEST) if name == "ingestCandidates" else access_token(alice)
    assert called(described, token, savepoint) >= FEWEST[name]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", [EXPORT])
def test_the_export_is_as_promised(alice: User, described: schemathesis.BaseSchema, name: str) -> None:
    """It takes a transaction of its own, and changes nothing."""
    assert called(described, access_token(alice), nullcontext) >= FEWEST[name]


def test_every_operation_gets_enough_cases() -> None:
    assert FEWEST.keys() == set(IDS)
    assert sum(FEWEST.values()) >= 2_000
