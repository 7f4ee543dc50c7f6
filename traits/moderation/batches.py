"""What staff do with a whole batch of suggestions: hold it, release it, undo it, put it back; in slices."""

import dataclasses
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from django.core import signing
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from ptfi.accounts.models import User
from ptfi.texts import Text
from traits.ingest.changes import kept
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
from traits.moderation.services import MOST, Moderation, ModerationOutcome, act

SECONDS = 10.0
"""How long one call works; after that the caller continues with another one."""
SALT = "traits.moderation.batches"
Rows = QuerySet[ExtractedTraitCandidate]


def of_batch(batch_id: uuid.UUID) -> Q:
    """The condition for suggestions that the batch brought or changed."""
    # A union of two index scans; the planner would read the whole table for an OR.
    return Q(pk__in=brought(batch_id).values("pk").union(_changes(batch_id).values("candidate_id")))


def only_person(batch_id: uuid.UUID) -> uuid.UUID | None:
    """The person whom all suggestions of the batch are about; None if there are several, or none."""
    tables = brought(batch_id).order_by(), _changes(batch_id).order_by()
    first = next((row for table in tables for row in table.values_list("user_id", flat=True)[:1]), None)
    return first if first and not any(table.exclude(user_id=first).exists() for table in tables) else None


def brought(batch_id: uuid.UUID) -> Rows:
    """The suggestions that the batch brought."""
    return ExtractedTraitCandidate.objects.filter(batch_id=batch_id)


def _changed(batch_id: uuid.UUID) -> Rows:
    """The suggestions that it only changed."""
    ids = _changes(batch_id).values("candidate_id")
    return ExtractedTraitCandidate.objects.filter(pk__in=ids).exclude(batch_id=batch_id)


def _changes(batch_id: uuid.UUID) -> QuerySet[CandidateChange]:
    return CandidateChange.objects.filter(batch_id=batch_id)


def _to_hold(rows: Rows, batch_id: uuid.UUID) -> Rows:  # noqa: ARG001 (all take it)
    return rows.filter(status__in=UNDECIDED, held_reason="")


def _to_release(rows: Rows, batch_id: uuid.UUID) -> Rows:
    newest = _newest(ModerationAction.FLAG, ModerationAction.RELEASE)
    return rows.exclude(held_reason="").alias(by=newest).filter(by=batch_id)


def _to_archive(rows: Rows, batch_id: uuid.UUID) -> Rows:  # noqa: ARG001
    handled = UserRefinedTrait.objects.filter(original_candidate=OuterRef("pk"))
    return rows.filter(~Exists(handled), status__in=UNDECIDED)


def _to_requeue(rows: Rows, batch_id: uuid.UUID) -> Rows:
    newest = _newest(ModerationAction.ARCHIVE, ModerationAction.REQUEUE)
    return rows.filter(status=CandidateStatus.ARCHIVED).alias(by=newest).filter(by=batch_id)


def _to_revert(rows: Rows, batch_id: uuid.UUID) -> Rows:
    mine = kept().filter(batch_id=batch_id, candidate_id=OuterRef("pk"), taken_back_at=None)
    replaced = Exists(mine.filter(after__status=CandidateStatus.ARCHIVED.value))
    return rows.filter(Q(status__in=UNDECIDED) | Q(replaced, status=CandidateStatus.ARCHIVED), Exists(mine))


def _to_reapply(rows: Rows, batch_id: uuid.UUID) -> Rows:
    mine = kept().filter(batch_id=batch_id, candidate_id=OuterRef("pk"), taken_back_at__isnull=False)
    return rows.filter(Exists(mine), status__in=UNDECIDED)


def _newest(*actions: ModerationAction) -> Subquery:
    """The batch of the newest entry of these kinds about a suggestion."""
    entries = ModerationEntry.objects.filter(candidate_id=OuterRef("pk"), action__in=actions)
    return Subquery(entries.order_by("-created_at").values("ingest_batch")[:1])


@dataclasses.dataclass(frozen=True, kw_only=True)
class Step:
    """One kind of action on a part of a batch; which: those of the part that need it. The action checks each again."""

    action: ModerationAction
    part: Callable[[uuid.UUID], Rows]
    which: Callable[[Rows, uuid.UUID], Rows]

    def rows(self, batch_id: uuid.UUID) -> Rows:
        return self.which(self.part(batch_id), batch_id)


