"""What staff do with undecided suggestions: never a decision, and always visible in the person's history.

Once the person has handled a suggestion (a log entry names it), it is theirs alone; staff can only hold it.
"""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection, Iterable

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ptfi.accounts.activity.events import Kind, record
from ptfi.accounts.models import User
from ptfi.db import sql
from ptfi.texts import shows_nothing
from traits.decisions.locking import atomic
from traits.errors import InvalidError
from traits.ingest import blocklist
from traits.ingest.blocklist import Blocklist
from traits.log.snapshots import State
from traits.models import (
    CandidateChange,
    CandidateStatus,
    ExtractedTraitCandidate,
    ModerationAction,
    ModerationEntry,
    Persona,
    PersonaTrait,
    Suppression,
    UserRefinedTrait,
)
from traits.models.moderation import MAX_REASON

MOST = 500
"""Number of suggestions in one action, at most."""
KINDS = {"sensitive": _("sensitive"), "unsafe": _("unsafe")}
"""Reasons for holding a suggestion; held_reason begins with one of these."""
CHANGED = ["user", "status", "deferred_until", "held_reason", "version", "updated_at"]
Candidates = dict[uuid.UUID, ExtractedTraitCandidate]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Moderation:
    """An action to carry out; kind belongs to flag, to (the new owner) to reassign.

    ingest_batch: the batch of suggestions that it is done to as a whole.
    """

    name: ModerationAction
    reason: str = ""
    kind: str = ""
    to: User | None = None
    ingest_batch: uuid.UUID | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class ModerationOutcome:
    """What was done, or would be done; refused: the reason, by candidate id."""

    done: list[ExtractedTraitCandidate]
    refused: dict[uuid.UUID, str]
    batch_id: uuid.UUID | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Facts:
    """What the rules need to know about suggestions besides their rows.

    handled: candidates that log entries name; traits: candidates whose id is a trait's; archived: candidates that staff
    archived. suppressed: (person, name key, category).
    """

    handled: set[uuid.UUID]
    traits: set[uuid.UUID]
    archived: set[uuid.UUID]
    suppressed: set[tuple[uuid.UUID, str, str]]
    is_off: bool
    blocklist: Blocklist | None


def preview(action: Moderation, candidate_ids: Iterable[uuid.UUID]) -> ModerationOutcome:
    """The outcome that act() would have now. Raises InvalidError for more than MOST."""
    ids = _chosen(candidate_ids)
    rows = ExtractedTraitCandidate.objects.defer("search").in_bulk(ids)
    return _sorted_out(action, ids, rows)


@atomic
def act(
    *, actor: User, action: Moderation, candidate_ids: Iterable[uuid.UUID], run: uuid.UUID | None = None
) -> ModerationOutcome:
    """Apply the action to the suggestions that allow it, and record an entry for each person concerned.

    run: the batch_id of the entries, if they share it with earlier ones. Raises InvalidError (reason, kind, to) for
    missing values, or for more than MOST.
    """
    ids = _chosen(candidate_ids)
    check(action)
    outcome = _sorted_out(action, ids, locked(ids, also=action.to))
    at, batch_id = timezone.now(), run or uuid.uuid4()
    entries = [each for row in outcome.done for each in _carried_out(action, row, actor, at, batch_id)]
    ExtractedTraitCandidate.objects.bulk_update(outcome.done, CHANGED)
    if action.to:
        # What the pipeline changed in it is about the new owner, too.
        moved = [row.pk for row in outcome.done]
        CandidateChange.objects.filter(candidate_id__in=moved).update(user=action.to)
    ModerationEntry.objects.bulk_create(entries)
    record(Kind.STAFF_ACTED, user_id=None, request=None, actor_id=actor.pk)
    return dataclasses.replace(outcome, batch_id=batch_id)


