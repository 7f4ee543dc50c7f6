"""Candidates by the thousand: the statements that read and write a batch of them at once."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.models.expressions import RawSQL

from traits.ingest.parsing import Suggestion
from traits.log.snapshots import State
from traits.models import ExtractedTraitCandidate

SUGGESTED = (
    "trait_name",
    "name_key",
    "trait_description",
    "trait_category",
    "supporting_evidence",
    "confidence_score",
    "originating_models",
    "associated_raw_feature_set_ids",
    "concepts",
    "supersedes",
    "language",
    "created_at",
)
CHANGING = (*SUGGESTED, "status", "deferred_until", "version", "updated_at")
COPY = """
    COPY traits_extractedtraitcandidate (
        candidate_id, user_id, status, suppressed_by_id, held_reason, version, updated_at, trait_name, name_key,
        trait_description, trait_category, supporting_evidence, confidence_score, originating_models,
        associated_raw_feature_set_ids, concepts, supersedes, language, created_at
    ) FROM STDIN
"""


def query(sql: str, parameters: State) -> list[tuple[Any, ...]]:
    """All rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def any_of(values: Collection[str | UUID], kind: str) -> RawSQL:
    """What `field__in` takes; kind is PostgreSQL's type. One parameter, where a list would be a thousand to compile."""
    return RawSQL(f"SELECT unnest(%s::{kind}[])", [array(values)])  # noqa: S611 (kind is ours)


def array(values: Collection[str | UUID]) -> str:
    """PostgreSQL's text form of an array; psycopg's own is generic, and a third of an import's time."""
    # Texts hold no null character, so that one call each escapes all of them.
    joined = "\0".join(map(str, values)).replace("\\", "\\\\").replace('"', '\\"').replace("\0", '","')
    return f'{{"{joined}"}}' if values else "{}"


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def copy_in(candidates: list[tuple[Suggestion, tuple[object, ...]]]) -> None:
    """Store new candidates: of each the suggestion, and the values of COPY's columns before the suggestion's own."""
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(COPY) as copy:
        for row, values in candidates:
            copy.write_row((*values, *_columns(row)))


def _columns(row: Suggestion) -> tuple[object, ...]:
    return (
        row.trait_name,
        row.name_key,
        row.trait_description,
        row.trait_category,
        _json(row.supporting_evidence),
        row.confidence_score,
        array(row.originating_models),
        array(row.associated_raw_feature_set_ids),
        _json(row.concepts),
        array(row.supersedes),
        row.language,
        row.created_at,
    )


def update_all(candidates: Collection[ExtractedTraitCandidate]) -> None:
    """Write the columns that an import may change, in one statement."""
    rows = [{name: getattr(row, name) for name in ("candidate_id", *CHANGING)} for row in candidates]
    fields = ExtractedTraitCandidate._meta.concrete_fields
    types = ", ".join(f"{field.name} {field.db_type(connection)}" for field in fields if field.name in CHANGING)
    changes = ", ".join(f"{name} = new.{name}" for name in CHANGING)
    statement = f"""
        UPDATE traits_extractedtraitcandidate AS old SET {changes}
        FROM json_to_recordset(%s) AS new (candidate_id uuid, {types}) WHERE old.candidate_id = new.candidate_id
    """  # noqa: S608 (names of columns)
    with connection.cursor() as cursor:
        cursor.execute(statement, [_json(rows)])
