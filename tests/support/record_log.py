"""``python -m pytest tests/support/record_log.py``: record this release's log, once per kind of log.

Its name is not that of a test file, so that only this command records. Existing files are kept, because an older
release's log can't be written again. To record the log of an older release, copy this file and its imports onto that
code.
"""

import json
from typing import Any

import pytest

from ptfi.accounts.models import User
from tests.support.decisions import assert_log_whole, log_of
from tests.support.every_decision import every_decision
from tests.support.frozen_logs import FILES, FOLDER, kind_of, kinds_in, rows_of
from tests.support.graph_helpers import project
from tests.support.persona_marker import check_graph
from traits.models import Decision

pytestmark = pytest.mark.django_db


def test_record(alice: User, sam: User) -> None:
    every_decision(alice, sam)
    assert set(log_of(alice)) == set(Decision.values)
    project(alice)
    assert_log_whole(alice)
    assert "0 differ" in check_graph(alice)
    tables = rows_of(alice)
    kind = kind_of(tables["traits_userrefinedtrait"][0])
    if kind in {each for file in FILES for each in kinds_in(file)}:
        pytest.skip("this kind is there")
    version, algorithm = kind
    file = FOLDER / f"log-v{version}.json"
    file = FOLDER / f"log-v{version}-hash{algorithm}.json" if file.exists() else file
    file.write_text(written({"person": str(alice.pk), "staff": str(sam.pk)}, tables))


def written(people: dict[str, str], tables: dict[str, list[dict[str, Any]]]) -> str:
    """JSON with one row per line."""
    lines = [f"{json.dumps(name)}: {json.dumps(pk)}," for name, pk in people.items()]
    parts = []
    for table, rows in tables.items():
        listed = ",\n".join(json.dumps(row, ensure_ascii=False, sort_keys=True) for row in rows)
        parts.append(f"{json.dumps(table)}: [\n{listed}\n]")
    return "\n".join(["{", *lines, '"tables": {', ",\n".join(parts), "}", "}"]) + "\n"
