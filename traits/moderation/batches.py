"""What staff do with a whole batch of suggestions: hold it, release it, undo it, put it back; in slices."""

import dataclasses
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.core import signing
from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from ptfi.accounts.models import User
from ptfi.web.language import Text
from traits.models import (
    UNDECIDED,
    CandidateChange,
    CandidateStatus,
    ExtractedTraitCandidate,
    IngestBatch,
    ModerationAction,
    ModerationEntry,
    UserRefinedTrait,
)
from traits.moderation.reverting import revert
from traits.moderation.services import MOST, Moderation, act

SECONDS = 10.0
"""How long one call works; after that the caller continues with another one."""
SALT = "traits.moderation.batches"
Rows = QuerySet[ExtractedTraitCandidate]


def of_batch(batch_id: uuid.UUID) -> Q:
    """The condition for suggestions that the batch brought or changed."""
    changed = CandidateChange.objects.filter(batch_id=batch_id).values("candidate_id")
    # A union of two index scans; the planner would read the whole table for an OR.
    return Q(pk__in=_created(batch_id).values("pk").union(changed))


def only_person(batch_id: uuid.UUID) -> uuid.UUID | None:
    """The person whom all suggestions of the batch are about; None if there are several, or none."""
    rows = ExtractedTraitCandidate.objects.filter(of_batch(batch_id)).order_by()
    people = list(rows.values_list("user_id", flat=True).distinct()[:2])
    return people[0] if len(people) == 1 else None


def _created(batch_id: uuid.UUID) -> Rows:
    return ExtractedTraitCandidate.objects.filter(batch_id=batch_id)


def _all(batch_id: uuid.UUID) -> Rows:
    return ExtractedTraitCandidate.objects.filter(of_batch(batch_id))


def _newest(*actions: ModerationAction) -> Subquery:
    """The batch of the newest entry of these kinds about a suggestion."""
    entries = ModerationEntry.objects.filter(candidate_id=OuterRef("pk"), action__in=actions)
    return Subquery(entries.order_by("-created_at").values("ingest_batch")[:1])


def _to_hold(batch_id: uuid.UUID) -> Rows:
    return _all(batch_id).filter(status__in=UNDECIDED, held_reason="")


def _to_release(batch_id: uuid.UUID) -> Rows:
    rows = _all(batch_id).exclude(held_reason="")
    return rows.alias(by=_newest(ModerationAction.FLAG, ModerationAction.RELEASE)).filter(by=batch_id)


def _to_archive(batch_id: uuid.UUID) -> Rows:
    handled = UserRefinedTrait.objects.filter(original_candidate=OuterRef("pk"))
    return _created(batch_id).filter(~Exists(handled), status__in=UNDECIDED)


def _to_requeue(batch_id: uuid.UUID) -> Rows:
    rows = _created(batch_id).filter(status=CandidateStatus.ARCHIVED)
    return rows.alias(by=_newest(ModerationAction.ARCHIVE, ModerationAction.REQUEUE)).filter(by=batch_id)


def _to_revert(batch_id: uuid.UUID) -> Rows:
    mine = CandidateChange.objects.filter(batch_id=batch_id, candidate_id=OuterRef("pk"), taken_back_at=None)
    set_aside = mine.filter(after__status=CandidateStatus.ARCHIVED.value)
    rows = _all(batch_id).exclude(batch_id=batch_id).filter(Exists(mine))
    return rows.filter(Q(status__in=UNDECIDED) | Q(Exists(set_aside), status=CandidateStatus.ARCHIVED))


def _to_reapply(batch_id: uuid.UUID) -> Rows:
    mine = CandidateChange.objects.filter(batch_id=batch_id, candidate_id=OuterRef("pk"), taken_back_at__isnull=False)
    return _all(batch_id).filter(Exists(mine), status__in=UNDECIDED)


