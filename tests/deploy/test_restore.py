"""Backups are worth what a restore brings back: a dump, and a moment between two decisions."""

import json
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.support.data_folder import ROOT, wait_until
from tests.support.receivers import Receiver, receiver

with warnings.catch_warnings():
    # The package warns where there is no folder for what runs.
    warnings.simplefilter("ignore")
    from ptfi.embedded.postgres import PostgreSQL

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


class Server(PostgreSQL):
    """A PostgreSQL that keeps what it wrote in an archive, and lets a base backup be taken."""

    def __init__(self, data: Path, archive: Path, *, until: str = "") -> None:
        data.mkdir(exist_ok=True)
        super().__init__(data)
        self.archive, self.until = archive, until

    def _restrict(self) -> None:
        super()._restrict()
        with (self.folder / "pg_hba.conf").open("a") as file:
            file.write("local replication postgres peer map=users\n")
        owner = self.folder.stat().st_uid
        self.archive.mkdir(exist_ok=True)
        os.chown(self.archive, owner, -1)
        settings = {
            "archive_mode": "on",
            "archive_command": f'test ! -f "{self.archive}/%f" && cp %p "{self.archive}/%f"',
        }
        if self.until:
            fetch = f'cp "{self.archive}/%f" %p'
            settings = {"archive_mode": "off", "restore_command": fetch, "recovery_target_time": self.until}
            settings |= {"recovery_target_action": "promote"}
            (self.folder / "recovery.signal").touch()
        lines = [f"{name} = '{value}'\n" for name, value in settings.items()]
        (self.folder / "postgresql.auto.conf").write_text("".join(lines))

    def ask(self, statement: str) -> Any:
        with self._connect("ptfi") as connection:
            return connection.execute(statement).fetchone()

    def program(self, name: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs against this server."""
        command = [str(self.bin / name), "--host", str(self.sockets), *arguments]
        subprocess.run(command, check=True, capture_output=True, timeout=60)


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    started: list[Server] = []
    yield started
    for server in started:
        server.stop()


def phase(name: str, server: Server, to: Receiver) -> dict[str, Any]:
    """Run it against this server as the application, whose role owns nothing. to: who is told of changes."""
    environment = os.environ | {"DATABASE_URL": server.application_url, "PTFI_EMBEDDED": "", "HTTPS": "0"}
    environment |= {"DJANGO_SETTINGS_MODULE": "ptfi.settings", "LOG_LEVEL": "ERROR"}
    environment |= {"RECEIVER": to.url, "WEBHOOK_NETWORKS": "127.0.0.0/8", "NOTICE_DELAY_SECONDS": "0"}
    command = [sys.executable, "-m", "tests.support.restoring", name]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


@pytest.fixture
def app() -> Iterator[Receiver]:
    with receiver() as opened:
        yield opened


def test_a_dump_and_a_moment_are_brought_back(
    tmp_path: Path, servers: list[Server], application_role: str, app: Receiver
) -> None:
    archive, dump = tmp_path / "archive", tmp_path / "dump"
    source = Server(tmp_path / "source", archive)
    source.start(lambda: False)
    servers.append(source)

    # A dump is restored as the owner, and the application's rights come with it.
    here = connection.settings_dict
    options = ["--host", here["HOST"], "--username", here["USER"], "--dbname", here["NAME"]]
    command = [str(source.bin / "pg_dump"), *options, "--format=custom", "--no-owner", "--file", str(dump)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    source.program("pg_restore", "--username=ptfi", "--dbname=ptfi", "--exit-on-error", "--no-owner", str(dump))
    lost, base = tmp_path / "lost", tmp_path / "restored" / "postgres"
    base.parent.mkdir()
    source.program("pg_basebackup", "--username=postgres", "--checkpoint=fast", "--pgdata", str(base))
    owner = source.folder.stat().st_uid
    for path in (base, *base.rglob("*")):
        os.chown(path, owner, -1)

    life = phase("lived", source, app)
    assert life["role"] == "ptfi_application"
    assert life["people"] == {"alice@example.com": ["Loves jazz", "Sails", "Was lost"], "bob@example.com": []}
    (segment,) = source.ask("SELECT pg_walfile_name(pg_switch_wal())")
    wait_until((archive / segment).exists)
    source.stop()
    shutil.move(source.folder, lost)

    restored = Server(base.parent, archive, until=life["at"])
    restored.start(lambda: False)
    servers.append(restored)
    wait_until(lambda: restored.ask("SELECT NOT pg_is_in_recovery()") == (True,))
    told = {each.event[0]: each.id for each in app.got}
    assert sorted(told) == ["trait.corrected", "trait.erased"]
    app.got.clear()
    after = phase("restored", restored, app)
    # The app is told of both again, and recognises them.
    assert {each.event[0]: each.id for each in app.got} == told
    assert len(app.got) == 2
    assert after["back"] == {"alice@example.com": ["Loves jazz", "Sails"], "bob@example.com": ["Keeps bees"]}
    assert after["people"] == {"alice@example.com": ["Loves jazz", "Sails"], "bob@example.com": []}
    assert all("1 people compared, 0 still behind, 0 differ." in said for said in after["compared"])
