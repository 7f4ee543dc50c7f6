"""Candidates by the thousand: the statements that read and write a batch of them at once."""

from collections.abc import Collection

import orjson
from django.db import connection

from ptfi.db import sql
from traits.ingest.parsing import Suggestion
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
        sql.array(row.originating_models),
        sql.array(row.associated_raw_feature_set_ids),
        _json(row.concepts),
        sql.array(row.supersedes),
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
    sql.run(statement, [_json(rows)])
