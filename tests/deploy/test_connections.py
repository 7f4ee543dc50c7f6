"""The pool's connections: what becomes of those on which a statement was prepared, cancelled or cut off."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import NotSupportedError, connection, transaction

from ptfi.accounts.models import User
from ptfi.db.prepared import fetch
from tests.support.api import Api, access_token
from tests.support.cast import make_candidate
from tests.support.concurrency import wait_for_a_lock
from tests.support.decisions import assert_log_whole

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
LENGTH = User._meta.get_field("display_name").max_length or 0
LONGER = "ALTER TABLE accounts_user ALTER COLUMN display_name TYPE varchar(%s)"
NAMES = "SELECT display_name FROM accounts_user WHERE id = %s"
LOCK_PERSON = "SELECT FROM traits_persona WHERE user_id = %s FOR NO KEY UPDATE"
CUT = "SELECT count({}(pid)) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
PREPARED_AFTER = 6


def run(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.fixture
def migrated() -> Iterator[Any]:
    """Changes the type of a column that statements of ours read, as a migration does."""
    yield lambda: in_thread(lambda: run(LONGER, LENGTH + 1))
    in_thread(lambda: run(LONGER, LENGTH))
    connection.close()
    connection.pool.drain()  # type: ignore[attr-defined]


def in_thread(act: Any) -> None:
    """Do it on a connection of its own."""

    def done() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=done)
    thread.start()
    thread.join(20)


@pytest.mark.owner
def test_what_was_prepared_before_a_migration_breaks_no_request(alice: User, migrated: Any) -> None:
    api = Api(access_token(alice))
    for _ in range(PREPARED_AFTER):
        assert api.get("/traits/candidates")[0] == 200
    migrated()
    for _ in range(2):
        assert api.get("/traits/candidates")[0] == 200


@pytest.mark.owner
def test_what_was_prepared_before_a_migration_breaks_one_transaction(alice: User, migrated: Any) -> None:
    found = list[Any]()

    def fetch_all() -> None:
        for _ in range(PREPARED_AFTER):
            found.append(fetch(NAMES, [alice.pk]))

    def fetch_once() -> None:
        with transaction.atomic():
            found.append(fetch(NAMES, [alice.pk]))

    fetch_all()
    in_thread(fetch_all)
    migrated()
    found.clear()
    with pytest.raises(NotSupportedError):
        fetch_once()
    in_thread(fetch_once)
    fetch_once()
    assert found == [[("Alice",)]] * 2


@pytest.mark.parametrize("cut", ["pg_cancel_backend", "pg_terminate_backend"])
def test_a_decision_that_is_cut_off_leaves_nothing_to_the_next(alice: User, cut: str) -> None:
    pk, token, answers = make_candidate(alice).pk, access_token(alice), list[int]()

    def decide() -> None:
        api = Api(token)
        api.client.raise_request_exception = False
        for _ in range(2):
            answers.append(api.post(f"/traits/candidates/{pk}/actions", {"userDecision": "rejected"})[0])

    waiting = threading.Thread(target=in_thread, args=(decide,))
    with transaction.atomic():
        run(LOCK_PERSON, alice.pk)
        waiting.start()
        wait_for_a_lock()
        run(CUT.format(cut))
    waiting.join(10)
    assert answers == [503, 200]
    assert_log_whole(alice)
