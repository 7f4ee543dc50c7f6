"""Taking back what a batch changed in waiting suggestions, and making the changes again."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from ptfi.accounts.models import User
from traits.decisions.locking import atomic
from traits.evidence import Piece
from traits.ingest import blocklist, sql
from traits.ingest.blocklist import Blocklist
from traits.ingest.changes import keep_verdicts, kept, put_back
from traits.models import (
    CandidateChange,
    CandidateStatus,
    ExtractedTraitCandidate,
    ModerationAction,
    ModerationEntry,
    Suppression,
    UserRefinedTrait,
)
from traits.models.log import BY_SENDER
from traits.moderation.services import Candidates, Moderation, ModerationOutcome, check, entry, locked, state

STATUS = ("status", "deferred_until")
PUT_ASIDE = CandidateStatus.ARCHIVED.value
CHUNK = 10
"""Changes written together; each may quote much evidence."""


@dataclass(frozen=True, kw_only=True)
class Suggested:
    """What a suggestion would be; see blocklist.Suggested."""

    trait_category: str
    supporting_evidence: list[Piece]


@dataclass(kw_only=True)
class Facts:
    """What the rules need to know besides the rows.

    mine: the batch's own changes by suggestion, oldest first. newest: the batch of the newest change that stands.
    replaced: what a suggestion replaces that is not archived. handled: what the person has handled themselves.
    """

    mine: dict[uuid.UUID, list[CandidateChange]]
    newest: dict[uuid.UUID, uuid.UUID]
    replaced: set[uuid.UUID]
    handled: set[uuid.UUID]
    suppressed: set[tuple[uuid.UUID, str, str]]
    blocklists: dict[uuid.UUID, Blocklist] = field(default_factory=dict)


@atomic
def revert(*, actor: User, action: Moderation, candidate_ids: Iterable[uuid.UUID], run: uuid.UUID) -> ModerationOutcome:
    """Carry out REVERT or REAPPLY for the changes that action.ingest_batch made in these suggestions.

    run: what the entries share. Raises InvalidError (reason) if there is none.
    """
    if action.ingest_batch is None:
        raise TypeError("only what was done to a whole import is taken back")
    check(action)
    ids = sorted(set(candidate_ids))
    rows, at = locked(ids), timezone.now()
    again = action.name == ModerationAction.REAPPLY
    facts = _facts(action.ingest_batch, rows)
    outcome = ModerationOutcome(done=[], refused={})
    entries, other = list[ModerationEntry](), "before" if again else "after"
    judged = list[CandidateChange]()
    for pk in ids:
        row, changes = rows.get(pk), facts.mine.get(pk, [])
        changes = [change for change in changes if (change.taken_back_at is not None) == again]
        if row is None:
            outcome.refused[pk] = gettext("It no longer exists.")
        elif why := _refusal(row, changes, facts, again=again):
            outcome.refused[pk] = why
        else:
            before = state(row)
            judged += [change for change in facts.mine[pk] if keep_verdicts(row, getattr(change, other))]
            put_back(row, _values(row, changes, again=again))
            row.version, row.updated_at = row.version + 1, at
            entries.append(entry(action, row, row.user_id, actor, before=before, at=at, batch_id=run))
            outcome.done.append(row)
    if outcome.done:
        sql.update_all(outcome.done)
        taken = [change.pk for row in outcome.done for change in facts.mine[row.pk]]
        CandidateChange.objects.filter(pk__in=taken).update(taken_back_at=None if again else at)
        CandidateChange.objects.bulk_update(judged, [other], batch_size=CHUNK)
        ModerationEntry.objects.bulk_create(entries)
    return outcome


def _facts(batch_id: uuid.UUID, rows: Candidates) -> Facts:
    mine, newest = defaultdict[uuid.UUID, list[CandidateChange]](list), dict[uuid.UUID, uuid.UUID]()
    changes = kept().filter(candidate_id__in=rows).order_by("pk")
    for change in changes.select_for_update(no_key=True):
        if change.batch_id == batch_id:
            mine[change.candidate_id].append(change)
        if change.taken_back_at is None or change.batch_id == batch_id:
            newest[change.candidate_id] = change.batch_id
    people = {row.user_id for row in rows.values()}
    replacing = ExtractedTraitCandidate.objects.filter(user_id__in=people, supersedes__overlap=list(rows))
    entries = UserRefinedTrait.objects.filter(original_candidate__in=list(rows)).exclude(user_decision__in=BY_SENDER)
    keys = Suppression.objects.filter(user_id__in=people, name_key__in=[row.name_key for row in rows.values()])
    return Facts(
        mine=dict(mine),
        newest=newest,
        replaced={pk for row in replacing.exclude(status=PUT_ASIDE).only("supersedes") for pk in row.supersedes},
        handled=set(entries.order_by().values_list("original_candidate_id", flat=True)),
        suppressed=set(keys.values_list("user_id", "name_key", "category")),
        blocklists=blocklist.of_people(people),
    )


def _refusal(row: ExtractedTraitCandidate, changes: list[CandidateChange], facts: Facts, *, again: bool) -> str:
    """Why the changes stay as they are; "" if they can be taken back, or made again."""
    if not changes:
        return gettext("The earlier version is no longer kept.")
    if facts.newest[row.pk] != changes[-1].batch_id:
        return gettext("It was changed again since.")
    side = _values(row, changes, again=again)
    comes_back = row.status == PUT_ASIDE and side.get("status", PUT_ASIDE) != PUT_ASIDE
    if not row.is_undecided and not comes_back:
        archived = row.status == PUT_ASIDE
        return gettext("It is archived.") if archived else gettext("The person has decided on it.")
    if comes_back and side.get("withdrawn_at", row.withdrawn_at):
        return gettext("Its sender has withdrawn it.")
    if comes_back and row.pk in facts.replaced:
        return gettext("A newer suggestion takes its place.")
    if comes_back and (row.user_id, row.name_key, row.trait_category) in facts.suppressed:
        return gettext("The person has since rejected the same suggestion.")
    if side.get("status") == PUT_ASIDE and row.pk in facts.handled:
        return gettext("The person has handled it before.")
    blocked = facts.blocklists.get(row.user_id)
    wanted = Suggested(
        trait_category=side.get("trait_category", row.trait_category),
        supporting_evidence=side.get("supporting_evidence", row.supporting_evidence),
    )
    if blocked and (
        blocked.reason_to_refuse(wanted) or blocked.accepted_evidence(wanted) != wanted.supporting_evidence
    ):
        return gettext("That person has erased this and blocked it.")
    return ""


def _values(row: ExtractedTraitCandidate, changes: list[CandidateChange], *, again: bool) -> dict[str, Any]:
    """The values to be put back; the status only if nobody has changed it since."""
    values, old = dict[str, Any](), dict[str, Any]()
    for change in changes if again else reversed(changes):
        values |= change.after if again else change.before
    for change in reversed(changes) if again else changes:
        old |= change.before if again else change.after
    if "status" in values and old["status"] != row.status:
        values = {name: value for name, value in values.items() if name not in STATUS}
    return values
