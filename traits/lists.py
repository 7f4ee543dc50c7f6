"""What the API lists: candidates and the log, by offset, with how many there are."""

import uuid

from django.db.models import Q

from ptfi.accounts.models import User
from traits.errors import NotFoundError
from traits.models import UNDECIDED, ExtractedTraitCandidate, PersonaTrait, UserRefinedTrait
from traits.selectors import search_query


def listed_candidates(
    user: User,
    *,
    statuses: list[str] | None = None,
    categories: list[str] | None = None,
    least: float | None = None,
    most: float | None = None,
    model: str = "",
    concept: str = "",
    q: str = "",
    order: str = "created_at",
    descending: bool = True,
    offset: int = 0,
    limit: int = 20,
) -> tuple[list[ExtractedTraitCandidate], int]:
    """Some of the person's candidates with their evidence, and how many there are; undecided ones unless told."""
    rows = ExtractedTraitCandidate.objects.filter(user=user, status__in=statuses or UNDECIDED)
    rows = rows.exclude(~Q(held_reason=""), status__in=UNDECIDED)
    conditions = {
        "trait_category__in": categories,
        "confidence_score__gte": least,
        "confidence_score__lte": most,
        "originating_models__contains": [model] if model else None,
        "concepts__contains": [concept] if concept else None,
        "search": search_query(q) if q else None,
    }
    rows = rows.filter(**{name: value for name, value in conditions.items() if value is not None})
    page = rows.defer("search").order_by(f"{'-' if descending else ''}{order}", "candidate_id")
    return list(page[offset : offset + limit]), rows.count()


def candidate(user: User, candidate_id: uuid.UUID) -> ExtractedTraitCandidate:
    """One of those that may be listed, replaced ones among them. Raises NotFoundError."""
    rows = ExtractedTraitCandidate.objects.filter(user=user, pk=candidate_id).defer("search")
    found = rows.exclude(~Q(held_reason=""), status__in=UNDECIDED).first()
    if found is None:
        raise NotFoundError
    return found


def log_page(user: User, *, offset: int, limit: int) -> tuple[list[UserRefinedTrait], int]:
    """Some entries of the person's log, newest first, and how many there are."""
    rows = UserRefinedTrait.objects.filter(user=user)
    return list(rows.order_by("-revision")[offset : offset + limit]), rows.count()


def log_of(user: User, thing_id: uuid.UUID, limit: int) -> list[UserRefinedTrait]:
    """The newest entries about a trait."""
    rows = UserRefinedTrait.objects.filter(user=user, trait_id_in_pkg=thing_id)
    return list(rows.order_by("-revision")[:limit])


def require_entry(user: User, action_id: uuid.UUID) -> None:
    """Raise NotFoundError unless this is an entry or a batch of the person's."""
    mine = UserRefinedTrait.objects.filter(user=user)
    if not mine.filter(Q(pk=action_id) | Q(batch_id=action_id)).exists():
        raise NotFoundError


def require_trait(user: User, trait_id: uuid.UUID) -> None:
    """Raise NotFoundError unless this is, or was, a trait of the person's."""
    has_it = PersonaTrait.objects.filter(user=user, pk=trait_id).exists()
    if not has_it and not UserRefinedTrait.objects.filter(user=user, trait_id_in_pkg=trait_id).exists():
        raise NotFoundError
