"""``manage.py run``: one terminal that starts everything, keeps it going and ends it."""

import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial

import psutil
import psycopg
import pytest

from ptfi import embedded
from tests.support.data_folder import ROOT, Folder, wait_until
from tests.support.processes import free_port
from tests.support.terminal import EVENTS, WEB, Terminal

pytestmark = pytest.mark.slow


def status_of(port: int) -> int | None:
    page = http.client.HTTPConnection("localhost", port, timeout=5)
    try:
        page.request("GET", "/")
        return page.getresponse().status
    except OSError:
        return None
    finally:
        page.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    folder = Folder(tmp_path_factory.mktemp("run") / "data")
    yield folder
    folder.close()


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def terminal(folder: Folder, port: int) -> Iterator[Terminal]:
    terminal = Terminal(folder, str(port))
    yield terminal
    if terminal.process.poll() is None:
        terminal.end(signal.SIGTERM)


def test_it_says_where_everything_is_and_ends_all_on_ctrl_c(terminal: Terminal, folder: Folder, port: int) -> None:
    terminal.wait_for("Ctrl-C ends everything")
    assert f"PTFI is at http://localhost:{port}\n" in terminal.text
    assert f"{folder.path}/mail" in terminal.text
    assert terminal.text.count("@") >= 2, "a sign-in for a person and one for staff"
    assert status_of(port) == 200
    state = embedded.read_state(folder.path)
    with psycopg.connect(state["database_url"]) as connection:
        clients = connection.execute(
            "SELECT DISTINCT usename FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = 'ptfi'"
        ).fetchall()
    assert clients == [("ptfi_application",)], "nothing that serves people owns the tables"
    assert terminal.child("send_notices"), "apps are told of changes here, too"
    family = psutil.Process(terminal.process.pid).children(recursive=True)
    assert terminal.end(signal.SIGINT) == 0
    assert "Traceback" not in terminal.text
    assert not [process for process in family if process.is_running()]
    wait_until(lambda: not folder.processes(), 10)


def test_links_in_mails_of_commands_lead_to_it(terminal: Terminal, folder: Folder, port: int) -> None:
    terminal.wait_for("Ctrl-C ends everything")
    state = embedded.read_state(folder.path)
    with psycopg.connect(state["database_url"]) as connection:
        connection.execute("UPDATE accounts_user SET email = NULL WHERE external_id = 'demo:mira'")
    invite = [sys.executable, "manage.py", "invite_user", "demo:mira", "guest@example.com"]
    subprocess.run(invite, cwd=ROOT, env=folder.environment(), check=True, timeout=60)
    newest = max((folder.path / "mail").iterdir(), key=lambda path: path.stat().st_mtime)
    assert f"http://localhost:{port}/" in newest.read_text()


@pytest.mark.fault("projector, web server or events' process killed, one after the other")
def test_what_is_killed_comes_back(terminal: Terminal, port: int) -> None:
    terminal.wait_for("Ctrl-C ends everything")
    for name in ("project_graph", WEB, EVENTS):
        child = terminal.child(name)
        assert child
        child.kill()
        wait_until(partial(terminal.has_another, name, child), 20)
    wait_until(lambda: status_of(port) == 200, 20)


@pytest.mark.fault("`manage.py run` killed")
def test_a_killed_run_leaves_nothing_behind(terminal: Terminal, folder: Folder) -> None:
    terminal.wait_for("Ctrl-C ends everything")
    family = psutil.Process(terminal.process.pid).children(recursive=True)
    assert len(family) >= 3
    terminal.end(signal.SIGKILL)
    wait_until(lambda: not [process for process in family if process.is_running()], 20)
    wait_until(lambda: not folder.processes(), 20)


def test_a_second_run_takes_the_next_port_and_the_first_goes_on(folder: Folder) -> None:
    first = Terminal(folder, "")
    second = None
    try:
        first.wait_for("Ctrl-C ends everything")
        second = Terminal(folder, "")
        second.wait_for("Ctrl-C ends everything")
        ports = [int(run.text.split("http://localhost:")[1].split()[0]) for run in (first, second)]
        assert ports[0] < ports[1]
        second.end(signal.SIGTERM)
        time.sleep(2)
        assert status_of(ports[0]) == 200
    finally:
        for terminal in filter(None, (first, second)):
            if terminal.process.poll() is None:
                terminal.end(signal.SIGTERM)


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    """A folder whose services run already, as a run that is refused would have to start them first."""
    folder = Folder(tmp_path_factory.mktemp("used") / "data")
    folder.use().settings()
    yield folder
    folder.close()


@pytest.mark.parametrize("text", ["0", "http", "70000", "-1", "٨٠٠٠"])
def test_a_bad_port_is_refused(used: Folder, text: str) -> None:
    assert f"{text!r} is no port" in refusal(used, text)


def test_a_port_in_use_is_refused(used: Folder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert "another program has it" in refusal(used, str(taken.getsockname()[1]))


def refusal(folder: Folder, port: str) -> str:
    run = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "run"],
        env=folder.environment(PORT=port),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    return run.stderr
