"""Reads of the API that are bound to a person and a slice: a candidate, and the log."""

import uuid

from ptfi.accounts.models import User
from traits.api.sql import one_candidate
from traits.errors import NotFoundError
from traits.models import ExtractedTraitCandidate, UserRefinedTrait
from traits.sharing.log import entries
from traits.sharing.slices import Slice


def candidate(user: User, candidate_id: uuid.UUID, seen: Slice) -> ExtractedTraitCandidate:
    """Return a candidate that lists may show, including replaced ones. Raises NotFoundError."""
    found = one_candidate(user, candidate_id, seen)
    if found is None:
        raise NotFoundError
    return found


def candidates(user: User, ids: list[uuid.UUID], seen: Slice) -> set[uuid.UUID]:
    """Return which of these ids belong to candidates that the caller sees."""
    rows = ExtractedTraitCandidate.objects.filter(seen.candidates(), user=user, pk__in=ids)
    return set(rows.values_list("pk", flat=True))


def log_page(
    user: User, seen: Slice, *, offset: int, limit: int, before: int | None = None
) -> tuple[list[UserRefinedTrait], int, bool]:
    """Return a page of the person's log, newest first, the number of all entries, and whether there are more behind.

    before: only entries with a smaller revision.
    """
    rows = entries(user, seen)
    part = rows if before is None else rows.filter(revision__lt=before)
    found = list(part.order_by("-revision")[offset : offset + limit + 1])
    return found[:limit], rows.count(), len(found) > limit


def log_of(user: User, seen: Slice, thing_id: uuid.UUID, limit: int) -> list[UserRefinedTrait]:
    """Return the newest entries about a trait."""
    rows = entries(user, seen).filter(trait_id_in_pkg=thing_id)
    return list(rows.order_by("-revision")[:limit])