@dataclasses.dataclass(frozen=True, kw_only=True)
class BatchAction:
    """Something that staff do to a batch: a name, what it means, and the actions on its suggestions, in order."""

    name: Text
    meaning: Text
    steps: tuple[Step, ...]

    @property
    def permissions(self) -> set[str]:
        return {step.action.words.permission for step in self.steps}


BATCH_ACTIONS = {
    "hold": BatchAction(
        name=_("Hold all back"),
        meaning=_("People cannot see its undecided suggestions or decide on them until you release them."),
        steps=(
            Step(action=ModerationAction.FLAG, part=brought, which=_to_hold),
            Step(action=ModerationAction.FLAG, part=_changed, which=_to_hold),
        ),
    ),
    "release": BatchAction(
        name=_("Release all"),
        meaning=_("What was held back with the import as a whole is visible again."),
        steps=(
            Step(action=ModerationAction.RELEASE, part=brought, which=_to_release),
            Step(action=ModerationAction.RELEASE, part=_changed, which=_to_release),
        ),
    ),
    "undo": BatchAction(
        name=_("Undo import"),
        meaning=_(
            "Undecided suggestions that it brought leave the queue, and undecided ones that it changed are as they were"
            " before. What people have decided stays, and so do new ones that they have snoozed."
        ),
        steps=(
            Step(action=ModerationAction.ARCHIVE, part=brought, which=_to_archive),
            Step(action=ModerationAction.REVERT, part=_changed, which=_to_revert),
        ),
    ),
    "restore": BatchAction(
        name=_("Put back"),
        meaning=_("What was undone comes back, unless people have decided otherwise since."),
        steps=(
            Step(action=ModerationAction.REQUEUE, part=brought, which=_to_requeue),
            Step(action=ModerationAction.REAPPLY, part=_changed, which=_to_reapply),
        ),
    ),
}


@dataclasses.dataclass(kw_only=True)
class Progress:
    """What one call did: how many suggestions by action, and why others were refused; then: where to continue."""

    done: Counter[ModerationAction] = dataclasses.field(default_factory=Counter)
    refused: Counter[str] = dataclasses.field(default_factory=Counter)
    then: str = ""


def preview(batch_id: uuid.UUID, name: str) -> Counter[ModerationAction]:
    """How many suggestions each kind of action would be done to now."""
    found = Counter[ModerationAction]()
    for step in BATCH_ACTIONS[name].steps:
        found[step.action] += step.rows(batch_id).count()
    return found


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
        action = Moderation(name=step.action, reason=reason, kind=kind, ingest_batch=batch.pk)
        for ids in _slices(step.rows(batch.pk), after):
            outcome = _service(step.action)(actor=actor, action=action, candidate_ids=ids, run=run)
            progress.done[step.action] += len(outcome.done)
            progress.refused.update(outcome.refused.values())
            if time.monotonic() > end:
                progress.then = _written(batch, name, actor, [str(run), place, str(ids[-1])])
                return progress
        after = None
    return progress


def _service(action: ModerationAction) -> Callable[..., ModerationOutcome]:
    return revert if action in (ModerationAction.REVERT, ModerationAction.REAPPLY) else act


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
    runs = entries.values("batch_id", "action", "actor").annotate(
        at=Min("created_at"), number=Count("pk"), why=Max("reason")
    )
    found = list(runs.order_by("-at", "action")[:limit])
    actors = User.objects.in_bulk({run["actor"] for run in found})
    return [{**run, "action": ModerationAction(run["action"]), "who": actors[run["actor"]]} for run in found]


def standing(batch_id: uuid.UUID) -> dict[str, int]:
    """How the suggestions stand that the batch brought or changed, by status; held ones are counted as "held"."""
    rows = ExtractedTraitCandidate.objects.filter(of_batch(batch_id)).order_by().values("status")
    counted = list(rows.annotate(number=Count("pk"), held=Count("pk", filter=~Q(held_reason=""))))
    found = {row["status"]: row["number"] for row in counted}
    held = sum(row["held"] for row in counted if row["status"] in UNDECIDED)
    return found | ({"held": held} if held else {})
