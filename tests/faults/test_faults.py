"""The whole product under load, while a part of it is killed, hangs, fills up or is cut off.

``make run`` in a data folder of its own, people who decide without a pause, and no manual step afterwards: no answered
decision is lost, none is there twice, the log is whole and the graph equals it.
"""

import contextlib
import shutil
import signal
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.concurrency import WAITING
from tests.support.data_folder import wait_until
from tests.support.product import (
    BEHIND,
    CLAIMED,
    Product,
    Remote,
    Reviewers,
    answers,
    assert_nothing_lost,
    recovered,
)

fault = pytest.mark.fault
DISK = 256
"""Megabytes that the graph's folder may take, of which it needs some 20."""
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
TOO_EARLY = """
SELECT user_id, revision FROM (
    SELECT user_id, revision, created_at < lag(created_at) OVER (PARTITION BY user_id ORDER BY revision) AS early
    FROM traits_userrefinedtrait) AS entries WHERE early"""
IN_TRANSACTION = "SELECT 1 FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
Recovers = Callable[[Reviewers], None]


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path | None]:
    """A small disk for the graph's folder; None where this user may not mount one."""
    folder = tmp_path_factory.mktemp("product") / "data" / "graph"
    folder.mkdir(parents=True, mode=0o700)
    folder.parent.chmod(0o700)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}m,mode=700", "none", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        shutil.rmtree(folder.parent)
        yield None
        return
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="module")
def product(disk: Path | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    product = Product(disk.parent if disk else tmp_path_factory.mktemp("product") / "data")
    try:
        yield product
    finally:
        product.close()


@pytest.fixture(scope="module")
def remote(product: Product) -> Iterator[Remote]:
    remote = Remote(product)
    try:
        yield remote
    finally:
        remote.close()


@pytest.fixture
def recovers(product: Product, record_property: Callable[[str, object], None]) -> Recovers:
    """Called when the cause is gone: waits for the recovery, and keeps how long it took for the table of soaks."""

    def wait(reviewers: Reviewers) -> None:
        record_property("recovery", round(recovered(product, reviewers, time.monotonic()), 1))

    return wait


LONG = pytest.mark.long
KILLS = [
    pytest.param("projector", marks=fault("projector killed")),
    pytest.param("web server", marks=fault("web server killed")),
    pytest.param("graph", marks=fault("graph killed")),
    pytest.param("postgres", marks=fault("PostgreSQL killed")),
]


@pytest.mark.parametrize("name", KILLS)
def test_a_kill_loses_nothing(product: Product, recovers: Recovers, name: str) -> None:
    with Reviewers(product) as reviewers:
        reviewers.go_on()
        killed = product.process(name)
        killed.kill()
        recovers(reviewers)
    assert not killed.is_running() or killed.status() == psutil.STATUS_ZOMBIE
    assert_nothing_lost(product, reviewers)


@fault("PostgreSQL restarted")
def test_a_restart_of_postgresql_loses_nothing(product: Product, recovers: Recovers) -> None:
    with Reviewers(product) as reviewers:
        reviewers.go_on()
        old = product.process("postgres")
        # A fast shutdown, as service managers do it; whoever watches over it starts it again.
        old.send_signal(signal.SIGINT)
        old.wait(20)
        recovers(reviewers)
    assert_nothing_lost(product, reviewers)


@fault("web worker killed in the middle of requests")
def test_a_web_worker_dies_in_the_middle_of_requests(product: Product, recovers: Recovers) -> None:
    with Reviewers(product) as reviewers:
        reviewers.go_on()
        with product.locked():
            wait_until(lambda: product.query(WAITING)[0][0] >= 3)
            before = len(reviewers.refused)
            product.process("web worker").kill()
            wait_until(lambda: len(reviewers.refused) >= before + 3)
        recovers(reviewers)
    assert_nothing_lost(product, reviewers)


HALFWAY = [
    pytest.param(False, marks=fault("projector killed in the middle of a batch")),
    pytest.param(True, marks=[LONG, fault("the same, and PostgreSQL's clock set back by a day before its lease ends")]),
]


@pytest.mark.parametrize("set_back", HALFWAY)
def test_a_projector_dies_in_the_middle_of_a_batch(product: Product, recovers: Recovers, set_back: bool) -> None:
    """What it sent may arrive after its death: the graph stands still while it is killed."""
    with Reviewers(product) as reviewers:
        reviewers.go_on()
        graph = product.process("graph")
        graph.suspend()
        try:
            wait_until(lambda: len(product.query(CLAIMED)) >= 2)
            product.process("projector").kill()
            if set_back:
                product.execute("UPDATE traits_persona SET claimed_until = claimed_until + interval '1 day'")
                product.execute("UPDATE traits_persona SET next_attempt_at = clock_timestamp() + interval '1 day'")
        finally:
            graph.resume()
        recovers(reviewers)
    assert_nothing_lost(product, reviewers)


def median(product: Product) -> float:
    """The median time of a decision, in seconds, over 20 of them."""
    reviewers, times = Reviewers(product), []
    for _ in range(20):
        start = time.perf_counter()
        reviewers.decide(product.people[0])
        times.append(time.perf_counter() - start)
    assert len(reviewers.answered) == 20, reviewers.refused
    return statistics.median(times)


AWAY = [
    pytest.param("hung", marks=[LONG, fault("graph hung")]),
    pytest.param("stopped", marks=fault("graph stopped")),
]


@pytest.mark.parametrize("away", AWAY)
def test_without_the_graph_deciding_goes_on_and_pages_say_so(product: Product, recovers: Recovers, away: str) -> None:
    usual, person = median(product), product.people[0]
    graph, supervisor = product.process("graph"), product.process("supervisor")
    # A worker's first page takes a second more, whatever the graph does.
    person.ask(product.port, "/traits/")
    halt: Callable[[], object] = graph.suspend if away == "hung" else graph.kill
    if away == "stopped":
        supervisor.suspend()
    halt()
    try:
        assert median(product) < 2 * usual + 0.01
        for _ in range(3):
            start = time.perf_counter()
            status, page = person.ask(product.port, "/traits/")
            assert time.perf_counter() - start < 3
            assert status in (200, 503)
            assert "away" in page
        assert person.ask(product.port, "/review/")[0] == 200
    finally:
        (graph if away == "hung" else supervisor).resume()
    with Reviewers(product) as reviewers:
        recovers(reviewers)
        wait_until(lambda: "Says" in person.ask(product.port, "/traits/")[1], 60)
    assert_nothing_lost(product, reviewers)


@contextlib.contextmanager
def full(folder: Path) -> Iterator[None]:
    """Nothing more can be written there, meanwhile."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(65_536))
    try:
        yield
    finally:
        ballast.unlink()


@fault("disk of the graph full")
def test_the_disk_of_the_graph_is_full(product: Product, disk: Path | None, recovers: Recovers) -> None:
    if disk is None:
        pytest.skip("SKIPPED: a small disk for the graph needs the right to mount one (root)")
    with Reviewers(product) as reviewers:
        reviewers.go_on()
        with full(disk):
            wait_until(lambda: len(product.query(BEHIND)) == len(product.people))
            reviewers.go_on(20)
            refused = list(reviewers.refused)
        recovers(reviewers)
    assert refused == []
    assert_nothing_lost(product, reviewers)
    # It was nobody's fault, so nobody waits longer each time.
    assert product.query("SELECT 1 FROM traits_persona WHERE attempts > 0") == []


CUTS = [
    pytest.param("postgres", "swallow", marks=fault("PostgreSQL's network swallows everything for 3 s")),
    pytest.param("postgres", "reset", marks=[LONG, fault("PostgreSQL's network breaks off and refuses for 3 s")]),
    pytest.param("graph", "swallow", marks=fault("the graph's network swallows everything for 3 s")),
    pytest.param("graph", "reset", marks=[LONG, fault("the graph's network breaks off and refuses for 3 s")]),
]


@pytest.mark.parametrize(("which", "how"), CUTS)
def test_the_network_is_cut(product: Product, remote: Remote, recovers: Recovers, which: str, how: str) -> None:
    proxy = remote.postgres if which == "postgres" else remote.graph
    with remote.alone(), Reviewers(product, remote.port) as reviewers:
        reviewers.go_on()
        getattr(proxy, how)()
        time.sleep(3)
        answered = len(reviewers.answered)
        proxy.restore()
        recovers(reviewers)
    assert answered
    assert_nothing_lost(product, reviewers)


@fault("network slow, 30 ms each way")
def test_the_network_is_slow(product: Product, remote: Remote, recovers: Recovers) -> None:
    with remote.alone(), Reviewers(product, remote.port) as reviewers:
        remote.postgres.delay = remote.graph.delay = 0.03
        try:
            reviewers.go_on(3)
        finally:
            remote.postgres.restore()
            remote.graph.restore()
        recovers(reviewers)
    assert reviewers.refused == []
    assert_nothing_lost(product, reviewers)


@fault("PostgreSQL does not hear that web and projector were cut off in the middle of decisions")
def test_postgresql_does_not_hear_of_the_cut(product: Product, remote: Remote, recovers: Recovers) -> None:
    """Its transactions stay open, with the people's locks, until it ends what stands still."""
    with remote.alone(), Reviewers(product, remote.port) as reviewers:
        reviewers.go_on()
        with product.locked():
            wait_until(lambda: product.query(WAITING)[0][0] >= 3)
            remote.postgres.lose_clients()
        wait_until(lambda: product.query(IN_TRANSACTION))
        remote.postgres.restore()
        recovers(reviewers)
    assert_nothing_lost(product, reviewers)


@LONG
@fault("clock of the web server and a projector set back by a day, while others keep the right time")
def test_a_clock_is_set_back(product: Product, recovers: Recovers, tmp_path: Path) -> None:
    if not FAKETIME.exists():
        pytest.skip("SKIPPED: setting a clock back needs libfaketime (Debian: apt install libfaketime)")
    clock = tmp_path / "clock"
    clock.write_text("+1d")
    faked = {"LD_PRELOAD": str(FAKETIME), "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1"}
    remote = Remote(product, **faked, DONT_FAKE_MONOTONIC="1")
    try:
        with Reviewers(product) as here, Reviewers(product, remote.port) as there:
            there.go_on()
            assert product.query("SELECT max(last_entry_at) > now() + interval '23 hours' FROM traits_persona")[0][0]
            clock.write_text("+0")
            here.go_on()
            recovers(there)
    finally:
        remote.close()
    assert here.refused == there.refused == []
    assert product.query(TOO_EARLY) == []
    for reviewers in (here, there):
        assert_nothing_lost(product, reviewers)


@fault("two projectors on one backlog, after both hung with the graph")
def test_two_projectors_share_a_backlog(product: Product, remote: Remote, recovers: Recovers) -> None:
    """More people than the two workers of one take at once, so that each has some when the graph comes back."""
    graph, one, other = product.process("graph"), product.process("projector"), psutil.Process(remote.projector.pid)
    one.suspend()
    other.suspend()
    try:
        product.clerk("backlog", count=210, each=1)
        graph.suspend()
        one.resume()
        wait_until(lambda: len(product.query(CLAIMED)) == 200)
        other.resume()
        wait_until(lambda: len(product.query(CLAIMED)) == 210)
    finally:
        for process in (one, other, graph):
            process.resume()
    with Reviewers(product) as reviewers:
        recovers(reviewers)
    assert_nothing_lost(product, reviewers)


def test_nothing_personal_is_in_the_logs(product: Product) -> None:
    """After all that, the logs hold no text of a suggestion and no query string."""
    answers(lambda: product.people[0].ask(product.port, "/review/?q=xylophone")[0] == 200)
    texts = [product.terminal.text, *(path.read_text(errors="replace") for path in logs(product.folder.path))]
    for text in texts:
        assert "xylophone" not in text
        assert "Says 1" not in text


def logs(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*.log*") if path.is_file() and path.stat().st_size < 50_000_000]
