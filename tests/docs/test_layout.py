"""The rules that the tests' own files keep."""

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
IMPORT = re.compile(r"^[ \t]*(?:import|from)\b(?:[^\n(]*\([^)]*\)|.*)", re.MULTILINE)
A_TEST_MODULE = re.compile(r"\btests\b.*\b(?:test_|conftest)|from +\.", re.DOTALL)
THE_GRAPH = re.compile(r"^\s*(?:from|import) graph\b|\btests\.support\b.*\bgraph_helpers\b", re.DOTALL)
MARKS = re.compile(r"^pytestmark = .*?^(?=\S)", re.MULTILINE | re.DOTALL)


def imports(path: Path, wanted: re.Pattern[str]) -> list[str]:
    """The statements of a file that import what is wanted. To parse all files takes seconds."""
    return [found for found in IMPORT.findall(path.read_text()) if wanted.search(found)]


def test_no_file_imports_a_test_module_or_a_conftest() -> None:
    faults = {str(path): found for path in TESTS.rglob("*.py") if (found := imports(path, A_TEST_MODULE))}
    assert faults == {}


def test_support_holds_no_tests() -> None:
    """What tests share is named by what it gives."""
    assert [path.name for path in (TESTS / "support").rglob("test_*")] == []


def test_every_test_module_is_in_the_folder_of_its_subject() -> None:
    assert list(TESTS.glob("test_*.py")) == []


def marked(path: Path) -> str:
    """The module's markers."""
    found = MARKS.search(path.read_text() + "\n.")
    return found[0] if found else ""


def test_what_looks_into_the_graph_runs_on_neo4j_too() -> None:
    """Folders whose tests are marked by tests/conftest.py need no marker of their own."""
    unmarked = [
        str(path.relative_to(TESTS))
        for path in TESTS.rglob("test_*.py")
        if path.parent.name not in ("graph", "browser", "faults")
        and imports(path, THE_GRAPH)
        and "mark.graph" not in marked(path)
    ]
    assert unmarked == []
