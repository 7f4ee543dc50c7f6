"""The shared cache: entries that run out, one winner of many, and values that are never code."""

import base64
import pickle
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection

from ptfi.oauth.cache import hashed_key


class Trap:
    """Unpickling it would make a test fail."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return pytest.fail, ("it was run",)


@pytest.mark.django_db
def test_a_value_comes_back_until_it_runs_out() -> None:
    cache.set("counts", [1.5, 2.5], 60)
    cache.set("gone", "x", 0.2)
    assert cache.get_many(["counts", "gone", "never"]) == {"counts": [1.5, 2.5], "gone": "x"}
    assert cache.add("gone", "y", 60) is False
    time.sleep(0.25)
    assert cache.get("gone") is None
    assert cache.touch("gone", 60) is False
    assert cache.add("gone", "y", 60) is True
    assert cache.touch("gone", None) is True
    assert cache.get("gone") == "y"
    cache.delete("gone")
    assert cache.get("gone", "nothing") == "nothing"


@pytest.mark.slow
@pytest.mark.django_db
def test_what_ran_out_is_swept_up() -> None:
    for number in range(1_500):
        cache.set(f"old {number}", "x", 0.001)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ptfi_cache")
        assert cursor.fetchone()[0] < 1_500


@pytest.mark.django_db
def test_nothing_of_the_cache_is_run() -> None:
    pickled = base64.b64encode(pickle.dumps(Trap())).decode()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ptfi_cache VALUES (%s, %s, now() + interval '1 hour')", [hashed_key("trap", "", 2), pickled]
        )
    with pytest.raises(ValueError, match="Expecting value"):
        cache.get("trap")
    with pytest.raises(TypeError):
        cache.set("trap", Trap())


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_adds() -> None:
    def add(number: int) -> bool:
        try:
            return cache.add("lock", number, 60)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(add, range(16)))
    assert won.count(True) == 1
    assert cache.get("lock") == won.index(True)
