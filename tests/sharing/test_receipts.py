"""Receipts of threads that read at the same time: each is stored before its answer, and an account may go meanwhile."""

import threading
import uuid

import pytest
from django.db import connection

from ptfi.accounts.models import User
from traits.models import ReadReceipt
from traits.sharing.receipts import Read, Reader, store

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_many_threads_store_together(alice: User) -> None:
    faults, missing = list[Exception](), list[str]()

    def read(number: int) -> None:
        try:
            for turn in range(10):
                name = f"client-{number}-{turn}"
                store(Reader(alice.pk, name, "api readTrait"), Read({uuid.uuid4(): "Skill"}, number=1))
                if not ReadReceipt.objects.filter(client_id=name).exists():
                    missing.append(name)
            # Nobody by this id, as after an account is deleted: nothing is stored for it.
            store(Reader(uuid.uuid4(), "client", "api readTrait"), Read())
        except Exception as fault:  # noqa: BLE001 (to be told of in the main thread)
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=read, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert missing == []
    assert faults == []
    assert ReadReceipt.objects.count() == 80
