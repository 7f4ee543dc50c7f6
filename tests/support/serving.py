"""A web process, started as in production on the tests' database, and decisions made through it."""

import http.client
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.test import Client

from tests.support.data_folder import wait_until
from tests.support.events import cookie_of
from tests.support.processes import answers, free_port, running
from traits.models import ExtractedTraitCandidate


@contextmanager
def serving(authority: str = "", **environment: str) -> Iterator[int]:
    """Serve with this environment; yields the port; authority: the certificate that signed the server's, if any."""
    port = free_port()
    with running("manage.py", "serve", "web", "--port", str(port), log=None, **environment):
        wait_until(lambda: answers(port, authority))
        yield port


def confirm(port: int, client: Client, candidate: ExtractedTraitCandidate, said: list[int]) -> None:
    """Confirm the suggestion as a program with a session would; appends the status to said."""
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    token = "x" * 32
    headers = {
        "Cookie": f"{cookie_of(client)}; csrftoken={token}",
        "X-CSRFToken": token,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    asking.request("POST", f"/review/{candidate.pk}/confirm/", "from=test", headers)
    said.append(asking.getresponse().status)
    asking.close()


def seconds_of(work: Callable[[], object]) -> float:
    """The seconds that the call took."""
    started = time.monotonic()
    work()
    return time.monotonic() - started
