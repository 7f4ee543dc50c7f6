"""The cast and the services: Alice owns, Bob must see nothing, Sam is staff; a real PostgreSQL and a real graph."""

import datetime as dt
import os
import re
import shutil
import signal
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.http import HttpRequest
from django.test import Client, override_settings
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright
from pytest_django.live_server_helper import LiveServer
from pytest_django.plugin import DjangoDbBlocker

from ptfi.accounts.models import User
from ptfi.db.grants import grant
from ptfi.embedded import APPLICATION
from traits import decisions
from traits.evidence import Piece, evidence_id
from traits.log.entries import Actor
from traits.models import ExtractedTraitCandidate, Persona, PersonaTrait
from traits.text import name_key

CHROMIUM = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "a long sentence for tests"
WIDE: ViewportSize = {"width": 1280, "height": 900}
NARROW: ViewportSize = {"width": 390, "height": 844}
Suggest = Callable[..., ExtractedTraitCandidate]
SignedIn = Callable[[User], Client]
Enter = Callable[[Page, User], Page]
Opened = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of files that look into the graph, all but the browser's: they must pass on Neo4j as well."""
    paths = {item.path for item in items}
    imports_graph = re.compile(r"^from (graph|tests.support.graph_helpers)\b", re.MULTILINE)
    looking = {path for path in paths if imports_graph.search(path.read_text())}
    for item in items:
        if item.path in looking and not item.get_closest_marker("browser"):
            item.add_marker("graph")


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
    """Every test client loads the middleware anew; WhiteNoise is not to read all static files each time."""
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
def django_db_modify_db_settings() -> None:
    """Tests that run threads and a live server need more connections than one."""
    options = settings.DATABASES["default"]["OPTIONS"]
    options["pool"] = {"min_size": 1, "max_size": 16, "timeout": 10}
    # A test is one transaction, which stands still for as long as the test looks elsewhere.
    options["options"] = "-c idle_in_transaction_session_timeout=0"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The threads of the live server leave connections behind, and a database in use cannot be dropped."""
    with django_db_blocker.unblock():
        assert has_role() or not settings.EMBEDDED, "the embedded PostgreSQL makes this role"
        if has_role():
            grant(APPLICATION)
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


def make_user(name: str, **fields: Any) -> User:
    """A person with a verified e-mail and the password PASSWORD; their graph is new, as their id is."""
    user = User.objects.create_user(f"{name.lower()}@example.com", PASSWORD, display_name=name, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    Persona.objects.create(user=user)
    return user


@pytest.fixture
def alice(db: None) -> User:
    return make_user("Alice")


@pytest.fixture
def bob(db: None) -> User:
    return make_user("Bob")


@pytest.fixture
def sam(db: None) -> User:
    return make_user("Sam", is_staff=True, is_superuser=True)


def client_of(user: User) -> Client:
    """A client in whose session the person is signed in, staff with their second step, as allauth keeps it."""
    client = Client()
    client.force_login(user)
    if user.is_staff:
        step = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
        step = step or TOTP.activate(user, generate_totp_secret()).instance
        request = HttpRequest()
        request.session, request.user = client.session, user
        record_authentication(request, user, "mfa", id=step.pk, type=step.type)
        request.session.save()
    return client


@pytest.fixture
def signed_in() -> SignedIn:
    return client_of


@pytest.fixture
def as_alice(alice: User, signed_in: SignedIn) -> Client:
    return signed_in(alice)


def make_candidate(user: User, name: str = "Loves jazz", **fields: Any) -> ExtractedTraitCandidate:
    """A suggestion with two pieces of evidence, unless fields say otherwise; evidence may be a list of texts."""
    pk = fields.pop("candidate_id", None) or uuid.uuid4()
    texts = fields.pop("evidence", ["I love jazz.", "Jazz again tonight!"])
    pieces: list[Piece] = [
        {
            "type": "text_snippet",
            "content": text,
            "source_package_id": str(uuid.uuid5(pk, "package")),
            "source_detail": f"journal, page {number}",
            "start_time": None,
            "end_time": None,
            "relevance_score": None,
            "verdict": "",
        }
        for number, text in enumerate(texts, 1)
    ]
    values: dict[str, Any] = {
        "trait_description": "Because it is said often.",
        "trait_category": "Interest",
        "supporting_evidence": [{"evidence_id": evidence_id(pk, piece), **piece} for piece in pieces],
        "confidence_score": 0.8,
        "originating_models": ["text-analysis.v2"],
        "concepts": ["jazz"],
    }
    row = ExtractedTraitCandidate(
        candidate_id=pk, user=user, trait_name=name, name_key=name_key(name), **(values | fields)
    )
    row.save(force_insert=True)
    return row


@pytest.fixture
def suggest(db: None) -> Suggest:
    return make_candidate


@pytest.fixture
def queue(suggest: Suggest, alice: User) -> list[ExtractedTraitCandidate]:
    """Five suggestions, in the order in which they are listed."""
    now = timezone.now()
    return [suggest(alice, f"Likes number {n}", created_at=now - dt.timedelta(hours=n)) for n in range(5)]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; without it the tests that need it are skipped."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("SKIPPED: the browser tests need chromium")
    # Playwright runs an event loop in this thread, which Django would take for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a new, empty profile."""
    with browser.new_context(viewport=WIDE) as context:
        context.set_default_timeout(15_000)
        yield context.new_page()


@pytest.fixture
def site(live_server: LiveServer) -> str:
    """The live server's address; passkeys are bound to a name, and browsers accept localhost, not 127.0.0.1."""
    return live_server.url.replace("127.0.0.1", "localhost")


@pytest.fixture
def enter(site: str) -> Enter:
    """Signs somebody in on a page."""

    def enter(page: Page, user: User) -> Page:
        cookie = client_of(user).cookies[settings.SESSION_COOKIE_NAME]
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site}])
        return page

    return enter


@pytest.fixture
def opened(browser: Browser, site: str, enter: Enter, alice: User) -> Iterator[Opened]:
    """Opens an address signed in as Alice; anything that the page's console complains about fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(path: str = "/review/", **options: Any) -> Page:
        context = browser.new_context(**({"viewport": WIDE, "reduced_motion": "reduce"} | options))
        contexts.append(context)
        page = enter(context.new_page(), alice)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.set_default_timeout(15_000)
        page.goto(site + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    refused = re.compile("status of (400|409)|Status Error Code (400|409)")
    assert [text for text in complaints if not refused.search(text)] == []


def acting_for_self(user: User) -> dict[str, Any]:
    """The person deciding for themselves, as the services want it."""
    return {"user": user, "actor": Actor(user_id=user.pk)}


def confirmed(user: User, name: str = "Loves jazz", **fields: Any) -> decisions.Outcome:
    """A suggestion that the person confirmed as it is."""
    return decisions.confirm(**acting_for_self(user), candidate_id=make_candidate(user, name, **fields).pk)


def confirmed_trait(user: User, name: str = "Loves jazz", **fields: Any) -> PersonaTrait:
    """The trait that such a suggestion became."""
    trait = confirmed(user, name, **fields).trait
    assert trait
    return trait


@pytest.fixture
def jazz(alice: User) -> PersonaTrait:
    return confirmed_trait(alice)
