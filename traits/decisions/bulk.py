"""One decision on several suggestions: one transaction and one batch, which can be undone as a whole."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterable

from django.utils import timezone
from django.utils.translation import gettext

from ptfi.accounts.models import User
from ptfi.web.language import grouped
from traits.decisions.candidates import (
    check_rejection,
    check_snooze,
    confirmed,
    new_trait,
    rejected,
    snoozed,
)
from traits.decisions.inputs import NO_CHANGES, NO_EVIDENCE, clean_text
from traits.decisions.locking import atomic, lock_with_duplicates, near_duplicates
from traits.decisions.merging import best_name, merging, traits_by_name
from traits.decisions.recording import DecisionRecord, record_decision
from traits.errors import InvalidError
from traits.log.entries import Actor
from traits.models import (
    SENSITIVE,
    Decision,
    ExtractedTraitCandidate,
    PersonaTrait,
    RejectionCode,
    UserRefinedTrait,
)
from traits.models.log import FOR_MANY

MOST = 200
"""Suggestions that are decided in one transaction."""
CONTINUED_WITHIN = dt.timedelta(hours=1)
MOST_IN_PARTS = 2_000
"""Suggestions that a page decides together, in parts."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class BulkOutcome:
    """The result of a bulk decision.

    outcomes: candidate id → applied, already_decided, not_found or refused. Suggestions in a sensitive category are
    refused, and those that do not fit into the existing trait of the same name.
    """

    batch_id: uuid.UUID
    outcomes: dict[uuid.UUID, str]
    entries: list[UserRefinedTrait]

    def count(self, outcome: str) -> int:
        return sum(1 for each in self.outcomes.values() if each == outcome)


@atomic
def decide_many(
    *,
    user: User,
    actor: Actor,
    candidate_ids: Iterable[uuid.UUID],
    decision: str,
    code: str = "",
    reason: str = "",
    until: dt.datetime | None = None,
    batch_id: uuid.UUID | None = None,
) -> BulkOutcome:
    """Confirm (as they are), reject or snooze up to 200 suggestions; those that can't be decided are reported.

    batch_id: of an earlier part of the same decision, so that one undo reverses both.

    Suggestions that say the same as one of these are decided along, unless these are rejected as duplicates. Confirming
    never makes two traits of the same name: a suggestion that says the same as a trait of the person, or as an earlier
    one of these, is merged into that.
    """
    ids = list(dict.fromkeys(candidate_ids))
    reason = clean_text("reason", reason)
    _check(ids, decision, code, until)
    persona, locked, _ = lock_with_duplicates(user, ids)
    outcomes = {pk: preview(locked.get(pk), decision) for pk in ids}
    at = persona.next_moment()
    candidates = [locked[pk] for pk in ids if outcomes[pk] == "applied"]
    if takes_along(decision, code):
        candidates += near_duplicates(candidates, locked)
    if decision == Decision.CONFIRMED_ASIS:
        records, full = _confirmed(user, candidates, at)
        outcomes |= {pk: "refused" for pk in full if pk in outcomes}
    elif decision == Decision.REJECTED:
        records = [rejected(DecisionRecord(decision, candidate), code, reason, at) for candidate in candidates]
    else:
        records = [snoozed(DecisionRecord(decision, candidate), until, at) for candidate in candidates]
    batch_id = batch_id or uuid.uuid4()
    entries = record_decision(persona, records, actor=actor, at=at, batch_id=batch_id)
    return BulkOutcome(batch_id=batch_id, outcomes=outcomes, entries=entries)


def takes_along(decision: str, code: str = "") -> bool:
    """Whether suggestions that say the same are decided along."""
    return decision != Decision.REJECTED or code != RejectionCode.DUPLICATE


def number_fault(selected: int, most: int = MOST) -> str:
    """What is wrong with the number of selected suggestions; "" if nothing is."""
    if not selected:
        return gettext("Select the suggestions first.")
    return gettext("Select up to %(most)s suggestions at a time.") % {"most": grouped(most)} if selected > most else ""


def _check(ids: list[uuid.UUID], decision: str, code: str, until: dt.datetime | None) -> None:
    if fault := number_fault(len(ids)):
        raise InvalidError(details={"candidate_ids": [fault]})
    if decision not in FOR_MANY:
        raise InvalidError(details={"decision": [gettext("You can only confirm, reject or snooze several at a time.")]})
    if decision == Decision.REJECTED:
        check_rejection(code)
    if decision == Decision.DEFERRED:
        check_snooze(until)


def continues(user: User, batch_id: uuid.UUID, decision: str) -> bool:
    """Whether the batch is an earlier part of such a decision of the person, made within the last hour."""
    since = timezone.now() - CONTINUED_WITHIN
    parts = UserRefinedTrait.objects.filter(user=user, batch_id=batch_id, created_at__gte=since)
    return parts.filter(user_decision__in=(decision, Decision.MERGED)).exists()


def preview(candidate: ExtractedTraitCandidate | None, decision: str) -> str:
    """The outcome that the decision would have for this candidate."""
    if candidate is None or candidate.held_reason:
        return "not_found"
    if not candidate.is_undecided:
        return "already_decided"
    if decision == Decision.CONFIRMED_ASIS and candidate.trait_category in SENSITIVE:
        return "refused"
    return "applied"


def merge_targets(
    user: User, candidates: Iterable[ExtractedTraitCandidate]
) -> dict[uuid.UUID, PersonaTrait | ExtractedTraitCandidate]:
    """The merges if the candidates are confirmed together, by candidate id.

    A candidate is merged into a trait of the person, or into an earlier one of the candidates, that says the same (name
    key and category); nothing is merged into a dormant trait.
    """
    candidates = list(candidates)
    first: dict[tuple[str, str], PersonaTrait | ExtractedTraitCandidate] = {
        **traits_by_name(user, {row.name_key for row in candidates})
    }
    targets = {}
    for candidate in candidates:
        target = first.setdefault((candidate.name_key, candidate.trait_category), candidate)
        if target is not candidate:
            targets[candidate.pk] = target
    return targets


def _confirmed(
    user: User, candidates: list[ExtractedTraitCandidate], at: dt.datetime
) -> tuple[list[DecisionRecord], list[uuid.UUID]]:
    """The records that turn the candidates into traits or merge them, and the ids of those that do not fit."""
    targets, full = merge_targets(user, candidates), list[uuid.UUID]()
    traits = {target.pk: target for target in targets.values() if isinstance(target, PersonaTrait)}
    records = list[DecisionRecord]()
    for candidate in candidates:
        if candidate.pk in targets:
            record = merging(candidate, traits[targets[candidate.pk].pk], at)
        else:
            record = DecisionRecord(Decision.CONFIRMED_ASIS, candidate)
            same = [other for other in candidates if targets.get(other.pk) is candidate]
            confirmed(record, new_trait(candidate, NO_CHANGES, NO_EVIDENCE, at, best_name([candidate, *same])), at)
        if record is None:
            full.append(candidate.pk)
        elif record.trait:
            traits[record.trait.pk] = record.trait
            records.append(record)
    return records, full
