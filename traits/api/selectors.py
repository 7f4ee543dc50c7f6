"""Reads of the API that are bound to a person: a candidate, the log, and ownership checks."""

import uuid

from django.db.models import Q

from ptfi.accounts.models import User
from traits.errors import NotFoundError
from traits.models import UNDECIDED, ExtractedTraitCandidate, PersonaTrait, UserRefinedTrait


def candidate(user: User, candidate_id: uuid.UUID) -> ExtractedTraitCandidate:
    """Return a candidate that lists may show, including replaced ones. Raises NotFoundError."""
    rows = ExtractedTraitCandidate.objects.filter(user=user, pk=candidate_id).defer("search")
    found = rows.exclude(~Q(held_reason=""), status__in=UNDECIDED).first()
    if found is None:
        raise NotFoundError
    return found


def log_page(
    user: User, *, offset: int, limit: int, before: int | None = None
) -> tuple[list[UserRefinedTrait], int, bool]:
    """Return a page of the person's log, newest first, the number of all entries, and whether there are more behind.

    before: only entries with a smaller revision.
    """
    rows = UserRefinedTrait.objects.filter(user=user)
    part = rows if before is None else rows.filter(revision__lt=before)
    found = list(part.order_by("-revision")[offset : offset + limit + 1])
    return found[:limit], rows.count(), len(found) > limit


def log_of(user: User, thing_id: uuid.UUID, limit: int) -> list[UserRefinedTrait]:
    """Return the newest entries about a trait."""
    rows = UserRefinedTrait.objects.filter(user=user, trait_id_in_pkg=thing_id)
    return list(rows.order_by("-revision")[:limit])


def require_entry(user: User, action_id: uuid.UUID) -> None:
    """Raise NotFoundError unless the id belongs to an entry or a batch of this person."""
    mine = UserRefinedTrait.objects.filter(user=user)
    if not mine.filter(Q(pk=action_id) | Q(batch_id=action_id)).exists():
        raise NotFoundError


def require_trait(user: User, trait_id: uuid.UUID) -> None:
    """Raise NotFoundError unless the id belongs to a current or former trait of this person."""
    has_it = PersonaTrait.objects.filter(user=user, pk=trait_id).exists()
    if not has_it and not UserRefinedTrait.objects.filter(user=user, trait_id_in_pkg=trait_id).exists():
        raise NotFoundError
