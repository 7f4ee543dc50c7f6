"""deploy/logs: the collector, run with its configuration on files as Docker writes them, and whoever it sends to."""

import contextlib
import json
import os
import re
import shutil
import socketserver
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.data_folder import wait_until
from tests.support.images import ROOT, compose
from tests.support.inner_tls import Certified, certified, make_certificates
from tests.support.processes import free_port

FOLDER = ROOT / "deploy" / "logs"
PROGRAM = shutil.which("rsyslogd", path="/usr/sbin:/usr/bin")
installed = pytest.mark.skipif(
    not PROGRAM or not list(Path("/usr/lib").glob("*/rsyslog/lmnsd_ossl.so")),
    reason="rsyslog and rsyslog-openssl are missing (Debian: apt install)",
)


@dataclass
class Receiver:
    """Another machine's syslog over TLS: what came, without the headers that only wrap it."""

    port: int
    certificate: Certified
    lines: list[tuple[str, str]] = field(default_factory=list)

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """With a certificate for localhost, until the block ends."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate.certificate, self.certificate.key)
        lines = self.lines

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError), context.wrap_socket(self.request, server_side=True) as secure:
                    file = secure.makefile("rb")
                    while length := b"".join(iter(lambda: file.read(1).strip(), b"")):
                        lines.append(parsed(file.read(int(length)).decode()))

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = daemon_threads = True

        with Server(("127.0.0.1", self.port), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield
            server.shutdown()

    def messages(self) -> list[str]:
        return [message for _, message in self.lines]


def parsed(line: str) -> tuple[str, str]:
    """The name of who wrote it, and the message, of RFC 5424."""
    found = re.fullmatch(r"<14>1 \d{4}-\d\d-\d\dT\S+ \S+ (\S+) - - - (.*)", line, re.DOTALL)
    assert found, line
    return found[1], found[2]


@dataclass
class Collector:
    """rsyslog with a copy of the configuration, in folders of this test."""

    folder: Path
    receiver: Receiver
    project: str = "ptfi"

    def write(self, container: str, message: str, service: str = "web", project: str = "") -> None:
        """A line as Docker's driver has it."""
        attributes = {"com.docker.compose.project": project or self.project, "com.docker.compose.service": service}
        line = {
            "log": f"{message}\n",
            "stream": "stderr",
            "attrs": attributes,
            "time": "2026-11-30T09:00:00.123456789Z",
        }
        path = self.folder / "containers" / container / f"{container}-json.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(json.dumps(line) + "\n")

    @contextlib.contextmanager
    def running(self, authority: str = "", host: str = "localhost") -> Iterator[None]:
        """It trusts the authority of the receiver, or another one."""
        replaced = {
            "/var/spool/rsyslog": str(self.folder / "spool"),
            "/var/log/containers": f"{self.folder}/containers",
        }
        # Less patience than in production, for the tests' sake.
        replaced |= {'Interval="5"': 'Interval="1"', 'IntervalMax="60"': 'IntervalMax="1"'}
        text = (FOLDER / "rsyslog.conf").read_text()
        for old, new in replaced.items():
            assert old in text
            text = text.replace(old, new)
        (self.folder / "rsyslog.conf").write_text(text)
        (self.folder / "spool").mkdir(exist_ok=True)
        environment = {
            "LOGS_HOST": host,
            "LOGS_PORT": str(self.receiver.port),
            "LOGS_CA_FILE": authority or self.receiver.certificate.authority,
            "LOGS_PROJECT": self.project,
        }
        assert set(environment) == set(compose()["services"]["logs"]["environment"])
        command = [str(PROGRAM), "-n", "-i", "NONE", "-f", str(self.folder / "rsyslog.conf")]
        process = subprocess.Popen(command, env=dict(os.environ) | environment)
        try:
            yield
        finally:
            process.terminate()
            assert process.wait(30) == 0


@pytest.fixture
def collector(tmp_path: Path) -> Collector:
    (tmp_path / "containers").mkdir()
    return Collector(tmp_path, Receiver(free_port(), certified(tmp_path / "tls")))


