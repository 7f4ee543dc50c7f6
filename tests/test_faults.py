"""The whole product under load, while one of its processes is killed or hangs: no answered decision is lost.

``make run`` in a data folder of its own, a person who decides without a pause, and no manual step afterwards.
"""

import http.cookiejar
import json
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from ptfi.embedded import read_state
from tests.data_folder import ROOT, Folder, wait_until
from tests.test_run import WEB, Terminal, free_port

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.fault, pytest.mark.timeout(300)]
SUGGESTIONS = 4_000


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Shows a redirect as the answer it is."""

    def redirect_request(self, *_: object) -> None:
        return None


class Product:
    """The running product and its demo person, signed in."""

    def __init__(self, folder: Folder) -> None:
        self.folder, self.port = folder, free_port()
        self.terminal = Terminal(folder, str(self.port))
        self.terminal.wait_for("Ctrl-C ends everything")
        self.person = json.loads((folder.path / "demo-signins.json").read_text())[0]
        self.cookies = http.cookiejar.CookieJar()
        self.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies), NoRedirect)

    def request(self, path: str, data: dict[str, str] | None = None, seconds: float = 20) -> tuple[int, str]:
        """Status and text of a page, or of the answer to a form."""
        url = f"http://localhost:{self.port}{path}"
        fields = urllib.parse.urlencode({**data, "csrfmiddlewaretoken": self.token}).encode() if data else None
        try:
            with self.browser.open(url, fields, timeout=seconds) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def sign_in(self) -> None:
        _, page = self.request("/accounts/login/")
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert found
        self.token = found.group(1)
        status, page = self.request(
            "/accounts/login/", {"login": self.person["email"], "password": self.person["password"]}
        )
        assert status == 302, page
        _, page = self.request("/review/")
        found = re.search(r'name="csrf-token" content="(\w+)"', page)
        assert found
        self.token = found.group(1)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.folder.environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def process(self, name: str) -> psutil.Process:
        if name in ("graph", "postgres"):
            return self.folder.processes()[name]
        child = self.terminal.child("project_graph") if name == "projector" else self.terminal.child(WEB)
        assert child
        if name == "web worker":
            return child.children()[0]
        return child

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(read_state(self.folder.path)["database_url"], connect_timeout=5) as connection:
            return connection.execute(statement).fetchall()

    def close(self) -> None:
        self.terminal.end(signal.SIGTERM)
        self.folder.close()


class Reviewer:
    """Confirms one suggestion after the other and remembers which decisions were answered."""

    def __init__(self, product: Product, ids: Iterator[uuid.UUID]) -> None:
        self.product, self.ids = product, ids
        self.answered: list[uuid.UUID] = []
        self.refused: list[tuple[uuid.UUID, str]] = []
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.work)

    def __enter__(self) -> "Reviewer":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.thread.join(60)

    def work(self) -> None:
        while not self.stopped.is_set():
            self.decide(next(self.ids))

    def decide(self, pk: uuid.UUID) -> None:
        try:
            status, _ = self.product.request(f"/review/{pk}/confirm/", {"from": "test"})
        except OSError as error:
            self.refused.append((pk, repr(error)))
            time.sleep(0.05)
            return
        if status == 302:
            self.answered.append(pk)
        else:
            self.refused.append((pk, str(status)))


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder = Folder(tmp_path_factory.mktemp("product") / "data")
    product = Product(folder)
    try:
        product.sign_in()
        yield product
    finally:
        product.close()


@pytest.fixture(scope="module")
def ids(product: Product, tmp_path_factory: pytest.TempPathFactory) -> Iterator[uuid.UUID]:
    """Suggestions of the demo person's that nobody has decided yet."""
    found = [uuid.uuid4() for _ in range(SUGGESTIONS)]
    file = tmp_path_factory.mktemp("rows") / "candidates.jsonl"
    file.write_text("\n".join(json.dumps(row(pk, number)) for number, pk in enumerate(found)))
    done = product.command("import_candidates", str(file), "--owner", product.person["email"])
    assert done.returncode == 0, done.stderr
    return iter(found)


