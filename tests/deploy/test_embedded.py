"""The embedded services, with real processes: what starts, survives, restarts and ends."""

import json
import os
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import neo4j
import psutil
import psycopg
import pytest

from ptfi import embedded
from tests.support.data_folder import Folder, answers, ask_graph, ask_postgres, wait_until
from tests.support.processes import hang


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    folder = Folder(tmp_path / "data")
    yield folder
    folder.close()


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    folder = Folder(tmp_path_factory.mktemp("used") / "data")
    folder.use().settings()
    yield folder
    folder.close()


@pytest.mark.slow
def test_both_services_answer_and_no_role_of_ours_is_a_superuser(used: Folder) -> None:
    user = used.use()
    settings = user.settings()
    assert ask_postgres(settings, "SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user") == (
        "ptfi",
        False,
    )
    assert ask_graph(settings, "RETURN 1") == 1
    assert len(settings["SECRET_KEY"]) >= 50
    user.leave()


@pytest.mark.slow
def test_nothing_listens_beyond_this_machine(used: Folder) -> None:
    processes = used.processes()
    assert set(processes) == {"supervisor", "graph", "postgres"}
    listening = {
        (connection.laddr.ip, connection.laddr.port)
        for process in processes.values()
        for member in [process, *process.children(recursive=True)]
        for connection in member.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert {address for address, _ in listening} <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}
    # The graph's Bolt alone: no HTTP, no Studio. PostgreSQL has a socket in the folder.
    assert {port for _, port in listening} == {json.loads((used.path / "graph/ports.json").read_text())["bolt"]}


@pytest.mark.slow
def test_nobody_else_may_look_into_the_folder(used: Folder) -> None:
    assert stat.S_IMODE(used.path.stat().st_mode) == 0o700
    for secret in ("secret-key", "oidc-private-key", "graph/password", "state.json"):
        assert stat.S_IMODE((used.path / secret).stat().st_mode) == 0o600


@pytest.mark.slow
def test_a_second_user_starts_at_once_and_ends_nothing(used: Folder) -> None:
    before = {name: process.pid for name, process in used.processes().items()}
    started = time.monotonic()
    second = used.use()
    settings = second.settings()
    assert time.monotonic() - started < 2
    assert second.leave() == "", "nothing had to be started"
    time.sleep(2)
    assert {name: process.pid for name, process in used.processes().items()} == before
    assert ask_graph(settings, "RETURN 1") == 1


@pytest.mark.slow
def test_a_child_of_a_process_that_uses_them_uses_them_too(used: Folder) -> None:
    parent = used.use()
    settings = parent.settings()
    child = used.use(**settings, PTFI_DATA_DIR="")
    assert child.settings() == settings
    child.leave()
    parent.leave()


@pytest.mark.slow
def test_a_key_under_its_old_name_goes_before_the_one_that_is_kept(used: Folder) -> None:
    user = used.use(SECOND_STEP_KEYS="a key of the operator")
    assert user.settings()["MFA_ENCRYPTION_KEYS"] == "a key of the operator"
    user.leave()


@pytest.mark.slow
def test_servers_of_the_operator_are_left_alone(folder: Folder) -> None:
    for name in ("DATABASE_URL", "NEO4J_URL", "DATABASE_URL_FILE", "NEO4J_URL_FILE"):
        settings = folder.use(**{name: "postgresql://db.example/ptfi"}).settings()
        assert settings["PTFI_EMBEDDED"] is None
    assert not folder.path.exists()


@pytest.mark.slow
def test_stop_spares_services_in_use(used: Folder) -> None:
    stopped = used.control("stop")
    assert stopped.returncode == 1
    assert "--force" in stopped.stderr
    assert used.control("status").stdout.startswith("ready, in use")


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    tmp_path.chmod(0o755)
    (tmp_path / "letter.txt").write_text("not ours")
    assert "letter" not in (error := folder.use().leave())
    assert "set PTFI_DATA_DIR" in error
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.slow
def test_a_folder_may_hold_other_data_folders(tmp_path: Path) -> None:
    inner, outer = Folder(tmp_path / "data" / "test"), Folder(tmp_path / "data")
    for folder in (inner, outer):
        try:
            assert ask_postgres(folder.use().settings(), "SELECT 1") == (1,)
        finally:
            folder.close()


