"""Withdrawals: a sender takes back suggestions of its own that the person has not decided on."""

import datetime as dt
import functools
from collections import defaultdict
from collections.abc import Collection, Iterable
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from ptfi.events.channels import tell_suggested
from traits.ingest import sql
from traits.ingest.changes import changed_in, noted, store
from traits.ingest.rows import ChangedMeanwhileError
from traits.ingest.sender import Sender
from traits.log import entries as log
from traits.log.snapshots import candidate_state
from traits.models import ActorKind, CandidateStatus, Decision, ExtractedTraitCandidate, Persona


class Withdrawal(StrEnum):
    """What becomes of an id. Suggestions that the person has decided on stay; unknown are other senders' ids, too."""

    WITHDRAWN = "withdrawn"
    UNCHANGED = "unchanged"
    IGNORED_DECIDED = "ignored_decided"
    UNKNOWN = "unknown"


def withdraw(ids: Iterable[UUID], reason: str, sender: Sender) -> dict[UUID, Withdrawal]:
    """Archive these suggestions for good, in the transaction that retried() opened; returns the outcome by id.

    Each that was undecided gets an entry in its person's log, with the reason.
    """
    ids = list(dict.fromkeys(ids))
    sql.lock_batches(alone=False)
    personas, candidates = _locked(ids)
    by_id = {pk: _outcome(candidates.get(pk), sender) for pk in ids}
    gone = [candidates[pk] for pk, outcome in by_id.items() if outcome == Withdrawal.WITHDRAWN]
    now, before, entries = timezone.now(), noted(gone), defaultdict[UUID, list[log.Change]](list)
    for candidate in gone:
        if candidate.is_undecided:
            entries[candidate.user_id].append(_archived(candidate, reason))
        _mark(candidate, sender, now)
    if gone:
        sql.update_all(gone)
        # Lifting a suppression must not return what was withdrawn.
        suppressed = [candidate.pk for candidate in gone if candidate.suppressed_by_id]
        ExtractedTraitCandidate.objects.filter(pk__in=suppressed).update(suppressed_by=None)
        store(changed_in(sender.batch_id, before, gone, now) if sender.batch_id else [])
    actor = log.Actor(user_id=None, kind=ActorKind.PIPELINE, client_id=sender.client_id)
    for user, changes in sorted(entries.items()):
        log.append(personas[user], changes, actor=actor, at=personas[user].next_moment())
    # Pages work without this notification, and a committed withdrawal must not fail because of it.
    transaction.on_commit(functools.partial(tell_suggested, set(entries)), robust=True)
    return by_id


def _locked(ids: Collection[UUID]) -> tuple[dict[UUID, Persona], dict[UUID, ExtractedTraitCandidate]]:
    """Lock the people, then the suggestions, each ordered by id, as every change does."""
    rows = ExtractedTraitCandidate.objects.filter(pk__in=ids).order_by("pk")
    people = set(rows.values_list("user_id", flat=True))
    locked = Persona.objects.filter(user_id__in=people).order_by("user_id").select_for_update(no_key=True)
    personas = {persona.user_id: persona for persona in locked}
    found = list(rows.defer("search", "evidence_count").select_for_update(no_key=True))
    if any(row.user_id not in personas for row in found):
        raise ChangedMeanwhileError
    return personas, {row.pk: row for row in found}


def _outcome(candidate: ExtractedTraitCandidate | None, sender: Sender) -> Withdrawal:
    if candidate is None or not sender.may_change(candidate):
        return Withdrawal.UNKNOWN
    if candidate.withdrawn_at:
        return Withdrawal.UNCHANGED
    if candidate.is_undecided or candidate.status == CandidateStatus.ARCHIVED:
        return Withdrawal.WITHDRAWN
    return Withdrawal.IGNORED_DECIDED


def _archived(candidate: ExtractedTraitCandidate, reason: str) -> log.Change:
    before = candidate_state(candidate)
    candidate.status, candidate.deferred_until = CandidateStatus.ARCHIVED.value, None
    return log.Change(
        decision=Decision.WITHDRAWN,
        candidate_id=candidate.candidate_id,
        before={"candidate": before},
        after={"candidate": candidate_state(candidate)},
        reason=reason,
    )


def _mark(candidate: ExtractedTraitCandidate, sender: Sender, now: dt.datetime) -> None:
    candidate.withdrawn_at = candidate.updated_at = now
    candidate.version += 1
    candidate.client_id, candidate.changed_in = sender.client_id, sender.batch_id
