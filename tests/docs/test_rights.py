"""docs/rights.md names a page, an endpoint and a test for each right, and all of them exist."""

import re
from pathlib import Path
from typing import Any

import yaml
from django.urls import get_resolver, resolve

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/rights.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")] for line in re.findall(r"^\| .*\|$", TEXT, re.MULTILINE)
]
RIGHTS = {row[0].strip("| "): row for row in ROWS[1:]}
WANTED = (
    *("access (", "rectify", "restrict", "notify", "erase", "port", "object", "explanation", "special categories"),
    *("history on a date", "tamper evidence", "access log"),
)


def operations() -> set[str]:
    """Each operation of the API's document, as METHOD path."""
    document: dict[str, Any] = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text())
    return {f"{method.upper()} {path}" for path, known in document["paths"].items() for method in known}


def page_names(resolver: Any) -> set[str]:
    found = set[str]()
    for each in resolver.url_patterns:
        found |= page_names(each) if hasattr(each, "url_patterns") else {each.name}
    return found


def test_each_right_has_a_row() -> None:
    assert [right for right in WANTED if not any(name.startswith(right) for name in RIGHTS)] == []
    assert all(len(row) == 5 for row in RIGHTS.values())


def test_each_page_exists() -> None:
    known = page_names(get_resolver())
    for name, row in RIGHTS.items():
        pages = re.findall(r"`(\w+)`", row[2])
        assert pages, name
        assert set(pages) <= known, name


def test_each_endpoint_exists() -> None:
    known = operations()
    assert len(known) > 20
    for name, row in RIGHTS.items():
        endpoints = re.findall(r"`([A-Z]+ [^`]+)`", row[3])
        assert endpoints, name
        for each in endpoints:
            method, path = each.split()
            if path.startswith("/.well-known/"):
                assert method == "GET"
                assert resolve(path)
            else:
                assert each in known, each


def test_each_test_exists() -> None:
    for name, row in RIGHTS.items():
        tests = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row[4])
        assert tests, name
        for path, function in tests:
            assert f"\ndef {function}(" in (ROOT / path).read_text(), (path, function)


def test_what_is_not_built_is_missing() -> None:
    """Whoever builds it finds the row here, and writes what it does."""
    said = [name.split(" (")[0] for name, row in RIGHTS.items() if "**not built**" in row[1]]
    assert said == ["restrict", "port", "special categories", "consent"]
    code = "".join(path.read_text() for path in (ROOT / "traits").rglob("*.py") if "migrations" not in path.parts)
    assert "NoticeEvent.CONTESTED:" in code
    assert code.count("CONTESTED") == 2, "something contests a trait now: say so in rights.md"
    assert not {"contest", "quarantine", "consent_record", "import_persona"} & page_names(get_resolver())
