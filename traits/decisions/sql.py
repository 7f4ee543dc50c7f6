"""SQL of the decisions: the locks of every change, and the suppressions that decisions add or drop."""

import dataclasses

from ptfi.db.prepared import Table
from traits.log.entries import PERSONAS
from traits.models import ExtractedTraitCandidate, PersonaTrait, TraitStatus

CANDIDATES = Table(ExtractedTraitCandidate, without=["search"])
LOCK = f"SELECT {PERSONAS.columns} FROM {PERSONAS.name} WHERE user_id = %s FOR NO KEY UPDATE"  # noqa: S608 (ours)


def _locking(chosen: str) -> str:
    """The statement that locks the person and then the chosen candidates, whose newest versions it reads."""
    return f"""
        WITH person AS ({LOCK})
        SELECT person.*, {CANDIDATES.columns} FROM person JOIN {CANDIDATES.name} USING (user_id)
        WHERE candidate_id {chosen} ORDER BY candidate_id FOR NO KEY UPDATE OF {CANDIDATES.name}
    """  # noqa: S608 (names of ours)


def _locking_with_duplicates(ids: str, chosen: str) -> str:
    """Like _locking, with the near-duplicates of the chosen.

    Two more columns: the person's revision when the statement began, and whether the person has a trait of that name.

    It finds no row while another transaction holds the person's lock: only a later statement would see the
    near-duplicates that this transaction returned to review.
    """
    return f"""
        WITH person AS ({LOCK} SKIP LOCKED)
        SELECT person.*, {CANDIDATES.columns}, seen.revision, EXISTS (
            SELECT FROM {PersonaTrait._meta.db_table} trait
            WHERE trait.user_id = person.user_id AND trait.name_key = {CANDIDATES.name}.name_key
                AND trait.category = {CANDIDATES.name}.trait_category AND trait.status <> '{TraitStatus.DORMANT}')
        FROM person JOIN {PERSONAS.name} seen USING (user_id) JOIN {CANDIDATES.name} USING (user_id)
        WHERE candidate_id IN (
            SELECT {ids} UNION
            SELECT other.candidate_id FROM {CANDIDATES.name} one JOIN {CANDIDATES.name} other
                ON other.user_id = one.user_id AND other.name_key = one.name_key
                AND other.trait_category = one.trait_category AND other.held_reason = '' AND (other.status = 'candidate'
                OR other.status = 'awaiting_refinement' AND other.deferred_until <= statement_timestamp())
            WHERE one.user_id = %s AND one.candidate_id {chosen})
        ORDER BY candidate_id FOR NO KEY UPDATE OF {CANDIDATES.name}
    """  # noqa: S608 (names of ours)


# With a single id PostgreSQL reuses a generic plan; with an array it plans again for each length.
LOCK_ONE, LOCK_MANY = _locking("= %s"), _locking("= ANY(%s)")
LOCK_ONE_WITH_DUPLICATES = _locking_with_duplicates("%s::uuid", "= %s")
LOCK_MANY_WITH_DUPLICATES = _locking_with_duplicates("unnest(%s::uuid[])", "= ANY(%s)")

SUPPRESS = """
    INSERT INTO traits_suppression AS kept (user_id, name_key, category, sort_key, sources, created_at)
    VALUES (%s, %s, %s, %s, %s, now()) ON CONFLICT (user_id, name_key, category) DO UPDATE
    SET sources = ARRAY(SELECT DISTINCT unnest(kept.sources || excluded.sources) AS source ORDER BY source)
"""
HOLD = "SELECT pg_advisory_xact_lock_shared(%s)"
DELETE_SUPPRESSIONS = "DELETE FROM traits_suppression WHERE id = ANY(%s)"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Keys:
    """The statements that lock rows by their ids, and that write the keys of their names.

    If a name has changed since it was read, its keys are those of the new name already.
    """

    lock: str
    write: str


def _keys(table: str, pk: str, name: str, *keys: str) -> Keys:
    arrays = ", ".join(["%s::text[]"] * (1 + len(keys)))
    changes = ", ".join(f"{key} = new.{key}" for key in keys)
    return Keys(
        lock=f"SELECT FROM {table} WHERE {pk} = ANY(%s) ORDER BY {pk} FOR NO KEY UPDATE",
        write=f"""
            UPDATE {table} AS old SET {changes} FROM unnest(%s::uuid[], {arrays}) AS new (id, name, {", ".join(keys)})
            WHERE old.{pk} = new.id AND old.{name} = new.name
        """,  # noqa: S608 (names of ours)
    )


CANDIDATE_KEYS = _keys("traits_extractedtraitcandidate", "candidate_id", "trait_name", "name_key")
TRAIT_KEYS = _keys("traits_personatrait", "trait_id", "name", "name_key", "sort_key")
LOCK_PERSON = "SELECT FROM traits_persona WHERE user_id = %s FOR NO KEY UPDATE"
