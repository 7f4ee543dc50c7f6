"""The statements of an import; each reads or writes the data of a whole batch."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from ptfi.db import sql
from traits.ingest.parsing import CandidateRecord
from traits.models import CandidateChange, ExtractedTraitCandidate

Key = tuple[UUID, str, str]
"""(person, name key, category), by which suppressions and waiting candidates are found."""
# The key of a lock that only batches take; any number that nothing else locks.
BATCH_LOCK = 5_067_410_934_772_001
KEYS = "unnest(%(users)s::uuid[], %(names)s::text[], %(categories)s::text[]) AS key (user_id, name_key, category)"
# Materialized, because the planner might otherwise scan all waiting candidates first, of which there can be many.
WAITING = f"""
    WITH near AS MATERIALIZED (
        SELECT candidate_id, user_id, status, deferred_until FROM traits_extractedtraitcandidate
        WHERE candidate_id = ANY(%(ids)s::uuid[])
        UNION
        SELECT candidate_id, c.user_id, status, deferred_until FROM {KEYS} JOIN traits_extractedtraitcandidate c
        ON c.user_id = key.user_id AND c.name_key = key.name_key AND trait_category = category
    )
    SELECT candidate_id, user_id FROM near WHERE status = 'awaiting_refinement' AND deferred_until IS NULL
"""  # noqa: S608 (a text of ours)
# Conflicts with the lock of an erasure, but not with decisions and other imports.
SUGGESTIONS_OFF = """
    SELECT user_id, suggestions_off_at FROM traits_persona WHERE user_id = ANY(%(users)s::uuid[])
    ORDER BY user_id FOR KEY SHARE
"""
SUPPRESSED = f"""
    SELECT s.user_id, s.name_key, s.category, id FROM {KEYS} JOIN traits_suppression s
    ON s.user_id = key.user_id AND s.name_key = key.name_key AND s.category = key.category
    AND (s.sources = '{{}}' OR NOT %(erased)s)
"""  # noqa: S608 (a text of ours)
# Follows what candidates replace to the end of each chain.
REPLACED = """
    WITH RECURSIVE chain AS (
        SELECT candidate_id, user_id, supersedes, created_at, status FROM traits_extractedtraitcandidate
        WHERE candidate_id = ANY(%(ids)s::uuid[])
        UNION
        SELECT c.candidate_id, c.user_id, c.supersedes, c.created_at, c.status FROM chain
        JOIN traits_extractedtraitcandidate c ON c.candidate_id = ANY(chain.supersedes) AND c.user_id = chain.user_id
    )
    SELECT candidate_id, user_id, supersedes, created_at, status FROM chain
"""
BARS = """
    SELECT subject_id, kind, bar FROM traits_erasure WHERE subject_id = ANY(%(users)s::uuid[]) AND bar <> ''
"""

SUGGESTED = tuple(
    field.name
    for field in dataclasses.fields(CandidateRecord)
    if field.name
    not in ("candidate_id", "external_id", "display_name", "user_id", "dated", "sequence", "sent_id", "sent")
)
"""The columns that a record provides, which an import compares with what is stored and changes."""
CHANGING = (
    *(*SUGGESTED, "status", "deferred_until", "withdrawn_at"),
    *("changed_in", "client_id", "sequence", "version", "updated_at"),
)
OF_NEW = (
    *("candidate_id", "user_id", "status", "suppressed_by_id", "held_reason", "sequence"),
    *("batch_id", "client_id", "version", "updated_at"),
)
COPY = f"COPY traits_extractedtraitcandidate ({', '.join((*OF_NEW, *SUGGESTED))}) FROM STDIN"


RAISE = """
    UPDATE traits_extractedtraitcandidate AS old SET sequence = new.sequence
    FROM unnest(%s::uuid[], %s::bigint[]) AS new (id, sequence) WHERE old.candidate_id = new.id
"""
COPY_CHANGES = """
    COPY traits_candidatechange (user_id, candidate_id, batch_id, before, after, created_at) FROM STDIN
"""
# The oldest rows have the lowest ids. Rows that an erasure or staff have locked are left for the next batch.
FORGET_CHANGES = """
    DELETE FROM traits_candidatechange WHERE id IN (
        SELECT id FROM traits_candidatechange WHERE created_at < %s AND id IN (
            SELECT id FROM traits_candidatechange ORDER BY id LIMIT 1000
        ) FOR UPDATE SKIP LOCKED
    )
"""


NEWEST_FEEDBACK = "SELECT coalesce(max(id), 0) FROM traits_feedback WHERE client_id = %s"
OUTCOMES = """
    SELECT f.id, f.candidate_id, f.created_at, e.user_decision, e.rejection_code, e.trait_id_in_pkg,
        ARRAY[e.content->'after'->'candidate'->>'status', e.content->'after'->'trait'->>'name',
            e.content->'after'->'trait'->>'category'],
        ARRAY[e.content->'before'->'candidate'->>'name', e.content->'before'->'candidate'->>'category'],
        (SELECT json_object_agg(piece->>'evidence_id', piece->>'verdict')
            FROM jsonb_array_elements(e.content->'after'->'candidate'->'evidence') AS piece
            WHERE piece->>'verdict' <> '')
    FROM traits_feedback f
    LEFT JOIN traits_persona p ON p.user_id = f.user_id
    LEFT JOIN traits_userrefinedtrait e ON e.refinement_action_id = f.entry_id
    WHERE f.client_id = %(client)s AND f.id > %(after)s AND f.id <= %(newest)s
        AND (f.entry_id IS NULL OR (p.feedback_since <= f.created_at AND e.user_decision IS NOT NULL))
    ORDER BY f.id LIMIT %(limit)s
