"""Import what the pipeline suggests: a batch of records becomes candidates, in one transaction."""

import dataclasses
import datetime as dt
import functools
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TypeVar
from uuid import UUID

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from psycopg import errors

from ptfi.accounts.models import User
from ptfi.db.sql import any_of, array
from ptfi.db.transactions import front_door
from ptfi.events.channels import tell_suggested
from traits.evidence import Piece, identity, under_held_ids
from traits.ingest import blocklist, sql
from traits.ingest.changes import Values, changed_in, noted, store
from traits.ingest.circles import Pair, ignored_pairs, replaces
from traits.ingest.faults import Reason
from traits.ingest.parsing import CandidateRecord
from traits.ingest.people import people_of
from traits.ingest.rows import ChangedMeanwhileError, New, Result, Row, RowOutcome, Sorted, Stored, Update
from traits.ingest.sender import Sender
from traits.ingest.sql import SUGGESTED, Key
from traits.ingest.verdicts import recall_verdicts
from traits.log import entries as log
from traits.log.snapshots import candidate_state
from traits.models import CandidateChange, CandidateStatus, Decision, ExtractedTraitCandidate, Persona, PersonaTrait

MAX_BATCH = 1_000
ATTEMPTS = 5
RETRIED = (errors.UniqueViolation, errors.ForeignKeyViolation, errors.DeadlockDetected)
GENERATED = ("evidence_count", "search")
ELSEWHERE = ("candidate_id", _("belongs to somebody else"))
UNKNOWN = ("external_id", _("there is no such person"))

Value = TypeVar("Value")


UNRECORDED = Sender()


def apply(batch: Sequence[CandidateRecord], *, owner: User | None = None, sender: Sender = UNRECORDED) -> Result:
    """Store a batch of at most MAX_BATCH rows, each candidate once, in one durable transaction.

    People are found by external_id, or created; with owner, all rows are theirs. Raises ValueError for a batch that is
    too long or repeats a candidate, and database errors; in these cases nothing of the batch is stored.
    """
    if len(batch) > MAX_BATCH or len({row.candidate_id for row in batch}) < len(batch):
        raise ValueError("a batch holds at most 1,000 rows, and no candidate twice")
    return retried(lambda: apply_within(batch, owner, sender))


def retried(work: Callable[[], Value]) -> Value:
    """Run this in one durable transaction, and restart it if it conflicts with another import."""
    attempt = 1
    while True:
        try:
            with front_door():
                return work()
        except (ChangedMeanwhileError, IntegrityError, OperationalError) as error:
            # Another import stored the same candidate first, or a suppression was lifted: a new attempt sees it.
            passing = isinstance(error, ChangedMeanwhileError) or isinstance(error.__cause__, RETRIED)
            if attempt == ATTEMPTS or not passing:
                raise
        attempt += 1


def tried(work: Callable[[], Value]) -> Value:
    """Run this like retried(), and roll back: it returns what would have been done."""

    def attempt() -> Value:
        result = work()
        transaction.set_rollback(True)
        return result

    return retried(attempt)


def apply_within(
    batch: Sequence[CandidateRecord],
    owner: User | None = None,
    sender: Sender = UNRECORDED,
    *,
    must_exist: bool = False,
) -> Result:
    """Store the batch as apply() does, in the transaction that retried() opened.

    must_exist: rows about people who are not known are refused.
    """
    # A record and the one that supersedes it must not be imported concurrently without seeing each other.
    sql.lock_batches(alone=any(record.supersedes for record in batch))
    people = people_of(batch, owner, may_create=not must_exist)
    rows, refused = _accepted(batch, people.ids, UNKNOWN if must_exist else blocklist.OFF)
    outcomes = [RowOutcome.UNCHANGED] * len(batch)
    result = Result(outcomes=outcomes, refused=refused, new_people=people.new)
    if rows:
        _store(rows, sender, result, outcomes)
    for index in refused:
        outcomes[index] = RowOutcome.REFUSED
    return result


