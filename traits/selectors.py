"""Reads that are bound to a person in the query itself; they raise NotFoundError for anything else."""

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Func, Q, QuerySet, TextField
from django.db.models.functions import Collate
from django.utils import timezone

from ptfi.accounts.models import User
from ptfi.texts import sort_key
from traits.errors import NotFoundError
from traits.models import (
    CandidateStatus,
    ExtractedTraitCandidate,
    Persona,
    PersonaTrait,
)


def candidate(user: User, candidate_id: uuid.UUID, **annotations: Any) -> ExtractedTraitCandidate:
    """Return the person's candidate. Raises NotFoundError if it is not theirs, held or archived."""
    rows = ExtractedTraitCandidate.objects.filter(user=user, pk=candidate_id).defer("search").annotate(**annotations)
    found = rows.exclude(status=CandidateStatus.ARCHIVED).first()
    if found is None or (found.is_undecided and found.held_reason):
        raise NotFoundError
    return found


ALL = Q()
"""The condition that everything meets; an app sees what its slice holds (traits/sharing/)."""


def trait(user: User, trait_id: uuid.UUID, within: Q = ALL) -> PersonaTrait:
    """Return the person's trait. Raises NotFoundError if they do not have it."""
    found = PersonaTrait.objects.filter(within, user=user, pk=trait_id).first()
    if found is None:
        raise NotFoundError
    return found


def has_trait(user: User, trait_id: uuid.UUID, within: Q = ALL) -> bool:
    """Return whether the person has this trait now."""
    return PersonaTrait.objects.filter(within, user=user, pk=trait_id).exists()


def traits(user: User, trait_ids: Iterable[uuid.UUID], within: Q = ALL) -> dict[uuid.UUID, PersonaTrait]:
    """Return those of the traits that belong to the person, by id."""
    ids = list(trait_ids)
    return PersonaTrait.objects.filter(within, user=user).in_bulk(ids) if ids else {}


def chosen(user: User, candidate_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, ExtractedTraitCandidate]:
    """Return those of the candidates that belong to the person and are not held, by id, without their evidence."""
    rows = ExtractedTraitCandidate.objects.filter(user=user, held_reason="")
    return rows.defer("search", "supporting_evidence").in_bulk(list(candidate_ids))


def up_for_review(now: dt.datetime) -> Q:
    """Return the condition for suggestions to review now. A snoozed one is due as soon as its time has passed."""
    due = Q(status=CandidateStatus.AWAITING_REFINEMENT, deferred_until__lte=now)
    return (Q(status=CandidateStatus.CANDIDATE) | due) & Q(held_reason="")


def saying_the_same(user: User, candidates: Iterable[ExtractedTraitCandidate]) -> list[ExtractedTraitCandidate]:
    """Return the person's other suggestions to review that say the same as one of these (name key and category)."""
    keys = {row.pk: (row.name_key, row.trait_category) for row in candidates}
    rows = ExtractedTraitCandidate.objects.filter(up_for_review(timezone.now()), user=user)
    rows = rows.filter(name_key__in={name for name, _ in keys.values()}).exclude(pk__in=list(keys))
    same = rows.defer("search", "supporting_evidence").order_by("trait_name", "pk")
    return [row for row in same if (row.name_key, row.trait_category) in set(keys.values())]


def evidence_of(user: User, trait_id: uuid.UUID) -> list[Any]:
    """Return the pieces of evidence of the person's trait; none if they do not have it."""
    return PersonaTrait.objects.filter(user=user, pk=trait_id).values_list("evidence", flat=True).first() or []


def suggestion_of(user: User, trait: PersonaTrait) -> ExtractedTraitCandidate | None:
    """Return the suggestion that a trait came from, without its evidence; None for traits of the person's own."""
    rows = ExtractedTraitCandidate.objects.filter(user=user, pk=trait.pk)
    return rows.defer("search", "supporting_evidence").first()


def own_names(user: User, column: str, limit: int = 200) -> list[str]:
    """Return the "concepts" or "expression_contexts" of the person's traits, most frequent first, then by name."""
    each = Func(column, function="jsonb_array_elements_text", output_field=TextField(), set_returning=True)
    rows = PersonaTrait.objects.filter(user=user).annotate(each=each).values("each")
    return most_frequent(rows, limit)


def most_frequent(rows: QuerySet[Any, Any], limit: int) -> list[str]:
    """Return the texts in the column "each", most frequent first, then by name."""
    named = rows.annotate(number=Count("pk")).order_by("-number", Collate("each", "C"))[:limit]
    return [row["each"] for row in sorted(named, key=lambda row: (-row["number"], sort_key(row["each"])))]


def persona(user: User) -> Persona:
    """Return the person's row, or a new unsaved one before their first decision."""
    return Persona.objects.filter(user=user).first() or Persona(user=user)
