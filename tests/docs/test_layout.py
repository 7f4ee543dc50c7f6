"""The rules that the tests' own files keep."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]


@functools.cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports, as dotted names; of `from a import b` both a and a.b."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import"
            yield from (str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names))


def test_no_file_imports_a_test_module_or_a_conftest() -> None:
    faults = [
        f"{path.relative_to(TESTS)} imports {name}"
        for path in TESTS.rglob("*.py")
        for name in imported(path)
        if name.startswith("tests.") and any(part.startswith(("test_", "conftest")) for part in name.split("."))
    ]
    assert faults == []


def test_support_holds_no_tests() -> None:
    """What tests share is named by what it gives."""
    assert [path.name for path in (TESTS / "support").rglob("test_*")] == []


def test_every_test_module_is_in_the_folder_of_its_subject() -> None:
    assert list(TESTS.glob("test_*.py")) == []


def marked(path: Path) -> set[str]:
    """The markers in the module's pytestmark."""
    return {
        marker.attr
        for node in parsed(path).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
        for marker in ast.walk(node.value)
        if isinstance(marker, ast.Attribute)
    }


def test_what_looks_into_the_graph_runs_on_neo4j_too() -> None:
    """Folders whose tests are marked by tests/conftest.py need no marker of their own."""
    unmarked = [
        str(path.relative_to(TESTS))
        for path in TESTS.rglob("test_*.py")
        if path.parent.name not in ("graph", "browser", "faults")
        and any(name.startswith(("graph.", "tests.support.graph_helpers")) for name in imported(path))
        and "graph" not in marked(path)
    ]
    assert unmarked == []