def _store(rows: list[Row], sender: Sender, result: Result, outcomes: list[RowOutcome]) -> None:
    """Store the accepted rows, and add to the result and to the outcomes what became of them."""
    stored = _locked(rows)
    rows, of_others = sender.sorted_out(rows, stored)
    stale = {row.index for row in rows if stored.is_stale(row)}
    rows = [row for row in rows if row.index not in stale]
    before = noted(stored.candidates.values())
    circular = ignored_pairs(rows, stored.candidates)
    superseded = _superseded(rows, stored, circular)
    archived = _archive(stored, superseded)
    superseded |= _superseded_earlier(rows, stored, sender, circular)
    sorted_out = _sorted_out(rows, stored, superseded)
    new, updates = sorted_out.new, sorted_out.updates
    recall_verdicts(updates)
    for update in updates:
        update.take_over(sender.client_id)
    returned = _bring_back(stored, new, updates)
    now, changed = timezone.now(), {*archived, *returned, *(update.candidate for update in updates)}
    result.changes = _changes(sender, before, changed, now)
    _write(stored, sorted_out, changed, archived, sender, now)
    store(result.changes)
    # Pages work without this notification, and a committed import must not fail because of it.
    shown = {each.row.user for each in new if each.is_shown} | {candidate.user_id for candidate in returned}
    transaction.on_commit(functools.partial(tell_suggested, shown), robust=True)
    result.archived = len(archived) + sum(each.is_superseded for each in new)
    result.returned = len(returned)
    result.refused |= of_others | sorted_out.refused
    for index, outcome in (sorted_out.outcomes() | dict.fromkeys(stale, RowOutcome.IGNORED_STALE)).items():
        outcomes[index] = outcome


def _changes(
    sender: Sender, before: Mapping[UUID, Values], changed: Collection[ExtractedTraitCandidate], at: dt.datetime
) -> list[CandidateChange]:
    """What the batch changed; the candidates name it from now on."""
    for candidate in changed:
        candidate.changed_in = sender.batch_id
    return changed_in(sender.batch_id, before, changed, at) if sender.batch_id else []


def _accepted(
    batch: Sequence[CandidateRecord], people: list[UUID | None], no_one: Reason
) -> tuple[list[Row], dict[int, list[Reason]]]:
    """The rows that their people accept, and the reasons why the others are refused; no_one: if there is no person."""
    known = {user for user in people if user}
    # A user missing here deleted their account in the meantime.
    on = sql.taking_suggestions(known)
    # Read only after taking the lock: an erasure that was under way has recorded by then what it blocks.
    blocklists = blocklist.of_people(known)
    rows, refused = list[Row](), dict[int, list[Reason]]()
    for index, (record, user) in enumerate(zip(batch, people, strict=True)):
        blocked = blocklists.get(user) if user else None
        if user is None:
            refused[index] = [no_one]
        elif user not in on:
            refused[index] = [blocklist.OFF]
        elif blocked is None:
            rows.append(Row(index, record, user))
        elif reason := blocked.reason_to_refuse(record):
            refused[index] = [reason]
        else:
            kept = dataclasses.replace(record, supporting_evidence=blocked.accepted_evidence(record))
            rows.append(Row(index, kept, user))
    return rows, refused


def _locked(rows: Sequence[Row]) -> Stored:
    """Lock personas, then candidates, each ordered by id, as every decision does."""
    ids = {row.record.candidate_id for row in rows}
    named = {other for row in rows for other in row.record.supersedes}
    waiting = sql.waiting_candidates(ids, [row.key for row in rows])
    concerned = {row.user for row in rows if row.record.supersedes} | set(waiting.values())
    concerned &= {row.user for row in rows}
    personas = Persona.objects.filter(user_id__in=concerned).order_by("user_id").select_for_update(no_key=True)
    found = {persona.user_id: persona for persona in personas} if concerned else {}
    every = any_of(ids | named | waiting.keys(), "uuid")
    candidates = ExtractedTraitCandidate.objects.filter(candidate_id__in=every).defer(*GENERATED)
    locked = candidates.order_by("candidate_id").select_for_update(no_key=True)
    return Stored(found, {candidate.candidate_id: candidate for candidate in locked})


