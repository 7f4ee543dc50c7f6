"""What an erasure removes from the record of batches, and from what these changed in suggestions."""

import uuid
from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q, QuerySet

from ptfi.accounts.models import User
from traits.erasure.redaction import Scope
from traits.models import CandidateChange, ExtractedTraitCandidate, IngestBatch

EVIDENCE = "supporting_evidence"
SIDES = ("before", "after")


def blank_batches(rows: QuerySet[ExtractedTraitCandidate]) -> None:
    """Blank file names and reasons of the batches that concern these suggestions: they may name the person.

    The digest goes as well if the batch concerns nobody else: a short file could be guessed from it.
    """
    people = set(rows.order_by().values_list("user_id", flat=True).distinct())
    found = set(rows.order_by().values_list("batch_id", flat=True).distinct())
    found |= set(rows.order_by().values_list("changed_in", flat=True).distinct())
    changes = CandidateChange.objects.filter(candidate_id__in=rows.order_by().values("pk"))
    found |= set(changes.order_by().values_list("batch_id", flat=True).distinct())
    batches = IngestBatch.objects.filter(pk__in=_locked({pk for pk in found if pk}))
    batches.exclude(name="", reason="").update(name="", reason="")
    others = ExtractedTraitCandidate.objects.filter(batch_id=OuterRef("pk")).exclude(user_id__in=people)
    changed = CandidateChange.objects.filter(batch_id=OuterRef("pk")).exclude(user_id__in=people)
    batches.exclude(digest="").filter(~Exists(others), ~Exists(changed)).update(digest="")


def _locked(ids: Collection[uuid.UUID]) -> list[uuid.UUID]:
    """Lock the batches in the order of their ids, since erasures of other people may concern the same ones."""
    rows = IngestBatch.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    return list(rows.values_list("pk", flat=True))


def redact_changes(user: User, scope: Scope, gone: Collection[uuid.UUID], limit: int) -> bool:
    """Remove what is to be erased from at most `limit` changes; returns False if there may be more.

    gone: suggestions that were deleted, whose changes go. For a category, all changes of a suggestion go that was once
    in it.
    """
    mine = CandidateChange.objects.filter(user=user)
    mine.filter(candidate_id__in=gone).delete()
    if scope.category:
        once = Q(before__trait_category=scope.category) | Q(after__trait_category=scope.category)
        mine.filter(candidate_id__in=mine.filter(once).values("candidate_id")).delete()
        return True
    quoting = scope.held_in("before", EVIDENCE) | scope.held_in("after", EVIDENCE)
    rows = list(mine.filter(quoting).order_by("pk").select_for_update(no_key=True)[:limit])
    for row in rows:
        for side in SIDES:
            values = getattr(row, side)
            if EVIDENCE in values:
                values[EVIDENCE] = scope.left(values[EVIDENCE])
    CandidateChange.objects.bulk_update(rows, SIDES)
    return len(rows) < limit
