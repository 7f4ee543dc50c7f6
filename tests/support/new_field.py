"""A trait with a new field, added as docs/development.md describes, while a test runs."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection, models

from traits.decisions import recording
from traits.log import snapshots as states
from traits.log import versions as snapshot_versions
from traits.models import PersonaTrait

DOCS = Path(__file__).resolve().parents[2] / "docs/development.md"
FIELD, DEFAULT = "mood", "calm"


def lift_of_docs() -> snapshot_versions.Lift:
    """The lifting function shown on that page, adapted to the newest version."""
    program = re.search(r"```python\n(   def _from_1.*?)```", DOCS.read_text(), re.DOTALL)
    assert program
    text = re.sub("^   ", "", program[1], flags=re.MULTILINE).replace(
        '"v": 2', f'"v": {snapshot_versions.newest() + 1}'
    )
    found: dict[str, Any] = {}
    exec(compile(text, "docs/development.md", "exec"), found)  # noqa: S102
    lift: snapshot_versions.Lift = found["_from_1"]
    return lift


@contextmanager
def added_field() -> Iterator[None]:
    """Add the field to column, model, snapshots and version; the column disappears with the test's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE traits_personatrait ADD COLUMN {FIELD} text NOT NULL DEFAULT '{DEFAULT}'")
    lift, columns = lift_of_docs(), list(recording.TRAIT_COLUMNS)
    field = models.TextField(default=DEFAULT, db_default=DEFAULT)
    PersonaTrait.add_to_class(FIELD, field)
    states.TRAIT_FIELDS, states.TRAIT_TIMES = states.trait_fields()
    snapshot_versions.LIFTS.append(lift)
    recording.TRAITS.__init__(PersonaTrait)  # type: ignore[misc]
    recording.TRAIT_COLUMNS.append(FIELD)
    try:
        yield
    finally:
        snapshot_versions.LIFTS.remove(lift)
        PersonaTrait._meta.local_fields.remove(field)
        PersonaTrait._meta._expire_cache()  # type: ignore[attr-defined]
        delattr(PersonaTrait, FIELD)
        states.TRAIT_FIELDS, states.TRAIT_TIMES = states.trait_fields()
        recording.TRAITS.__init__(PersonaTrait)  # type: ignore[misc]
        recording.TRAIT_COLUMNS[:] = columns