CHOSEN: Mapping[ModerationAction, Callable[[uuid.UUID], Rows]] = {
    ModerationAction.FLAG: _to_hold,
    ModerationAction.RELEASE: _to_release,
    ModerationAction.ARCHIVE: _to_archive,
    ModerationAction.REVERT: _to_revert,
    ModerationAction.REQUEUE: _to_requeue,
    ModerationAction.REAPPLY: _to_reapply,
}
"""The suggestions of a batch to which an action is to be done; the action itself checks each again."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class BatchAction:
    """Something that staff do to a batch: a name, what it means, and the actions on its suggestions, in order."""

    name: Text
    meaning: Text
    steps: tuple[ModerationAction, ...]

    @property
    def permissions(self) -> set[str]:
        return {step.words.permission for step in self.steps}


BATCH_ACTIONS = {
    "hold": BatchAction(
        name=_("Hold all back"),
        meaning=_("People cannot see its undecided suggestions or decide on them until you release them."),
        steps=(ModerationAction.FLAG,),
    ),
    "release": BatchAction(
        name=_("Release all"),
        meaning=_("What was held back with the import as a whole is visible again."),
        steps=(ModerationAction.RELEASE,),
    ),
    "undo": BatchAction(
        name=_("Undo import"),
        meaning=_(
            "Undecided suggestions that it brought leave the queue, and undecided ones that it changed are as they were"
            " before. What people have decided stays, and so do new ones that they have snoozed."
        ),
        steps=(ModerationAction.ARCHIVE, ModerationAction.REVERT),
    ),
    "restore": BatchAction(
        name=_("Put back"),
        meaning=_("What was undone comes back, unless people have decided otherwise since."),
        steps=(ModerationAction.REQUEUE, ModerationAction.REAPPLY),
    ),
}


@dataclasses.dataclass(kw_only=True)
class Progress:
    """What one call did: how many suggestions by action, and why others were refused; then: where to continue."""

    done: Counter[ModerationAction] = dataclasses.field(default_factory=Counter)
    refused: Counter[str] = dataclasses.field(default_factory=Counter)
    then: str = ""


def preview(batch_id: uuid.UUID, name: str) -> dict[ModerationAction, int]:
    """How many suggestions each step of the action would be done to now."""
    return {step: CHOSEN[step](batch_id).count() for step in BATCH_ACTIONS[name].steps}


def carry_out(
    *, actor: User, batch: IngestBatch, name: str, reason: str, kind: str = "", then: str = "", seconds: float = SECONDS
) -> Progress:
    """Do it to slice after slice, each in a transaction of its own, until all is done or the time is over.

    then: what the previous call returned. A repeat does nothing to what is done. Raises InvalidError (reason, kind).
    """
    end, progress = time.monotonic() + seconds, Progress()
    run, first, after = _read(then, batch, name, actor)
    steps = BATCH_ACTIONS[name].steps
    for place, step in enumerate(steps[first:], first):
        action = Moderation(name=step, reason=reason, kind=kind, ingest_batch=batch.pk)
        for ids in _slices(CHOSEN[step](batch.pk), after):
            changes = step in (ModerationAction.REVERT, ModerationAction.REAPPLY)
            outcome = (revert if changes else act)(actor=actor, action=action, candidate_ids=ids, run=run)
            progress.done[step] += len(outcome.done)
            progress.refused.update(outcome.refused.values())
            if time.monotonic() > end:
                progress.then = _written(batch, name, actor, [str(run), place, str(ids[-1])])
                return progress
        after = None
    return progress


def _slices(rows: Rows, after: uuid.UUID | None) -> Iterator[list[uuid.UUID]]:
    while True:
        following = rows.filter(pk__gt=after) if after else rows
        ids = list(following.order_by("pk").values_list("pk", flat=True)[:MOST])
        if ids:
            yield ids
        if len(ids) < MOST:
            return
        after = ids[-1]


def _written(batch: IngestBatch, name: str, actor: User, place: list[Any]) -> str:
    return signing.dumps(place, salt=f"{SALT}.{batch.pk}.{name}.{actor.pk}")


def _read(then: str, batch: IngestBatch, name: str, actor: User) -> tuple[uuid.UUID, int, uuid.UUID | None]:
    """The run, the step and the last suggestion; the beginning for a text that was not written here."""
    try:
        run, step, last = signing.loads(then, salt=f"{SALT}.{batch.pk}.{name}.{actor.pk}")
    except signing.BadSignature:
        return uuid.uuid4(), 0, None
    return uuid.UUID(run), int(step), uuid.UUID(last)


def done_to(batch_id: uuid.UUID, limit: int = 20) -> list[dict[str, Any]]:
    """What staff did to the batch, newest first: when, who, what, to how many, and why."""
    entries = ModerationEntry.objects.filter(ingest_batch=batch_id).order_by()
    runs = entries.values("batch_id", "action", who=F("actor__email"))
    runs = runs.annotate(at=Min("created_at"), number=Count("pk"), why=Max("reason")).order_by("-at", "action")
    return [{**run, "action": ModerationAction(run["action"])} for run in runs[:limit]]


def standing(batch_id: uuid.UUID) -> dict[str, int]:
    """How the suggestions stand that the batch brought or changed, by status; held ones are counted as "held"."""
    counted = (
        _all(batch_id)
        .order_by()
        .values("status")
        .annotate(number=Count("pk"), held=Count("pk", filter=~Q(held_reason="")))
    )
    found = {row["status"]: row["number"] for row in counted}
    held = sum(row["held"] for row in counted if row["status"] in UNDECIDED)
    return found | ({"held": held} if held else {})
