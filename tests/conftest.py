"""The cast and the services: Alice owns, Bob must see nothing, Sam is staff; a real PostgreSQL and a real graph."""

import datetime as dt
import os
import signal
import socket
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer
from pytest_django.plugin import DjangoDbBlocker

from graph import connection as graph
from graph.errors import GraphUnavailableError
from ptfi.accounts.models import User
from ptfi.db.grants import grant
from ptfi.embedded import APPLICATION
from tests.support import flush, template_database
from tests.support.cast import SignedIn, Suggest, client_of, confirmed_trait, make_candidate, make_user
from traits.models import ExtractedTraitCandidate, PersonaTrait

HERE = Path(__file__).parent
MARKED = {"browser": ("slow", "browser"), "faults": ("slow", "alone"), "graph": ("graph",)}
"""Folders whose every test has these markers; what looks into the graph from elsewhere has `graph` itself."""

LONG = {
    *(f"deploy/test_{name}.py" for name in ("containers", "embedded", "proxies", "run", "tls")),
    "deploy/test_restore.py",
    "graph/test_connection.py",
    "graph/test_graph_tls.py",
    "web/test_languages.py",
}
"""Files whose every test is `long`."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Without slow tests, do not even read the folders that hold no others: what they import takes a second."""
    is_slow = "slow" in MARKED.get(collection_path.name, ())
    return True if is_slow and config.option.markexpr == "not slow" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by their folder, and long ones by their file."""
    for item in items:
        place = item.path.relative_to(HERE)
        for marker in MARKED.get(place.parts[0], ()):
            item.add_marker(marker)
        if place.as_posix() in LONG:
            item.add_marker("long")


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """What a shell starts in the background ignores Ctrl-C, and so would every program that is under test."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def static_files() -> None:
    """Pages name hashed static files, which collectstatic makes; to compress them takes seconds and shows nothing."""
    plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}}
    with override_settings(STORAGES=settings.STORAGES | plain):
        call_command("collectstatic", interactive=False, verbosity=0)


@pytest.fixture(autouse=True)
def fast_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def fast_clients(settings: Any) -> None:
    """Every test client loads the middleware; WhiteNoise must not read all static files each time."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(autouse=True)
def own_signals() -> Iterator[None]:
    """A command that a test calls may take Ctrl-C for itself; whoever runs the tests has it back."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.fixture(autouse=True)
def no_rate_limits(request: pytest.FixtureRequest) -> None:
    """Attempts of one test must not count against the next; they are counted in the database."""
    if request.node.get_closest_marker("django_db") or {"db", "transactional_db"} & set(request.fixturenames):
        request.getfixturevalue("db")
        cache.clear()


@pytest.fixture(scope="session")
def application_role(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> str:
    """The role that owns no tables; empty where this PostgreSQL has none such."""
    with django_db_blocker.unblock():
        return APPLICATION if has_role() else ""


@pytest.fixture(autouse=True)
def as_application(request: pytest.FixtureRequest, no_rate_limits: None) -> None:
    """Tests that roll back run as the role that owns no tables; those marked `owner` tamper with them."""
    rolls_back = "db" in request.fixturenames and not {"transactional_db", "live_server"} & set(request.fixturenames)
    marker = request.node.get_closest_marker("django_db")
    if (not rolls_back and marker is None) or (marker and marker.kwargs.get("transaction")):
        return
    if request.node.get_closest_marker("owner") or not (role := request.getfixturevalue("application_role")):
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {role}")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_blocker: DjangoDbBlocker) -> None:
    """Tests that run threads and a live server need more connections than one."""
    options = settings.DATABASES["default"]["OPTIONS"]
    options["pool"] = {"min_size": 1, "max_size": 16, "timeout": 10}
    # A test is one transaction, which stands still for as long as the test looks elsewhere.
    options["options"] = "-c idle_in_transaction_session_timeout=0"
    with django_db_blocker.unblock():
        template_database.use()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The threads of the live server leave connections behind, and a database in use cannot be dropped."""
    with django_db_blocker.unblock():
        template_database.keep()
        assert has_role() or not settings.EMBEDDED, "the embedded PostgreSQL makes this role"
        if has_role():
            grant(APPLICATION)
        flush.install()
    yield
    with django_db_blocker.unblock():
        # A test may have cut this connection as well: a new one.
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )


def has_role() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [APPLICATION])
        return cursor.fetchone() is not None


@pytest.fixture
def alice(db: None) -> User:
    return make_user("Alice")


@pytest.fixture
def bob(db: None) -> User:
    return make_user("Bob")


@pytest.fixture
def sam(db: None) -> User:
    return make_user("Sam", is_staff=True, is_superuser=True)


@pytest.fixture
def signed_in() -> SignedIn:
    return client_of


@pytest.fixture
def as_alice(alice: User, signed_in: SignedIn) -> Client:
    return signed_in(alice)


@pytest.fixture
def suggest(db: None) -> Suggest:
    return make_candidate


@pytest.fixture
def queue(suggest: Suggest, alice: User) -> list[ExtractedTraitCandidate]:
    """Five suggestions, in the order in which they are listed."""
    now = timezone.now()
    return [suggest(alice, f"Likes number {n}", created_at=now - dt.timedelta(hours=n)) for n in range(5)]


@pytest.fixture
def site(live_server: LiveServer) -> str:
    """The live server's address; passkeys are bound to a name, and browsers accept localhost, not 127.0.0.1."""
    return live_server.url.replace("127.0.0.1", "localhost")


@pytest.fixture
def jazz(alice: User) -> PersonaTrait:
    return confirmed_trait(alice)


@pytest.fixture
def word() -> str:
    """Nothing but this test's person has it."""
    return f"xylophone{uuid.uuid4().hex}"


@pytest.fixture
def graph_process() -> Iterator[psutil.Process]:
    """The embedded graph's process, which runs again at the end."""
    if "PTFI_EMBEDDED" not in os.environ:
        pytest.skip("it stops the embedded graph, and there is another one")
    folder = Path(os.environ["PTFI_EMBEDDED"]) / "graph"
    process = psutil.Process(int((folder / "server.lock").read_text()))
    yield process
    process.send_signal(signal.SIGCONT)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            graph._away_until = 0.0
            graph.read(lambda tx: tx.run("RETURN 1").consume())
            return
        except GraphUnavailableError:
            time.sleep(0.2)


@pytest.fixture(params=["away", "hung"])
def no_graph(request: pytest.FixtureRequest, settings: Any) -> Iterator[None]:
    """A graph that refuses connections, or takes them and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        if request.param == "hung":
            server.listen()
        settings.NEO4J_URL, settings.GRAPH_TIMEOUT_SECONDS = f"bolt://127.0.0.1:{server.getsockname()[1]}", 2.0
        graph.drop_driver()
        graph._away_until = 0.0
        yield
    graph.drop_driver()
    graph._away_until = 0.0
