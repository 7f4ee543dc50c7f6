"""What the API reads of a person's: a candidate, the log, and whether something is theirs."""

import uuid

from django.db.models import Q

from ptfi.accounts.models import User
from traits.errors import NotFoundError
from traits.models import UNDECIDED, ExtractedTraitCandidate, PersonaTrait, UserRefinedTrait


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