@pytest.mark.slow
def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_text("a file")
    assert f"The data folder {path} can't be used" in Folder(path).use().leave()


@pytest.mark.slow
def test_logs_hold_no_texts(used: Folder) -> None:
    user = used.use()
    settings = user.settings()
    with pytest.raises(psycopg.Error):
        ask_postgres(settings, "SELECT 'my dear secret'::int")
    with pytest.raises(neo4j.exceptions.Neo4jError):
        ask_graph(settings, "RETURN 'my dear secret' +")
    user.leave()
    logs = [path for path in used.path.rglob("*log*") if path.is_file() and "databases" not in path.parts]
    assert len(logs) >= 3
    assert not [path for path in logs if b"my dear secret" in path.read_bytes()]


@pytest.mark.slow
def test_services_end_after_the_last_user_and_keep_data_and_addresses(folder: Folder) -> None:
    user = folder.use()
    settings = user.settings()
    ask_postgres(settings, "CREATE TABLE kept AS SELECT 42 AS answer")
    ask_graph(settings, "CREATE (k:Kept {answer: 42})")
    user.leave()
    wait_until(lambda: not folder.processes(), 20)
    assert "Not running" in folder.control("status").stdout
    again = folder.use().settings()
    assert again == settings
    assert ask_postgres(again, "SELECT answer FROM kept") == (42,)
    assert ask_graph(again, "MATCH (k:Kept) RETURN k.answer") == 42


@pytest.mark.slow
def test_many_may_start_at_once(folder: Folder) -> None:
    users = [folder.use() for _ in range(8)]
    settings = [user.settings() for user in users]
    assert all(one == settings[0] for one in settings)
    assert ask_postgres(settings[0], "SELECT 1") == (1,)
    for user in users:
        user.leave()


@pytest.mark.slow
@pytest.mark.fault("embedded PostgreSQL, graph or supervisor killed")
@pytest.mark.parametrize("victim", ["postgres", "graph", "supervisor"])
def test_a_killed_process_is_replaced_at_the_same_address(folder: Folder, victim: str) -> None:
    settings = folder.use().settings()
    ask_postgres(settings, "CREATE TABLE kept AS SELECT 42 AS answer")
    ask_graph(settings, "CREATE (k:Kept {answer: 42})")
    before = folder.processes()
    before[victim].kill()
    wait_until(lambda: victim in (now := folder.processes()) and now[victim].pid != before[victim].pid)
    wait_until(lambda: answers(ask_postgres, settings, "SELECT answer FROM kept") == (42,))
    wait_until(lambda: answers(ask_graph, settings, "MATCH (k:Kept) RETURN k.answer") == 42)
    assert folder.use().settings() == settings
    untouched = set(before) - {victim}
    assert {name: folder.processes()[name].pid for name in untouched} == {name: before[name].pid for name in untouched}


@pytest.mark.slow
@pytest.mark.fault("embedded services and their user killed at the same time")
def test_everything_killed_at_once_starts_again(folder: Folder) -> None:
    user = folder.use()
    settings = user.settings()
    ask_postgres(settings, "CREATE TABLE kept AS SELECT 42 AS answer")
    for process in folder.processes().values():
        process.kill()
    user.kill()
    assert folder.use().settings() == settings
    # One that died before the others may have been replaced by those, and these by their supervisor.
    wait_until(lambda: answers(ask_postgres, settings, "SELECT answer FROM kept") == (42,))
    wait_until(lambda: answers(ask_graph, settings, "RETURN 1") == 1)


@pytest.mark.slow
@pytest.mark.fault("embedded supervisor killed, its user gone")
def test_services_end_though_their_supervisor_was_killed_and_the_last_user_has_gone(folder: Folder) -> None:
    user = folder.use()
    user.settings()
    folder.processes()["supervisor"].kill()
    user.leave()
    wait_until(lambda: not folder.processes(), 30)


@pytest.mark.slow
def test_starting_works_at_any_moment_of_stopping(folder: Folder) -> None:
    for delay in (0.0, 0.3, 0.6, 0.9, 1.0, 1.1, 1.2, 1.4):
        user = folder.use()
        settings = user.settings()
        assert ask_postgres(settings, "SELECT 1") == (1,)
        assert ask_graph(settings, "RETURN 1") == 1
        user.leave()
        time.sleep(delay)


