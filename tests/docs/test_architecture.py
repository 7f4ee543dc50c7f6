"""The contracts of `make lint` about imports, and where SQL may stand."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("ptfi", "traits", "graph")
SQL = re.compile("SELECT |INSERT INTO|UPDATE |DELETE FROM")
PLANTED = {
    # A package that stands below.
    "traits/text.py": ("from graph import schema", "traits.text -> graph.schema"),
    "ptfi/errors.py": ("from traits.models import limits", "ptfi.errors -> traits.models.limits"),
    # A layer that stands below, also by an import that runs late.
    "traits/models/limits.py": (
        "def late() -> None:\n    from traits import text",
        "traits.models.limits -> traits.text",
    ),
    "graph/reads/statements.py": (
        "from graph.projection import writer",
        "graph.reads.statements -> graph.projection.writer",
    ),
    # Two parts that import each other.
    "ptfi/deadlines.py": ("from ptfi import health", "No cycles are allowed in ptfi."),
}


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.slow
def test_an_import_from_above_is_noticed(tmp_path: Path) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    assert lint_imports(tmp_path).returncode == 0
    for name, (line, _) in PLANTED.items():
        with (tmp_path / name).open("a") as file:
            file.write(f"\n{line}\n")
    done = lint_imports(tmp_path)
    assert done.returncode == 1
    assert "Contracts: 0 kept, 4 broken." in done.stdout
    for arrow in (arrow for _, arrow in PLANTED.values()):
        assert arrow in done.stdout, arrow


def test_sql_stands_in_few_places() -> None:
    found = (path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    with_sql = [path for path in found if "migrations" not in path.parts and SQL.search((ROOT / path).read_text())]
    assert [path for path in with_sql if path.name != "sql.py" and path.parts[:2] != ("ptfi", "db")] == []
    assert len(with_sql) <= 18
