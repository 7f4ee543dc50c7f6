"""What every change locks, in this order: the person's Persona row, then candidates in the order of their ids."""

import functools
import uuid
from collections.abc import Callable, Iterable
from typing import Any, ParamSpec, TypeVar

from django.db import connection, transaction

from ptfi.accounts.models import User
from ptfi.db.prepared import Table, fetch
from traits.errors import AlreadyDecidedError, NotFoundError, StaleVersionError, TraitRemovedError
from traits.log.entries import PERSONAS
from traits.models import CandidateStatus, ExtractedTraitCandidate, Persona, PersonaTrait, UserRefinedTrait

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Candidates = dict[uuid.UUID, ExtractedTraitCandidate]

CANDIDATES = Table(ExtractedTraitCandidate, without=["search"])
WIDTH = len(PERSONAS.names)
"""How many columns of a row that was locked with its person are the person's."""
LOCK = f"SELECT {PERSONAS.columns} FROM {PERSONAS.name} WHERE user_id = %s FOR NO KEY UPDATE"  # noqa: S608 (ours)
# The rows are locked after the person: their newest versions are read then, whatever they were while this waited.
LOCK_CANDIDATES = f"""
    WITH person AS ({LOCK})
    SELECT person.*, {CANDIDATES.columns} FROM person JOIN {CANDIDATES.name} USING (user_id)
    WHERE candidate_id = ANY(%s) ORDER BY candidate_id FOR NO KEY UPDATE OF {CANDIDATES.name}
"""  # noqa: S608 (names of ours)
# PostgreSQL plans it once a connection; of a list, it wants to know each time how long it is.
LOCK_ONE = LOCK_CANDIDATES.replace("= ANY(%s)", "= %s")
# With what says the same as one of them, and with the revision as it was when this began. It finds nothing while others
# have the person: what they put back would be seen by the next statement only.
LOCK_WITH_ALIKE = f"""
    WITH person AS ({LOCK} SKIP LOCKED)
    SELECT person.*, seen.revision, {CANDIDATES.columns}
    FROM person JOIN {PERSONAS.name} seen USING (user_id) JOIN {CANDIDATES.name} USING (user_id)
    WHERE candidate_id IN (
        SELECT unnest(%s::uuid[]) UNION
        SELECT other.candidate_id FROM {CANDIDATES.name} one JOIN {CANDIDATES.name} other
            ON other.user_id = one.user_id AND other.name_key = one.name_key
            AND other.trait_category = one.trait_category AND other.status = 'candidate' AND other.held_reason = ''
        WHERE one.user_id = %s AND one.candidate_id = ANY(%s))
    ORDER BY candidate_id FOR NO KEY UPDATE OF {CANDIDATES.name}
"""  # noqa: S608 (names of ours)
LOCK_ONE_WITH_ALIKE = LOCK_WITH_ALIKE.replace("unnest(%s::uuid[])", "%s::uuid").replace("= ANY(%s)", "= %s")


def atomic(service: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Have a service be one transaction, or part of the one that the front door opened.

    Unlike transaction.atomic it makes no savepoint there, which would cost two statements: whoever catches its error
    and goes on in the same transaction makes one.
    """

    @functools.wraps(service)
    def call(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        if connection.in_atomic_block:
            return service(*args, **kwargs)
        with transaction.atomic():
            return service(*args, **kwargs)

    return call


def lock(user: User) -> Persona:
    """The person's Persona row, locked until the transaction ends: the first thing that every change takes.

    Raises NotFoundError when the account has ended.
    """
    rows = fetch(LOCK, [user.pk])
    if not rows:
        if not User.objects.filter(pk=user.pk).exists():
            # The account was ended while this waited for it.
            raise NotFoundError
        Persona.objects.bulk_create([Persona(user=user)], ignore_conflicts=True)
        rows = fetch(LOCK, [user.pk])
    return PERSONAS.loaded(rows[0])


def locked_candidates(user: User, ids: Iterable[uuid.UUID]) -> tuple[Persona, Candidates]:
    """As lock, and those of the person's candidates, held back or not, by id."""
    named = list(ids)
    text, wanted = (LOCK_ONE, named) if len(named) == 1 else (LOCK_CANDIDATES, [named])
    values = [user.pk, *wanted]
    rows = fetch(text, values) or _waited(user, text, values)
    return _persona_of(user, rows), {row.pk: row for row in (CANDIDATES.loaded(row[WIDTH:]) for row in rows)}


def locked_with_alike(user: User, ids: Iterable[uuid.UUID]) -> tuple[Persona, Candidates]:
    """As locked_candidates, with all that say the same as one of them and are to be reviewed."""
    named = list(ids)
    text, wanted = (LOCK_ONE_WITH_ALIKE, named[0]) if len(named) == 1 else (LOCK_WITH_ALIKE, named)
    values = [user.pk, wanted, user.pk, wanted]
    rows = fetch(text, values) or _waited(user, text, values)
    persona = _persona_of(user, rows)
    if rows and rows[0][WIDTH] != persona.revision:
        # Another decision went first, which may have put back what says the same: now it can be seen.
        rows = fetch(text, values)
    return persona, {row.pk: row for row in (CANDIDATES.loaded(row[WIDTH + 1 :]) for row in rows)}


def _waited(user: User, text: str, values: list[Any]) -> list[tuple[Any, ...]]:
    """What is found once this had to wait for the person, or made the Persona row of one who decides the first time."""
    lock(user)
    return fetch(text, values)


def _persona_of(user: User, rows: list[tuple[Any, ...]]) -> Persona:
    return PERSONAS.loaded(rows[0][:WIDTH]) if rows else lock(user)


def alike(chosen: Iterable[ExtractedTraitCandidate], locked: Candidates) -> list[ExtractedTraitCandidate]:
    """The others to review that say the same as any of the chosen (name key and category)."""
    keys = {row.pk: (row.name_key, row.trait_category) for row in chosen}
    said = set(keys.values())
    return [
        row
        for row in locked.values()
        if row.pk not in keys
        and (row.name_key, row.trait_category) in said
        and row.status == CandidateStatus.CANDIDATE
        and not row.held_reason
    ]


def candidate_in(locked: Candidates, candidate_id: uuid.UUID, version: int | None) -> ExtractedTraitCandidate:
    """The locked candidate; NotFoundError when it is not the person's or is held back, StaleVersionError."""
    candidate = locked.get(candidate_id)
    if candidate is None or candidate.held_reason:
        raise NotFoundError
    if version is not None and candidate.is_undecided and candidate.version != version:
        raise StaleVersionError
    return candidate


def undecided_in(locked: Candidates, candidate_id: uuid.UUID, version: int | None) -> ExtractedTraitCandidate:
    """As candidate_in; AlreadyDecidedError when it was decided."""
    candidate = candidate_in(locked, candidate_id, version)
    if not candidate.is_undecided:
        raise AlreadyDecidedError
    return candidate


def locked_trait(user: User, trait_id: uuid.UUID, version: int | None = None) -> PersonaTrait:
    """The person's trait; TraitRemovedError when it was theirs once, NotFoundError, StaleVersionError."""
    trait = PersonaTrait.objects.filter(user=user, pk=trait_id).first()
    if trait is None:
        was_theirs = UserRefinedTrait.objects.filter(user=user, trait_id_in_pkg=trait_id).exists()
        raise TraitRemovedError if was_theirs else NotFoundError
    if version is not None and trait.version != version:
        raise StaleVersionError
    return trait