def _superseded(rows: Sequence[Row], stored: Stored, circular: Collection[Pair]) -> set[tuple[UUID, UUID]]:
    """(person, candidate) for all that the rows replace, except what was replaced when a row was stored before."""
    superseded = set[tuple[UUID, UUID]]()
    for row in rows:
        pk = row.record.candidate_id
        before = stored.candidates.get(pk)
        if replaces(row, before):
            replaced = set(row.record.supersedes).difference(before.supersedes if before else ())
            superseded |= {(row.user, other) for other in replaced if (pk, other) not in circular}
    return superseded


def _archive(stored: Stored, superseded: Collection[tuple[UUID, UUID]]) -> dict[ExtractedTraitCandidate, log.Change]:
    """Archive the stored candidates that are replaced; returns each with its log entry."""
    named = [row for row in stored.candidates.values() if (row.user_id, row.candidate_id) in superseded]
    changes = {candidate: _archived(candidate) for candidate in named if candidate.is_undecided}
    if suppressed := [row.candidate_id for row in named if row.suppressed_by_id]:
        # Lifting the suppression must not return candidates that have been replaced since.
        ExtractedTraitCandidate.objects.filter(pk__in=suppressed).update(suppressed_by=None)
    return changes


def _archived(candidate: ExtractedTraitCandidate) -> log.Change:
    before = candidate_state(candidate)
    candidate.status, candidate.deferred_until = CandidateStatus.ARCHIVED.value, None
    return log.Change(
        decision=Decision.SUPERSEDED,
        candidate_id=candidate.candidate_id,
        before={"candidate": before},
        after={"candidate": candidate_state(candidate)},
    )


def _superseded_earlier(
    rows: Sequence[Row], stored: Stored, sender: Sender, circular: Collection[Pair]
) -> set[tuple[UUID, UUID]]:
    """The new rows that candidates of earlier imports have already replaced."""
    fresh = stored.fresh(rows)
    if not fresh:
        return set()
    users = any_of({row.user for row in rows}, "uuid")
    superseding = ExtractedTraitCandidate.objects.filter(sender.own(), ~Q(supersedes=[]), user_id__in=users)
    found = superseding.filter(supersedes__overlap=RawSQL("%s::uuid[]", [array(fresh)]))
    pairs = [
        (user, pk, other) for user, pk, others in found.values_list("user_id", "pk", "supersedes") for other in others
    ]
    return {(user, other) for user, pk, other in pairs if (pk, other) not in circular}


def _sorted_out(rows: Sequence[Row], stored: Stored, superseded: Collection[tuple[UUID, UUID]]) -> Sorted:
    """The rows by what becomes of them; refused are those of candidates that belong to another person."""
    fresh, found = stored.fresh(rows), Sorted()
    # Readers of the graph know trait ids; confirming a candidate must never collide with such an id.
    taken = set(PersonaTrait.objects.filter(pk__in=any_of(fresh, "uuid")).values_list("pk", flat=True))
    names = {row.index: (row.key, row.record.trait_name) for row in rows if row.record.candidate_id in fresh}
    suppressed = blocklist.suppressions_of(names)
    for row in rows:
        candidate = stored.candidates.get(row.record.candidate_id)
        if row.record.candidate_id in taken or (candidate and candidate.user_id != row.user):
            found.refused[row.index] = [ELSEWHERE]
        elif candidate is None:
            is_superseded = (row.user, row.record.candidate_id) in superseded
            found.new.append(New(row, is_superseded, None if is_superseded else suppressed.get(row.index)))
        elif update := _update(candidate, row):
            _add_update(found, update)
        elif (sequence := row.record.sequence) is not None and sequence != candidate.sequence:
            found.raised[candidate.pk] = candidate.sequence = sequence
    return found