@installed
def test_the_configuration_is_well_formed(collector: Collector) -> None:
    environment = {
        "LOGS_HOST": "localhost",
        "LOGS_PORT": "6514",
        "LOGS_CA_FILE": collector.receiver.certificate.authority,
        "LOGS_PROJECT": "ptfi",
    }
    command = [str(PROGRAM), "-N1", "-f", str(FOLDER / "rsyslog.conf")]
    done = subprocess.run(command, env=dict(os.environ) | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "error" not in done.stderr


def test_its_image_is_linted() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "hadolint", FOLDER / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.slow
@installed
def test_what_services_write_arrives_elsewhere_and_nothing_of_others(collector: Collector) -> None:
    receiver, said = collector.receiver, json.dumps({"level": "ERROR", "message": "Grüße"})
    collector.write("abc", said)
    with receiver.listening(), collector.running():
        wait_until(lambda: receiver.lines == [("ptfi-web", said)])
        collector.write("other", "somebody else's", project="another")
        collector.write("def", "a container that began later", service="postgres")
        collector.write("abc", "later")
        wait_until(lambda: len(receiver.lines) == 3)
    assert sorted(receiver.lines[1:]) == [("ptfi-postgres", "a container that began later"), ("ptfi-web", "later")]


@pytest.mark.slow
@installed
def test_the_project_may_have_another_name(collector: Collector) -> None:
    receiver, collector.project = collector.receiver, "ptfi-staging"
    collector.write("other", "another installation's", project="ptfi")
    collector.write("abc", "ours")
    with receiver.listening(), collector.running():
        wait_until(lambda: receiver.lines)
    assert receiver.lines == [("ptfi-staging-web", "ours")]


@pytest.mark.slow
@installed
def test_nothing_is_lost_or_sent_twice_by_restarts_and_new_files(collector: Collector) -> None:
    receiver = collector.receiver
    with receiver.listening():
        with collector.running():
            collector.write("abc", "before")
            wait_until(lambda: receiver.messages() == ["before"])
        collector.write("abc", "meanwhile")
        with collector.running():
            wait_until(lambda: receiver.messages() == ["before", "meanwhile"])
            file = collector.folder / "containers/abc/abc-json.log"
            file.rename(file.with_name("abc-json.log.1"))
            collector.write("abc", "in a new file")
            wait_until(lambda: receiver.messages() == ["before", "meanwhile", "in a new file"])


@pytest.mark.slow
@installed
@pytest.mark.parametrize("wrong", ["authority", "name", "away"])
def test_nobody_else_gets_anything_and_it_waits_on_disk(collector: Collector, tmp_path: Path, wrong: str) -> None:
    right, authority = collector.receiver, certified(tmp_path / "other").authority
    make_certificates(tmp_path / "tls", "elsewhere")
    impostor = Receiver(right.port, Certified(tmp_path / "tls", "elsewhere"))
    with contextlib.ExitStack() as stack:
        if wrong != "away":
            stack.enter_context((impostor if wrong == "name" else right).listening())
        stack.enter_context(collector.running(authority if wrong == "authority" else ""))
        collector.write("abc", "for the right one")
        with pytest.raises(AssertionError):
            wait_until(lambda: impostor.lines or right.lines, 4)
    with right.listening(), collector.running():
        # Sent at least once: a line may come again after a connection broke.
        wait_until(lambda: "for the right one" in right.messages())


def test_compose_starts_it_only_when_it_is_asked_for_and_lets_it_do_no_more_than_read() -> None:
    services: dict[str, Any] = compose()["services"]
    service = services["logs"]
    assert service["profiles"] == ["logs"]
    assert (service["cap_drop"], service["read_only"]) == (["ALL"], True)
    assert "secrets" not in service
    assert [each for each in service["volumes"] if not each.endswith(":ro")] == ["logs:/var/spool/rsyslog"]
    assert not [name for name, each in services.items() if name != "logs" and "profiles" in each]
    for each in services.values():
        labels = each["logging"]["options"]["labels"].split(",")
        assert labels == ["com.docker.compose.project", "com.docker.compose.service"]
