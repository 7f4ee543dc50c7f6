"""The locks of every change, always in this order: the person's Persona row, then candidates ordered by id."""

import functools
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ParamSpec, TypeVar

from django.db import connection, transaction
from django.utils import timezone

from ptfi.accounts.models import User
from ptfi.db.prepared import fetch
from traits.decisions.sql import (
    CANDIDATES,
    LOCK,
    LOCK_MANY,
    LOCK_MANY_WITH_DUPLICATES,
    LOCK_ONE,
    LOCK_ONE_WITH_DUPLICATES,
)
from traits.errors import AlreadyDecidedError, NotFoundError, StaleVersionError, TraitRemovedError
from traits.log.entries import PERSONAS
from traits.models import (
    UNDECIDED,
    CandidateStatus,
    ExtractedTraitCandidate,
    Persona,
    PersonaTrait,
    UserRefinedTrait,
)

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Candidates = dict[uuid.UUID, ExtractedTraitCandidate]


def atomic(service: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Run a service in a transaction of its own, or as part of the one that its caller opened.

    Unlike transaction.atomic it makes no savepoint in that case, which would cost two statements. A caller that catches
    an error of the service and continues in the same transaction has to make one.
    """

    @functools.wraps(service)
    def call(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        if connection.in_atomic_block:
            return service(*args, **kwargs)
        with transaction.atomic():
            return service(*args, **kwargs)

    return call


def lock(user: User) -> Persona:
    """Lock the person's Persona row until the transaction ends. Every change takes this lock first.

    Raises NotFoundError if the account was deleted.
    """
    rows = fetch(LOCK, [user.pk])
    if not rows:
        if not User.objects.filter(pk=user.pk).exists():
            # The account was deleted while this call waited for it.
            raise NotFoundError
        Persona.objects.bulk_create([Persona(user=user)], ignore_conflicts=True)
        rows = fetch(LOCK, [user.pk])
    return PERSONAS.loaded(rows[0])[0]


def lock_candidates(user: User, ids: Iterable[uuid.UUID]) -> tuple[Persona, Candidates]:
    """Lock the person and these of their candidates, including held ones; candidates are returned by id."""
    named = list(ids)
    text, wanted = (LOCK_ONE, named) if len(named) == 1 else (LOCK_MANY, [named])
    values = [user.pk, *wanted]
    persona, candidates, _ = _read(user, fetch(text, values) or _waited(user, text, values))
    return persona, candidates


def lock_with_duplicates(user: User, ids: Iterable[uuid.UUID]) -> tuple[Persona, Candidates, set[uuid.UUID]]:
    """Like lock_candidates, but include all near-duplicates that are up for review.

    The third value has the ids of those candidates whose name a trait of the person has that is not dormant.
    """
    named = list(ids)
    one = len(named) == 1
    text, wanted = (LOCK_ONE_WITH_DUPLICATES, named[0]) if one else (LOCK_MANY_WITH_DUPLICATES, named)
    values = [user.pk, wanted, user.pk, wanted]
    persona, candidates, told = _read(user, fetch(text, values) or _waited(user, text, values))
    if any(seen != persona.revision for seen, _ in told.values()):
        # Another decision committed first and may have returned near-duplicates; a new query sees them.
        _, candidates, told = _read(user, fetch(text, values))
    return persona, candidates, {pk for pk, (_, named) in told.items() if named}


def _waited(user: User, text: str, values: list[Any]) -> list[tuple[Any, ...]]:
    """Repeat the query after waiting for the person's lock, or after creating the Persona row for a first decision."""
    lock(user)
    return fetch(text, values)


def _read(user: User, rows: list[tuple[Any, ...]]) -> tuple[Persona, Candidates, dict[uuid.UUID, Sequence[Any]]]:
    """Load the person, the candidates, and the rest of each one's row; without any row, lock the person separately."""
    if not rows:
        return lock(user), {}, {}
    candidates, rests = Candidates(), dict[uuid.UUID, Sequence[Any]]()
    for row in rows:
        persona, rest = PERSONAS.loaded(row)
        candidate, rest = CANDIDATES.loaded(rest)
        candidates[candidate.pk], rests[candidate.pk] = candidate, rest
    return persona, candidates, rests


def near_duplicates(chosen: Iterable[ExtractedTraitCandidate], locked: Candidates) -> list[ExtractedTraitCandidate]:
    """Other candidates up for review that say the same as any of the chosen (name key and category)."""
    keys = {row.pk: (row.name_key, row.trait_category) for row in chosen}
    wanted = set(keys.values())
    return [
        row
        for row in locked.values()
        if row.pk not in keys and (row.name_key, row.trait_category) in wanted and _is_up_for_review(row)
    ]


def _is_up_for_review(row: ExtractedTraitCandidate) -> bool:
    """Whether the person is asked about it now: new, or snoozed until a time that has passed, and not held."""
    is_due = row.deferred_until is not None and row.deferred_until <= timezone.now()
    return not row.held_reason and row.status in UNDECIDED and (row.status == CandidateStatus.CANDIDATE or is_due)


def candidate_in(locked: Candidates, candidate_id: uuid.UUID, version: int | None) -> ExtractedTraitCandidate:
    """The locked candidate. Raises NotFoundError if it is not the person's or is held, and StaleVersionError."""
    candidate = locked.get(candidate_id)
    if candidate is None or candidate.held_reason:
        raise NotFoundError
    if version is not None and candidate.is_undecided and candidate.version != version:
        raise StaleVersionError
    return candidate


def undecided_in(locked: Candidates, candidate_id: uuid.UUID, version: int | None) -> ExtractedTraitCandidate:
    """Like candidate_in, but raises AlreadyDecidedError if the candidate was decided."""
    candidate = candidate_in(locked, candidate_id, version)
    if not candidate.is_undecided:
        raise AlreadyDecidedError
    return candidate


def locked_trait(user: User, trait_id: uuid.UUID, version: int | None = None) -> PersonaTrait:
    """The person's trait. Raises TraitRemovedError if it was theirs once, NotFoundError, StaleVersionError."""
    trait = PersonaTrait.objects.filter(user=user, pk=trait_id).first()
    if trait is None:
        was_theirs = UserRefinedTrait.objects.filter(user=user, trait_id_in_pkg=trait_id).exists()
        raise TraitRemovedError if was_theirs else NotFoundError
    if version is not None and trait.version != version:
        raise StaleVersionError
    return trait