@pytest.mark.slow
@pytest.mark.fault("embedded graph hung")
def test_a_hung_graph_holds_nobody_up_and_is_replaced(folder: Folder) -> None:
    settings = folder.use(PTFI_EMBEDDED_GRAPH_DEADLINE="4").settings()
    hung = folder.processes()["graph"]
    hang(hung)
    started = time.monotonic()
    assert folder.use().settings() == settings
    assert time.monotonic() - started < 2
    wait_until(lambda: not hung.is_running(), 30)
    wait_until(lambda: answers(ask_graph, settings, "RETURN 1") == 1)


@pytest.mark.slow
@pytest.mark.fault("embedded services killed, their process ids taken by others")
def test_an_old_process_id_of_someone_else_is_spared(folder: Folder) -> None:
    user = folder.use()
    settings = user.settings()
    ask_postgres(settings, "CREATE TABLE kept AS SELECT 42 AS answer")
    processes = folder.processes()
    processes["supervisor"].kill()
    processes["postgres"].kill()
    processes["graph"].kill()
    user.kill()
    owner = (folder.path / "postgres").stat().st_uid
    stranger = subprocess.Popen(["sleep", "600"], user=owner if os.geteuid() == 0 else None)
    try:
        pid_file = folder.path / "postgres" / "postmaster.pid"
        pid_file.write_text("\n".join([str(stranger.pid), *pid_file.read_text().split("\n")[1:]]))
        (folder.path / "graph" / "server.lock").write_text(str(stranger.pid))
        settings = folder.use().settings()
        assert ask_postgres(settings, "SELECT answer FROM kept") == (42,)
        assert ask_graph(settings, "RETURN 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.slow
def test_a_port_that_somebody_took_is_given_up(folder: Folder) -> None:
    user = folder.use()
    port = urlsplit(user.settings()["NEO4J_URL"]).port
    user.leave()
    assert folder.control("stop").returncode == 0
    with socket.create_server(("127.0.0.1", port or 0)):
        settings = folder.use().settings()
        assert urlsplit(settings["NEO4J_URL"]).port != port
        assert ask_graph(settings, "RETURN 1") == 1


@pytest.mark.slow
def test_stop_does_not_take_the_supervisor_for_a_user(folder: Folder) -> None:
    """It holds the lock of the users alone, while it looks for them and while it stops by itself."""
    folder.use().settings()
    folder.users[0].leave()
    lock = embedded.wait_for_lock(folder.path / "in-use.lock", 10)
    try:
        stopped = folder.control("stop")
    finally:
        os.close(lock)
    assert stopped.returncode == 0, stopped.stderr


@pytest.mark.slow
def test_a_long_path_with_spaces_commas_and_other_scripts(tmp_path: Path) -> None:
    folder = Folder(tmp_path / ("lang, " * 15) / "Zoë's Daten 数据")
    try:
        user = folder.use()
        settings = user.settings()
        assert ask_postgres(settings, "SELECT 1") == (1,)
        assert ask_graph(settings, "RETURN 1") == 1
        sockets = Path(json.loads((folder.path / "state.json").read_text())["socket"]).parent
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        user.leave()
        assert folder.control("stop").returncode == 0
        assert not sockets.exists()
    finally:
        folder.close()


@pytest.mark.slow
def test_an_interrupted_first_start_is_made_good(folder: Folder) -> None:
    (folder.path / "postgres.new" / "base").mkdir(parents=True)
    (folder.path / "postgres.new" / "PG_VERSION").write_text("18\n")
    folder.path.chmod(0o700)
    assert ask_postgres(folder.use().settings(), "SELECT 1") == (1,)


@pytest.mark.slow
def test_a_failed_start_says_why_and_leaves_nothing_running(folder: Folder) -> None:
    (folder.path / "postgres").mkdir(parents=True)
    (folder.path / "postgres" / "PG_VERSION").write_text("9.6\n")
    folder.path.chmod(0o700)
    started = time.monotonic()
    assert "was made by PostgreSQL 9.6" in folder.use().leave()
    assert time.monotonic() - started < 20
    wait_until(lambda: not folder.processes(), 5)