def locked(ids: Collection[uuid.UUID], also: User | None = None) -> Candidates:
    """The suggestions by id, after locking the people concerned and them, in the order of every change."""
    owners = ExtractedTraitCandidate.objects.filter(pk__in=ids).values_list("user_id", flat=True)
    people = {*owners, *([also.pk] if also else [])}
    personas = Persona.objects.filter(user_id__in=people).order_by("user_id")
    known = set(personas.select_for_update(no_key=True).values_list("pk", flat=True))
    rows = ExtractedTraitCandidate.objects.filter(pk__in=ids, user_id__in=known).defer("search").order_by("pk")
    return {row.pk: row for row in rows.select_for_update(no_key=True, of=("self",))}


def entries_about(candidate: ExtractedTraitCandidate, limit: int = 20) -> list[ModerationEntry]:
    """The newest actions by staff on the suggestion, for staff."""
    rows = ModerationEntry.objects.filter(candidate_id=candidate.pk).select_related("actor")
    return list(rows.order_by("-created_at")[:limit])


def _chosen(candidate_ids: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    ids = sorted(set(candidate_ids))
    if len(ids) > MOST:
        raise InvalidError(details={"candidates": [gettext("Select at most %(number)s at a time.") % {"number": MOST}]})
    return ids


def check(action: Moderation) -> None:
    """Raise InvalidError if a value is missing."""
    faults = {}
    if shows_nothing(action.reason) or len(action.reason) > MAX_REASON:
        faults["reason"] = [gettext("Give a reason of at most %(number)s characters.") % {"number": MAX_REASON}]
    if action.name == ModerationAction.FLAG and action.kind not in KINDS:
        faults["kind"] = [gettext("Choose “sensitive” or “unsafe”.")]
    if action.name == ModerationAction.REASSIGN and action.to is None:
        faults["to"] = [gettext("Enter the new owner.")]
    if faults:
        raise InvalidError(details=faults)


def _sorted_out(action: Moderation, ids: Collection[uuid.UUID], rows: Candidates) -> ModerationOutcome:
    facts = _facts(action, rows.values())
    refused = {
        pk: why
        for pk in ids
        if (why := _refusal(action, rows[pk], facts) if pk in rows else gettext("It no longer exists."))
    }
    return ModerationOutcome(done=[rows[pk] for pk in ids if pk not in refused], refused=refused)


def _facts(action: Moderation, rows: Collection[ExtractedTraitCandidate]) -> Facts:
    ids = [row.pk for row in rows]
    entries = UserRefinedTrait.objects.filter(original_candidate__in=ids).order_by()
    kept = ModerationEntry.objects.filter(candidate_id__in=ids, action=ModerationAction.ARCHIVE)
    people = [action.to.pk] if action.to else [row.user_id for row in rows]
    names = [row.name_key for row in rows]
    suppressions = Suppression.objects.filter(user_id__in=people, name_key__in=names)
    to = action.to and Persona.objects.filter(user=action.to).values_list("suggestions_off_at", flat=True).first()
    return Facts(
        handled=set(entries.values_list("original_candidate_id", flat=True).distinct()),
        traits=set(PersonaTrait.objects.filter(pk__in=ids).values_list("pk", flat=True)),
        archived=set(kept.values_list("candidate_id", flat=True)),
        suppressed=set(suppressions.values_list("user_id", "name_key", "category")),
        is_off=bool(to),
        blocklist=blocklist.of_person(action.to.pk) if action.to else None,
    )


def _refusal(action: Moderation, row: ExtractedTraitCandidate, facts: Facts) -> str:
    """Why the action is refused for this suggestion; "" if it is allowed."""
    if action.name == ModerationAction.RELEASE:
        return "" if row.held_reason else gettext("It is not held back.")
    if action.name == ModerationAction.REQUEUE:
        return _why_not_requeued(row, facts)
    if row.status == CandidateStatus.ARCHIVED:
        return gettext("It is archived.")
    if not row.is_undecided:
        return gettext("The person has decided on it.")
    if action.name == ModerationAction.FLAG:
        return gettext("It is already held back.") if row.held_reason else ""
    if row.pk in facts.handled:
        return gettext("The person has handled it before.")
    return _why_not_given(action.to, row, facts) if action.to else ""


def _why_not_requeued(row: ExtractedTraitCandidate, facts: Facts) -> str:
    if row.is_undecided:
        return gettext("It is already in the queue.")
    if row.status != CandidateStatus.ARCHIVED:
        return gettext("The person has decided on it.")
    if row.withdrawn_at:
        return gettext("Its sender has withdrawn it.")
    if row.pk in facts.handled or row.pk not in facts.archived:
        return gettext("It was superseded or blocked, not archived by staff.")
    if (row.user_id, row.name_key, row.trait_category) in facts.suppressed:
        return gettext("The person has since rejected the same suggestion.")
    if row.pk in facts.traits:
        return gettext("It is already a trait.")
    return ""


def _why_not_given(to: User, row: ExtractedTraitCandidate, facts: Facts) -> str:
    if row.user_id == to.pk:
        return gettext("It already belongs to that person.")
    if facts.is_off:
        return gettext("That person has turned suggestions off.")
    if (to.pk, row.name_key, row.trait_category) in facts.suppressed:
        return gettext("That person has rejected the same suggestion.")
    if facts.blocklist and not _is_taken_whole(row, facts.blocklist):
        return gettext("That person has erased this and blocked it.")
    return ""


def _is_taken_whole(row: ExtractedTraitCandidate, person: Blocklist) -> bool:
    return not person.reason_to_refuse(row) and person.accepted_evidence(row) == row.supporting_evidence


def _carried_out(
    action: Moderation, row: ExtractedTraitCandidate, actor: User, at: dt.datetime, batch_id: uuid.UUID
) -> list[ModerationEntry]:
    """Change the row, in memory; returns the entry about it, or two if the suggestion moves to another person."""
    before, owner = state(row), row.user_id
    if action.name == ModerationAction.FLAG:
        row.held_reason = f"{action.kind}: {action.reason}"
    elif action.name == ModerationAction.RELEASE:
        row.held_reason = ""
    elif action.name == ModerationAction.ARCHIVE:
        row.status, row.deferred_until = CandidateStatus.ARCHIVED, None
    elif action.name == ModerationAction.REQUEUE:
        row.status = CandidateStatus.CANDIDATE
    elif action.to:
        row.user_id = action.to.pk
    row.version, row.updated_at = row.version + 1, at
    names = {owner: action.name} | ({row.user_id: ModerationAction.RECEIVE} if row.user_id != owner else {})
    return [
        entry(dataclasses.replace(action, name=name), row, person, actor, before=before, at=at, batch_id=batch_id)
        for person, name in names.items()
    ]


def entry(
    action: Moderation,
    row: ExtractedTraitCandidate,
    person: uuid.UUID,
    actor: User,
    *,
    before: State,
    at: dt.datetime,
    batch_id: uuid.UUID,
) -> ModerationEntry:
    """The entry about a row that was changed in memory, for this person."""
    return ModerationEntry(
        batch_id=batch_id,
        user_id=person,
        candidate_id=row.pk,
        action=action.name,
        actor_id=actor.pk,
        reason=action.reason,
        before=before,
        after=state(row),
        created_at=at,
        ingest_batch=action.ingest_batch,
    )


def state(row: ExtractedTraitCandidate) -> State:
    """The values that moderation can change, without texts."""
    return {"user": str(row.user_id), "status": str(row.status), "held": without_text(row.held_reason)}


def without_text(held_reason: str) -> str:
    """The kind of reason why a suggestion is held, without the text: one of KINDS, or "held"; "" if not held."""
    kind = held_reason.partition(":")[0]
    return (kind if kind in KINDS else "held") if held_reason else ""


def blank_reasons(user: User, candidate_ids: list[uuid.UUID]) -> None:
    """Blank what staff wrote about these suggestions; only allowed during an erasure."""
    sql.call("blank_moderation", user.pk, candidate_ids)