def row(pk: uuid.UUID, number: int) -> dict[str, object]:
    evidence = {"type": "text_snippet", "content": f"I said {number}.", "source_detail": f"line {number}"}
    return {
        "candidate_id": str(pk),
        "user": {"external_id": "unused", "display_name": "unused"},
        "trait_name": f"Says {number}",
        "trait_description": "",
        "trait_category": "Skill",
        "confidence_score": 0.5,
        "supporting_evidence": [{**evidence, "source_package_id": str(uuid.uuid4())}],
        "originating_models": ["test"],
        "associated_feature_set_ids": [],
        "concepts": ["counting", f"number {number % 7}"],
        "created_at": "2026-01-01T00:00:00+00:00",
    }


def assert_nothing_lost(product: Product, reviewer: Reviewer) -> None:
    """Every answered decision stands in the log once, others at most once, and the graph comes to equal the log."""
    counted = product.query("SELECT original_candidate_id, count(*) FROM traits_userrefinedtrait GROUP BY 1")
    found: dict[Any, Any] = dict(counted)
    assert [pk for pk in reviewer.answered if found.get(pk) != 1] == []
    assert [pk for pk, _ in reviewer.refused if found.get(pk, 0) > 1] == []
    verified = product.command("verify_log")
    assert verified.returncode == 0, verified.stdout
    behind = "SELECT 1 FROM traits_persona WHERE projected_revision < revision"
    wait_until(lambda: not product.query(behind), 60)
    checked = product.command("check_graph")
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("name", ["projector", "web server", "web worker", "graph", "postgres"])
def test_a_kill_loses_nothing(product: Product, ids: Iterator[uuid.UUID], name: str) -> None:
    with Reviewer(product, ids) as reviewer:
        wait_until(lambda: len(reviewer.answered) >= 20)
        killed = product.process(name)
        killed.kill()
        before = len(reviewer.answered)
        wait_until(lambda: len(reviewer.answered) >= before + 40, 60)
    assert not killed.is_running() or killed.status() == psutil.STATUS_ZOMBIE
    assert_nothing_lost(product, reviewer)


def medians(product: Product, ids: Iterator[uuid.UUID]) -> float:
    """The median time of a decision, in seconds, over 30 of them."""
    reviewer, times = Reviewer(product, ids), []
    for _ in range(30):
        start = time.perf_counter()
        reviewer.decide(next(ids))
        times.append(time.perf_counter() - start)
    assert len(reviewer.answered) == 30, reviewer.refused
    return statistics.median(times)


@pytest.mark.parametrize("away", ["hung", "stopped"])
def test_without_the_graph_deciding_goes_on_and_pages_say_so(
    product: Product, ids: Iterator[uuid.UUID], away: str
) -> None:
    usual = medians(product, ids)
    graph = product.process("graph")
    halt: Callable[[], object] = graph.suspend if away == "hung" else graph.kill
    supervisor = product.folder.processes()["supervisor"]
    if away == "stopped":
        supervisor.suspend()
    halt()
    try:
        assert medians(product, ids) < 2 * usual + 0.01
        for _ in range(3):
            start = time.perf_counter()
            status, page = product.request("/traits/")
            assert time.perf_counter() - start < 3
            assert status in (200, 503)
            assert "away" in page
        assert product.request("/review/")[0] == 200
    finally:
        (graph if away == "hung" else supervisor).resume()
    wait_until(lambda: "Says" in product.request("/traits/")[1], 60)
    assert_nothing_lost(product, Reviewer(product, ids))


def test_nothing_personal_is_in_the_logs(product: Product, ids: Iterator[uuid.UUID]) -> None:
    """After all that, the logs hold no text of a suggestion and no query string."""
    product.request("/review/?q=xylophone")
    texts = [product.terminal.text, *(path.read_text(errors="replace") for path in logs(product.folder.path))]
    for text in texts:
        assert "xylophone" not in text
        assert "Says 1" not in text


def logs(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*.log*") if path.is_file() and path.stat().st_size < 50_000_000]
