"""What an installation costs in which nobody does anything, and how quickly it is awake."""

import time

import psutil
import pytest
from django.db import connection

from ptfi.accounts.models import User
from tests.support.cast import confirmed
from tests.support.data_folder import wait_until
from tests.support.graph_helpers import persona
from tests.support.processes import running

pytestmark = [pytest.mark.graph, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
LISTENERS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ptfi projector' AND query LIKE 'LISTEN%%'"
HANG_UP = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ptfi projector'"


def listeners() -> int:
    with connection.cursor() as cursor:
        cursor.execute(LISTENERS)
        return int(cursor.fetchone()[0])


def seconds_until_projected(user: User, name: str) -> float:
    """How long a decision takes to the graph."""
    confirmed(user, name)
    began = time.monotonic()
    wait_until(lambda: not persona(user).behind, 10)
    return time.monotonic() - began


def test_an_idle_projector_rests_and_a_decision_wakes_it(alice: User) -> None:
    confirmed(alice)
    with running("manage.py", "project_graph") as projector:
        wait_until(lambda: not persona(alice).behind)
        wait_until(listeners)
        # By now it rests for more than three seconds at a time.
        time.sleep(4)
        process = psutil.Process(projector.pid)
        before = process.cpu_times()
        time.sleep(3)
        after = process.cpu_times()
        assert after.user + after.system - before.user - before.system <= 0.15
        assert seconds_until_projected(alice, "Sails") < 1.5


def test_without_wake_ups_the_projector_asks_often(alice: User) -> None:
    with running("manage.py", "project_graph") as projector:
        wait_until(listeners)
        with connection.cursor() as cursor:
            cursor.execute(HANG_UP)
        assert seconds_until_projected(alice, "Sails") < 3
        wait_until(listeners, 10)
        assert projector.poll() is None
        assert seconds_until_projected(alice, "Bakes bread") < 1.5
