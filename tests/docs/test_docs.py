"""What the docs name exists, and what exists is named."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.urls import Resolver404, resolve

from ptfi.environment import RENAMED

ROOT = Path(__file__).resolve().parents[2]
DOCS = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
    *(path for folder in ("docs", "examples") for path in sorted((ROOT / folder).rglob("*.md"))),
]
COMMANDS = {
    name: load_command_class(str(app), name)
    for name, app in get_commands().items()
    if str(app).split(".")[0] in ("ptfi", "traits", "graph")
}
RENAMED_COMMANDS = {name: command.new_name for name, command in COMMANDS.items() if hasattr(command, "new_name")}
by_file = pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))


def operations() -> str:
    return (ROOT / "docs/operations.md").read_text()


@by_file
def test_commands_exist(path: Path) -> None:
    assert set(re.findall(r"manage\.py (\w+)", path.read_text())) <= get_commands().keys()


def test_every_command_is_documented() -> None:
    assert set(re.findall(r"^\| `manage\.py (\w+)", operations(), re.MULTILINE)) == COMMANDS.keys() - RENAMED_COMMANDS


def test_every_setting_is_documented() -> None:
    read = set(re.findall(r'env\.\w+\(\s*"(\w+)"', (ROOT / "ptfi/settings/__init__.py").read_text()))
    for source in (ROOT / "ptfi/embedded").glob("*.py"):
        read |= set(re.findall(r'os\.environ\.get\("(PTFI_\w+)"', source.read_text()))
    assert len(read) > 15
    assert set(re.findall(r"^\| `([A-Z_0-9]+)`", operations(), re.MULTILINE)) == read


def test_every_old_name_is_documented() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \|$", operations(), re.MULTILINE)
    assert {old: new for new, old in rows} == RENAMED | RENAMED_COMMANDS


@by_file
def test_targets_exist(path: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z0-9-]+)", path.read_text(), re.MULTILINE))
    assert named <= targets


@by_file
def test_links_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)", path.read_text()):
        if "://" not in link:
            assert (path.parent / link).exists(), link


@by_file
def test_addresses_exist(path: Path) -> None:
    for address in re.findall(r"`(/[a-z][a-z0-9/-]*/)`", path.read_text()):
        try:
            resolve(address)
        except Resolver404:
            pytest.fail(address)


@by_file
def test_files_that_are_named_exist(path: Path) -> None:
    for name in re.findall(
        r"`((?:traits|graph|ptfi|tests|bench|deploy|docs|templates|static|examples)/[\w./-]*)`", path.read_text()
    ):
        assert (ROOT / name).exists(), name


def test_the_map_of_the_code_is_complete() -> None:
    architecture = (ROOT / "docs/architecture.md").read_text()
    for app in ("ptfi", "traits", "graph"):
        packages = {path.parent.name for path in (ROOT / app).glob("*/__init__.py")}
        for name in packages - {"management", "migrations", "templatetags"}:
            assert f"| `{app}/{name}/` |" in architecture, name


def test_every_dependency_has_a_row_that_says_what_it_is_for() -> None:
    text = (ROOT / "docs/dependencies.md").read_text()
    for source, heading in (("requirements.in", "## To run"), ("requirements-dev.in", "## To develop")):
        wanted = set(re.findall(r"^([A-Za-z][\w-]*)", (ROOT / source).read_text(), re.MULTILINE))
        section = text.split(heading)[1].split("\n## ")[0]
        assert set(re.findall(r"^\| ([\w-]+) \|", section, re.MULTILINE)) - {"package"} == wanted
