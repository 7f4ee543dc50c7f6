"""The tutorial of docs/api.md, typed into a real shell; its answers are what the tutorial shows."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from ptfi.accounts.models import User
from ptfi.oauth.scopes import MANAGE_TRAITS, READ_TRAITS
from tests.support.cast import client_of, make_candidate
from tests.support.oauth import consent, sent_back
from tests.support.processes import database_address
from traits.models import UserRefinedTrait

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).resolve().parents[2]
END = "\x1e"
"""Written by the shell after each block."""


def blocks() -> list[tuple[str, str, str]]:
    """Each shell block of the tutorial, with the kind and the text of the answer that is shown after it."""
    tutorial = (ROOT / "docs/api.md").read_text().split("\n## ")[1]
    found: list[tuple[str, str, str]] = []
    for kind, text in re.findall(r"^```(\w+)\n(.*?)^```", tutorial, re.MULTILINE | re.DOTALL):
        if kind == "sh":
            found.append((text, "", ""))
        else:
            assert not found[-1][1], "an answer without a command"
            found[-1] = (found[-1][0], kind, text)
    return found


class Shell:
    """A shell into which the blocks are typed one after the other."""

    def __init__(self, environment: dict[str, str], typed: list[str], folder: Path) -> None:
        script = "set -euo pipefail\n" + "".join(f"{block}printf '{END}'\n" for block in typed)
        (folder / "tutorial.sh").write_text(script)
        (folder / "manage.py").symlink_to(ROOT / "manage.py")
        (folder / ".venv/bin").mkdir(parents=True)
        (folder / ".venv/bin/python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        (folder / ".venv/bin/python").chmod(0o755)
        self.process = subprocess.Popen(
            ["bash", "tutorial.sh"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def enter(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def output(self) -> str:
        """What the next block writes. Fails when the shell ends in it."""
        assert self.process.stdout
        text = ""
        while not text.endswith(END):
            char = self.process.stdout.read(1)
            assert char, f"the shell ended: {text}"
            text += char
        return text.removesuffix(END)

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def environment(site: str) -> dict[str, str]:
    """That of somebody whose PTFI runs on the test's databases."""
    address = database_address()
    return {**os.environ, "DATABASE_URL": address, "PTFI_EMBEDDED": "", "HTTPS": "0", "SITE": site}


@pytest.fixture
def projector(environment: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, ROOT / "manage.py", "project_graph"], env=environment)
    yield
    process.terminate()
    assert process.wait(20) == 0


@pytest.fixture
def shell(environment: dict[str, str], tmp_path: Path) -> Iterator[Shell]:
    if shutil.which("curl") is None:
        pytest.skip("SKIPPED: the tutorial's test needs curl")
    shell = Shell(environment, [typed for typed, _, _ in blocks()], tmp_path)
    yield shell
    shell.end()


def allow(browser: Client, output: str) -> str:
    """What a person does with the address that the tutorial prints: allow it, and copy the code."""
    address = urlsplit(output.split("Open ")[1].strip())
    return sent_back(consent(browser, f"{address.path}?{address.query}", (READ_TRAITS, MANAGE_TRAITS)))["code"]


def test_every_block_of_the_tutorial_does_what_it_shows(
    alice: User, bob: User, site: str, settings: Any, projector: None, shell: Shell
) -> None:
    settings.SITE_URL = site
    # The command hashes the client's secret as it is done in earnest.
    settings.PASSWORD_HASHERS = ["ptfi.accounts.hashing.StrongScryptHasher"]
    User.objects.filter(pk=alice.pk).update(external_id="demo:mira")
    make_candidate(bob, "Draws maps")
    output = ""
    for typed, kind, shown in blocks():
        if typed.startswith("read "):
            shell.enter(allow(client_of(alice, proven=True), output))
        output = shell.output()
        if kind == "json":
            assert differences(json.loads(shown), json.loads(output)) == [], typed
        elif kind == "text":
            assert missing(shown, output) == [], output
    assert shell.process.wait(10) == 0
    rows = UserRefinedTrait.objects.order_by("revision").values_list("user_decision", "client_id", "user_id")
    assert list(rows) == [("confirmed_asis", "tutorial-app", alice.pk), ("undone", "tutorial-app", alice.pk)]


def differences(shown: Any, answer: Any, place: str = "") -> list[str]:
    """Where the answer is not what is shown; it may hold more, but what is shown as empty is."""
    if isinstance(shown, dict) and isinstance(answer, dict) and shown:
        return [each for name in shown for each in differences(shown[name], answer.get(name), f"{place}.{name}")]
    if isinstance(shown, list) and isinstance(answer, list) and shown and len(answer) >= len(shown):
        return [each for n, item in enumerate(shown) for each in differences(item, answer[n], f"{place}[{n}]")]
    if isinstance(shown, str) and isinstance(answer, str) and not missing(shown, answer):
        return []
    return [] if shown == answer else [f"{place}: {answer!r} instead of {shown!r}"]


def missing(shown: str, output: str) -> list[str]:
    """The pieces of what is shown, between line ends and "…", that do not follow one another in the output."""
    at, found = 0, []
    for piece in filter(None, (piece.strip().casefold() for piece in re.split("[\n…]", shown))):
        position = output.casefold().find(piece, at)
        if position < 0:
            found.append(piece)
        at = max(at, position + len(piece))
    return found