def _add_update(found: Sorted, update: Update) -> None:
    """Add the changes of a stored candidate, or that they are ignored."""
    if update.candidate.is_undecided:
        found.updates.append(update)
    else:
        archived = update.candidate.status == CandidateStatus.ARCHIVED
        found.ignored[update.row.index] = RowOutcome.IGNORED_ARCHIVED if archived else RowOutcome.IGNORED_DECIDED


def _update(candidate: ExtractedTraitCandidate, row: Row) -> Update | None:
    """The changes that the row makes, keeping the person's verdicts; None if there are none."""
    record = row.record
    verdicts = {piece["evidence_id"]: piece["verdict"] for piece in candidate.supporting_evidence}
    held = under_held_ids(candidate.pk, record.supporting_evidence, candidate.supporting_evidence)
    pieces: list[Piece] = [{**piece, "verdict": verdicts.get(piece["evidence_id"], "")} for piece in held]
    values = {name: getattr(record, name) for name in SUGGESTED if record.dated or name != "created_at"}
    values["supporting_evidence"] = pieces
    if all(getattr(candidate, name) == value for name, value in values.items()):
        return None
    return Update(row, candidate, values, [piece for piece in pieces if piece["evidence_id"] not in verdicts])


def _bring_back(stored: Stored, new: Iterable[New], updates: Sequence[Update]) -> list[ExtractedTraitCandidate]:
    """Return candidates snoozed until new evidence to the queue if the batch has a piece that they lack."""
    returned = [update.candidate for update in updates if update.fresh and _is_waiting(update.candidate)]
    for candidate in returned:
        stored.return_to_queue(candidate)
    brought = defaultdict[Key, list[Piece]](list)
    for each in new:
        if each.is_shown:
            brought[each.row.key] += each.row.record.supporting_evidence
    for update in updates:
        brought[_key(update.candidate)] += update.fresh
    for candidate in stored.candidates.values():
        if _is_waiting(candidate) and _lacks_any(candidate, brought.get(_key(candidate), ())):
            stored.return_to_queue(candidate)
            returned.append(candidate)
    return returned


def _lacks_any(candidate: ExtractedTraitCandidate, pieces: Collection[Piece]) -> bool:
    known = {identity(piece) for piece in candidate.supporting_evidence} if pieces else set()
    return any(identity(piece) not in known for piece in pieces)


def _write(
    stored: Stored,
    found: Sorted,
    changed: Collection[ExtractedTraitCandidate],
    archived: Mapping[ExtractedTraitCandidate, log.Change],
    sender: Sender,
    now: dt.datetime,
) -> None:
    rows = [(each.row.record, _columns(each, sender, now)) for each in found.new]
    if rows:
        sql.copy_in(sorted(rows, key=lambda row: row[0].candidate_id))
    if found.raised:
        sql.raise_sequences(found.raised)
    for candidate in changed:
        candidate.version += 1
        candidate.updated_at = now
    if changed:
        sql.update_all(changed)
    entries = defaultdict[UUID, list[log.Change]](list)
    for candidate, change in archived.items():
        entries[candidate.user_id].append(change)
    for user, changes in sorted(entries.items()):
        persona = stored.personas[user]
        log.append(persona, changes, actor=log.PIPELINE, at=persona.next_moment())


def _columns(new: New, sender: Sender, now: dt.datetime) -> tuple[object, ...]:
    """The values for the columns OF_NEW."""
    status = CandidateStatus.CANDIDATE if new.is_shown else CandidateStatus.ARCHIVED
    of_sender, record = (sender.batch_id, sender.client_id), new.row.record
    of_row = record.candidate_id, new.row.user, status.value, new.suppression, "", record.sequence
    return *of_row, *of_sender, 1, now


def _key(candidate: ExtractedTraitCandidate) -> Key:
    return candidate.user_id, candidate.name_key, candidate.trait_category


def _is_waiting(candidate: ExtractedTraitCandidate) -> bool:
    return candidate.status == CandidateStatus.AWAITING_REFINEMENT and candidate.deferred_until is None
