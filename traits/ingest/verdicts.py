"""Verdicts on pieces of evidence that a suggestion lost, and gets again."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from ptfi.db.sql import any_of
from traits.ingest.rows import Update
from traits.models import UserRefinedTrait

EVIDENCE = "content__after__candidate__evidence"


def recall_verdicts(updates: Iterable[Update]) -> None:
    """Give new pieces the person's last verdict on them, in memory: the suggestion may have had them before.

    The row has no longer a piece that was dropped; the log of decisions has what the person said about it.
    """
    updates = [update for update in updates if update.fresh]
    if not updates:
        return
    known = _logged({update.candidate.pk for update in updates})
    for update in updates:
        verdicts = known.get((update.candidate.user_id, update.candidate.pk), {})
        for piece in update.fresh:
            piece["verdict"] = verdicts.get(piece["evidence_id"], "")


def _logged(candidates: set[UUID]) -> dict[tuple[UUID, UUID], dict[str, str]]:
    """The verdicts by piece, as the log has them, of each person and suggestion."""
    entries = UserRefinedTrait.objects.filter(original_candidate__in=any_of(candidates, "uuid")).order_by("revision")
    found = defaultdict[tuple[UUID, UUID], dict[str, str]](dict)
    for user, pk, evidence in entries.values_list("user_id", "original_candidate_id", EVIDENCE).iterator(10):
        found[user, pk] |= {piece["evidence_id"]: piece.get("verdict", "") for piece in evidence or ()}
    return found
