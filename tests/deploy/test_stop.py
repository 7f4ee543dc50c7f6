"""SIGTERM to each process of the product: what it has begun is finished, once, and it ends by itself."""

import ctypes
import signal
import threading
import time

import psutil
import pytest
from django.core.management import call_command
from django.db import transaction

from ptfi.accounts.models import User
from tests.support.cast import SignedIn, Suggest, confirmed
from tests.support.concurrency import waiting
from tests.support.data_folder import wait_until
from tests.support.graph_helpers import persona
from tests.support.processes import answers, free_port, running
from tests.support.serving import confirm
from traits.models import Persona, UserRefinedTrait

pytestmark = [pytest.mark.graph, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
TGKILL = 234
"""The number of the system call on x86-64: a signal to one thread."""


@pytest.mark.fault("web server told to stop in the middle of a request")
def test_a_request_in_flight_is_answered(alice: User, suggest: Suggest, signed_in: SignedIn) -> None:
    candidate, port, said = suggest(alice), free_port(), list[int]()
    with running("manage.py", "serve", "web", "--port", str(port)) as web:
        wait_until(lambda: answers(port))
        asking = threading.Thread(target=confirm, args=(port, signed_in(alice), candidate, said))
        with transaction.atomic():
            Persona.objects.select_for_update().get(user=alice)
            asking.start()
            wait_until(waiting, 10)
            web.send_signal(signal.SIGTERM)
            wait_until(lambda: not answers(port))
            assert not said
        asking.join(20)
        assert said == [302]
        assert web.wait(20) == 0
    assert UserRefinedTrait.objects.filter(user=alice).count() == 1


@pytest.mark.fault("projector told to stop in the middle of a batch")
def test_a_batch_in_flight_is_finished(alice: User, graph_process: psutil.Process) -> None:
    confirmed(alice)
    with running("manage.py", "project_graph", "--workers", "1") as projector:
        wait_until(lambda: not persona(alice).behind)
        # It reads the graph, too, once it has nothing to do for the first time.
        time.sleep(1)
        graph_process.suspend()
        confirmed(alice, "Sails")
        wait_until(lambda: persona(alice).claimed_until)
        projector.terminate()
        graph_process.resume()
        assert projector.wait(20) == 0
    after = persona(alice)
    assert (after.behind, after.claimed_until, after.attempts) == (0, None, 0)
    call_command("check_graph", person=str(alice.pk))


@pytest.mark.fault("projector told to stop, by a signal that one of its workers catches")
def test_a_signal_that_a_worker_catches_is_heard(alice: User) -> None:
    confirmed(alice)
    with running("manage.py", "project_graph") as projector:
        wait_until(lambda: not persona(alice).behind)
        worker = psutil.Process(projector.pid).threads()[-1].id
        assert worker != projector.pid
        assert ctypes.CDLL(None).syscall(TGKILL, projector.pid, worker, signal.SIGTERM) == 0
        assert projector.wait(20) == 0