"""
TOMBSTONES = """
    WITH gone AS (
        DELETE FROM traits_feedback WHERE user_id = %(user)s
            AND (%(ids)s::uuid[] IS NULL OR candidate_id = ANY(%(ids)s::uuid[]))
        RETURNING client_id, candidate_id
    )
    INSERT INTO traits_feedback (client_id, candidate_id, created_at)
    SELECT DISTINCT client_id, candidate_id, now() FROM gone
"""
FORGET_FEEDBACK = """
    DELETE FROM traits_feedback WHERE id IN (
        SELECT id FROM traits_feedback WHERE created_at < %s AND id IN (
            SELECT id FROM traits_feedback ORDER BY id LIMIT 1000
        ) FOR UPDATE SKIP LOCKED
    )
"""


def lock_batches(*, alone: bool) -> None:
    """Wait for other batches (alone), or only for those that run alone; the lock lasts until the transaction ends."""
    sql.value(f"SELECT pg_advisory_xact_lock{'' if alone else '_shared'}(%s)", [BATCH_LOCK])


def waiting_candidates(ids: Collection[UUID], keys: Sequence[Key]) -> dict[UUID, UUID]:
    """Candidate → person, for candidates with these ids or keys that are snoozed until new evidence."""
    return dict(sql.rows(WAITING, {"ids": sql.array(ids)} | _arrays(keys)))


def taking_suggestions(users: Collection[UUID]) -> set[UUID]:
    """The people who have suggestions turned on; they can't change this before the transaction ends."""
    return {user for user, since in sql.rows(SUGGESTIONS_OFF, {"users": sql.array(users)}) if since is None}


def suppressions(keys: Sequence[Key], *, erased: bool = False) -> dict[Key, int]:
    """Key → suppression id, for the keys that have one; erased: only those whose names were erased."""
    found = sql.rows(SUPPRESSED, _arrays(keys) | {"erased": erased}) if keys else ()
    return {(user, name, category): suppression for user, name, category, suppression in found}


def chains(ids: Collection[UUID]) -> list[tuple[UUID, UUID, list[UUID], dt.datetime, str]]:
    """The stored candidates with these ids, those that they replace, those that these replace, and so on.

    Each is (candidate, person, what it replaces, created_at, status).
    """
    return list(sql.rows(REPLACED, {"ids": sql.array(ids)}))


def bars_of(users: Collection[UUID]) -> list[tuple[UUID, str, str]]:
    """(person, kind of erasure, bar) for everything that erasures block."""
    return [(user, kind, bar) for user, kind, bar in sql.rows(BARS, {"users": sql.array(users)})]


def _arrays(keys: Sequence[Key]) -> dict[str, Any]:
    users, names, categories = zip(*keys, strict=True)
    return {"users": sql.array(users), "names": sql.array(names), "categories": sql.array(categories)}


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


WRITTEN: dict[str, Callable[[Any], str]] = {
    "supporting_evidence": _json,
    "concepts": _json,
    "originating_models": sql.array,
    "associated_raw_feature_set_ids": sql.array,
    "supersedes": sql.array,
}
"""How to write the columns for COPY whose values are not plain."""


def copy_in(candidates: Iterable[tuple[CandidateRecord, tuple[object, ...]]]) -> None:
    """Store new candidates, given as the record and the values for OF_NEW."""
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(COPY) as copy:
        for record, values in candidates:
            copy.write_row((*values, *_columns(record)))


def _columns(record: CandidateRecord) -> list[object]:
    values = [getattr(record, name) for name in SUGGESTED]
    return [WRITTEN[name](value) if name in WRITTEN else value for name, value in zip(SUGGESTED, values, strict=True)]


def update_all(candidates: Collection[ExtractedTraitCandidate]) -> None:
    """Write all columns that an import may change, in one statement."""
    rows = [{name: getattr(row, name) for name in ("candidate_id", *CHANGING)} for row in candidates]
    fields = ExtractedTraitCandidate._meta.concrete_fields
    types = ", ".join(f"{field.name} {field.db_type(connection)}" for field in fields if field.name in CHANGING)
    changes = ", ".join(f"{name} = new.{name}" for name in CHANGING)
    statement = f"""
        UPDATE traits_extractedtraitcandidate AS old SET {changes}
        FROM json_to_recordset(%s) AS new (candidate_id uuid, {types}) WHERE old.candidate_id = new.candidate_id
    """  # noqa: S608 (names of columns)
    sql.run(statement, [_json(rows)])


def raise_sequences(sequences: Mapping[UUID, int]) -> None:
    """Write the sequences of candidates that are otherwise unchanged."""
    sql.run(RAISE, [sql.array(sequences), sql.array([str(sequence) for sequence in sequences.values()])])


def copy_changes(rows: Iterable[CandidateChange]) -> None:
    """Store new changes of candidates."""
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(COPY_CHANGES) as copy:
        for row in rows:
            values = row.user_id, row.candidate_id, row.batch_id, _json(row.before), _json(row.after), row.created_at
            copy.write_row(values)


def forget_changes(before: dt.datetime) -> int:
    """Delete some of the changes that are older; returns their number."""
    return sql.run(FORGET_CHANGES, [before])
