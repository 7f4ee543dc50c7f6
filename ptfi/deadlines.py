"""A deadline for calls that have none of their own."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Result = TypeVar("Result")


def run_within(seconds: float, work: Callable[[], Result], name: str) -> Result:
    """Run the work in a thread of its own, which is abandoned if it takes longer. Raises TimeoutError then.

    The thread must not use the caller's database connection, and closes its own.
    """
    future: Future[Result] = Future()
    threading.Thread(target=_run, args=(work, future), daemon=True, name=name).start()
    return future.result(seconds)


def _run(work: Callable[[], Result], future: "Future[Result]") -> None:
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 (it is raised again in the thread that waits)
        future.set_exception(error)
