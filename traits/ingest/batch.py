"""Taking in what the pipeline suggests: a batch of parsed rows becomes candidates, in one transaction."""

import dataclasses
import functools
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import TypeVar
from uuid import UUID

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils import timezone
from psycopg import errors

from ptfi.accounts.models import User
from ptfi.db import sql
from ptfi.db.transactions import front_door
from ptfi.events.channels import tell_suggested
from traits.evidence import Piece, identity
from traits.ingest import blocklist as bars
from traits.ingest.bulk_write import SUGGESTED, copy_in, update_all
from traits.ingest.parsing import Reason, Suggestion
from traits.log import entries as log
from traits.log.snapshots import State, candidate_state
from traits.models import CandidateStatus, Decision, ExtractedTraitCandidate, Persona, PersonaTrait

MAX_BATCH = 1_000
ATTEMPTS = 5
RETRIED = (errors.UniqueViolation, errors.ForeignKeyViolation, errors.DeadlockDetected)
# The key of the lock that only batches take; any number that nothing else locks.
BATCH_LOCK = 5_067_410_934_772_001
GENERATED = ("evidence_count", "search")
Value = TypeVar("Value")
Key = tuple[UUID, str, str]
"""(person, name key, category): what a suppression and a waiting candidate are found by."""

# Materialized, or the planner may look for everybody's waiting candidates first, of which there can be many.
WAITING = """
    WITH near AS MATERIALIZED (
        SELECT candidate_id, user_id, status, deferred_until FROM traits_extractedtraitcandidate
        WHERE candidate_id = ANY(%(ids)s::uuid[])
        UNION
        SELECT candidate_id, c.user_id, status, deferred_until
        FROM unnest(%(users)s::uuid[], %(names)s::text[], %(categories)s::text[]) AS key (user_id, name_key, category)
        JOIN traits_extractedtraitcandidate c
        ON c.user_id = key.user_id AND c.name_key = key.name_key AND trait_category = category
    )
    SELECT candidate_id, user_id FROM near WHERE status = 'awaiting_refinement' AND deferred_until IS NULL
"""
# An erasure waits for this lock and is waited for; decisions and other imports are not.
SUGGESTIONS_OFF = """
    SELECT user_id, suggestions_off_at FROM traits_persona WHERE user_id = ANY(%(users)s::uuid[])
    ORDER BY user_id FOR KEY SHARE
"""
SUPPRESSED = """
    SELECT s.user_id, s.name_key, s.category, id
    FROM unnest(%(users)s::uuid[], %(names)s::text[], %(categories)s::text[]) AS key (user_id, name_key, category)
    JOIN traits_suppression s
    ON s.user_id = key.user_id AND s.name_key = key.name_key AND s.category = key.category
"""


@dataclasses.dataclass
class Result:
    """What became of a batch; refused: index in the batch → reasons.

    Each row is created, updated, unchanged, suppressed or refused. archived and returned count candidates, among them
    ones that are no row of the batch: replaced by a newer suggestion, and back in the queue for new evidence.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    suppressed: int = 0
    archived: int = 0
    returned: int = 0
    refused: dict[int, list[Reason]] = dataclasses.field(default_factory=dict)


class ChangedMeanwhileError(Exception):
    """A candidate was put off after the batch had chosen its locks: it starts again."""


def apply(batch: Sequence[Suggestion], *, owner: User | None = None) -> Result:
    """Store a batch of at most MAX_BATCH rows, no candidate twice, in one durable transaction.

    People are found by external_id, or created; with owner all rows are theirs. Raises ValueError for a batch that is
    too long or repeats a candidate, and what the database raises; then nothing of the batch is stored.
    """
    if len(batch) > MAX_BATCH or len({row.candidate_id for row in batch}) < len(batch):
        raise ValueError("a batch holds at most 1,000 rows, and no candidate twice")
    return retried(lambda: apply_within(batch, owner))


def retried(work: Callable[[], Value]) -> Value:
    """Do this in one durable transaction, and again from the start where another import got in the way."""
    attempt = 1
    while True:
        try:
            with front_door():
                return work()
        except (ChangedMeanwhileError, IntegrityError, OperationalError) as error:
            # Another import stored the same candidate first, a suppression was lifted: seen afresh, all fits.
            passing = isinstance(error, ChangedMeanwhileError) or isinstance(error.__cause__, RETRIED)
            if attempt == ATTEMPTS or not passing:
                raise
        attempt += 1


def apply_within(batch: Sequence[Suggestion], owner: User | None = None) -> Result:
    """As apply, in the transaction that retried() opened."""
    superseding = any(row.supersedes for row in batch)
    # A row and the one that supersedes it must not arrive at the same moment without seeing each other.
    sql.value(f"SELECT pg_advisory_xact_lock{'' if superseding else '_shared'}(%s)", [BATCH_LOCK])
    work = _Batch(batch, _people(batch, owner))
    if not work.rows:
        return work.result
    work.lock()
    work.archive_superseded()
    work.store_rows()
    work.bring_back()
    work.write()
    return work.result


def _people(batch: Sequence[Suggestion], owner: User | None) -> list[UUID | None]:
    """The person of each row; who is new gets an account that nobody can sign in to, and a Persona.

    None for a person who has erased their account.
    """
    if owner:
        Persona.objects.bulk_create([Persona(user=owner)], ignore_conflicts=True)
        return [owner.pk] * len(batch)
    direct = {row.user_id for row in batch if row.user_id}
    Persona.objects.bulk_create([Persona(user_id=pk) for pk in sorted(direct)], ignore_conflicts=True)
    names = {row.external_id: row.display_name for row in reversed(batch) if not row.user_id}
    known = _known_people(names)
    missing = names.keys() - known.keys()
    ended = bars.ended_accounts(missing) if missing else set()
    if missing := missing - ended:
        users = [User(external_id=external_id, display_name=names[external_id]) for external_id in sorted(missing)]
        for user in users:
            user.set_unusable_password()
        User.objects.bulk_create(users, ignore_conflicts=True)
        known = _known_people(names)
    if without := sorted(user_id for user_id, has_persona in known.values() if not has_persona):
        Persona.objects.bulk_create([Persona(user_id=user_id) for user_id in without], ignore_conflicts=True)
    ids = {external_id: user_id for external_id, (user_id, _) in known.items()}
    return [row.user_id or ids.get(row.external_id) for row in batch]


def _known_people(external_ids: Collection[str]) -> dict[str, tuple[UUID, bool]]:
    people = User.objects.filter(external_id__in=sql.any_of(external_ids, "text"))
    found = people.values_list("external_id", "id", "persona__user_id")
    return {external_id: (user_id, persona is not None) for external_id, user_id, persona in found if external_id}


class _Batch:
    """One batch on its way: what is stored already, under lock, and what is to be written."""

    def __init__(self, rows: Sequence[Suggestion], people: list[UUID | None]) -> None:
        self.now = timezone.now()
        self.result = Result()
        self.rows = list[tuple[Suggestion, UUID]]()
        self.indexes = list[int]()
        self._choose(rows, people)
        self.personas: dict[UUID, Persona] = {}
        self.stored: dict[UUID, ExtractedTraitCandidate] = {}
        self.new: list[tuple[Suggestion, tuple[object, ...]]] = []
        self.changed: dict[UUID, ExtractedTraitCandidate] = {}
        self.replaced: dict[UUID, list[log.Change]] = defaultdict(list)
        self.superseded: set[tuple[UUID, UUID]] = set()
        self.brought: dict[Key, list[Piece]] = defaultdict(list)
        self.shown: set[UUID] = set()

    def _choose(self, rows: Sequence[Suggestion], people: list[UUID | None]) -> None:
        """Refuse what its person takes no more."""
        known = {user for user in people if user}
        # Who is not found has ended their account meanwhile.
        on = {user for user, since in sql.rows(SUGGESTIONS_OFF, {"users": sql.array(known)}) if since is None}
        # Asked once the lock is held: an erasure that was under way has said by then what it bars.
        barred = bars.of_people(known)
        for index, (row, user) in enumerate(zip(rows, people, strict=True)):
            if user not in on or user is None:
                self.result.refused[index] = [bars.OFF]
            elif user in barred and (reasons := barred[user].refuse(user, row)):
                self.result.refused[index] = reasons
            else:
                self.rows.append((row, user))
                self.indexes.append(index)

    def lock(self) -> None:
        """Lock personas, then candidates, each in the order of ids, as every decision does."""
        ids = {row.candidate_id for row, _ in self.rows}
        named = {other for row, _ in self.rows for other in row.supersedes}
        waiting: dict[UUID, UUID] = dict(sql.rows(WAITING, self._keys(ids)))
        concerned = {user for row, user in self.rows if row.supersedes} | set(waiting.values())
        concerned &= {user for _, user in self.rows}
        if concerned:
            personas = Persona.objects.filter(user_id__in=concerned).order_by("user_id")
            self.personas = {persona.user_id: persona for persona in personas.select_for_update(no_key=True)}
        wanted = ExtractedTraitCandidate.objects.filter(
            candidate_id__in=sql.any_of(ids | named | waiting.keys(), "uuid")
        )
        locked = wanted.defer(*GENERATED).order_by("candidate_id").select_for_update(no_key=True)
        self.stored = {candidate.candidate_id: candidate for candidate in locked}

    def archive_superseded(self) -> None:
        """Archive what rows of this batch, or earlier ones, replace; a row that is stored already counts as before."""
        for row, user in self.rows:
            stored = self.stored.get(row.candidate_id)
            if stored is None or (stored.user_id == user and stored.is_undecided):
                before = set(stored.supersedes) if stored else set()
                self.superseded |= {(user, other) for other in row.supersedes if other not in before}
        named = [row for row in self.stored.values() if (row.user_id, row.candidate_id) in self.superseded]
        for candidate in named:
            if candidate.is_undecided:
                self._archive(candidate)
        if suppressed := [row.candidate_id for row in named if row.suppressed_by_id]:
            # Lifting the suppression must not bring back what was replaced since.
            ExtractedTraitCandidate.objects.filter(pk__in=suppressed).update(suppressed_by=None)
        if new := self._fresh():
            users = sql.any_of({user for _, user in self.rows}, "uuid")
            superseding = ExtractedTraitCandidate.objects.filter(~Q(supersedes=[]), user_id__in=users)
            found = superseding.filter(supersedes__overlap=RawSQL("%s::uuid[]", [sql.array(new)]))
            for user, others in found.values_list("user_id", "supersedes"):
                self.superseded |= {(user, other) for other in others}

    def _fresh(self) -> set[UUID]:
        return {row.candidate_id for row, _ in self.rows} - self.stored.keys()

    def _archive(self, candidate: ExtractedTraitCandidate) -> None:
        before = candidate_state(candidate)
        self._set_status(candidate, CandidateStatus.ARCHIVED)
        self.replaced[candidate.user_id].append(
            log.Change(
                decision=Decision.SUPERSEDED,
                candidate_id=candidate.candidate_id,
                before={"candidate": before},
                after={"candidate": candidate_state(candidate)},
            )
        )
        self.result.archived += 1

    def _set_status(self, candidate: ExtractedTraitCandidate, status: CandidateStatus) -> None:
        candidate.status, candidate.deferred_until = status.value, None
        self._touch(candidate)

    def _touch(self, candidate: ExtractedTraitCandidate) -> None:
        if candidate.candidate_id not in self.changed:
            candidate.version += 1
            candidate.updated_at = self.now
            self.changed[candidate.candidate_id] = candidate

    def store_rows(self) -> None:
        fresh = self._fresh()
        # Ids of traits are public to whoever reads the graph; confirming must never run into one.
        taken = set(PersonaTrait.objects.filter(pk__in=sql.any_of(fresh, "uuid")).values_list("pk", flat=True))
        suppressed: dict[Key, int] = {
            (user, name, category): suppression
            for user, name, category, suppression in (sql.rows(SUPPRESSED, self._keys(fresh)) if fresh else ())
        }
        for index, (row, user) in zip(self.indexes, self.rows, strict=True):
            stored = self.stored.get(row.candidate_id)
            if row.candidate_id in taken:
                self.result.refused[index] = [("candidate_id", "belongs to somebody else")]
            elif stored is None:
                self._create(row, user, suppressed.get((user, row.name_key, row.trait_category)))
            elif stored.user_id != user:
                self.result.refused[index] = [("candidate_id", "belongs to somebody else")]
            elif not stored.is_undecided or not self._update(stored, row):
                self.result.unchanged += 1

    def _create(self, row: Suggestion, user: UUID, suppression: int | None) -> None:
        replaced = (user, row.candidate_id) in self.superseded
        suppression = None if replaced else suppression
        shown = not replaced and suppression is None
        status = CandidateStatus.CANDIDATE if shown else CandidateStatus.ARCHIVED
        self.new.append((row, (row.candidate_id, user, status.value, suppression, "", 1, self.now)))
        self.result.suppressed += suppression is not None
        self.result.created += suppression is None
        self.result.archived += replaced
        if shown:
            self.shown.add(user)
            self.brought[user, row.name_key, row.trait_category] += row.supporting_evidence

    def _update(self, candidate: ExtractedTraitCandidate, row: Suggestion) -> bool:
        """Take over what the row says, verdicts kept; say whether anything differed."""
        verdicts = {piece["evidence_id"]: piece["verdict"] for piece in candidate.supporting_evidence}
        fresh = [piece for piece in row.supporting_evidence if piece["evidence_id"] not in verdicts]
        for piece in row.supporting_evidence:
            piece["verdict"] = verdicts.get(piece["evidence_id"], "")
        values = {name: getattr(row, name) for name in SUGGESTED if row.dated or name != "created_at"}
        if all(getattr(candidate, name) == value for name, value in values.items()):
            return False
        for name, value in values.items():
            setattr(candidate, name, value)
        self._touch(candidate)
        self.result.updated += 1
        if fresh and _is_waiting(candidate):
            self._return(candidate)
        self.brought[_key(candidate)] += fresh
        return True

    def bring_back(self) -> None:
        """What was put off until new evidence returns when this batch brought a piece that it lacks."""
        for candidate in self.stored.values():
            if _is_waiting(candidate) and (pieces := self.brought.get(_key(candidate))):
                known = {identity(piece) for piece in candidate.supporting_evidence}
                if any(identity(piece) not in known for piece in pieces):
                    self._return(candidate)

    def _return(self, candidate: ExtractedTraitCandidate) -> None:
        if candidate.user_id not in self.personas:
            raise ChangedMeanwhileError
        self._set_status(candidate, CandidateStatus.CANDIDATE)
        self.shown.add(candidate.user_id)
        self.result.returned += 1

    def write(self) -> None:
        if self.new:
            copy_in(sorted(self.new, key=lambda new: new[0].candidate_id))
        if self.changed:
            update_all(self.changed.values())
        for user, changes in sorted(self.replaced.items()):
            persona = self.personas[user]
            log.append(persona, changes, actor=log.PIPELINE, at=persona.next_moment())
        # Pages can do without; an import that is in must not fail for it.
        transaction.on_commit(functools.partial(tell_suggested, self.shown), robust=True)

    def _keys(self, ids: Collection[UUID]) -> State:
        rows = [(user, row.name_key, row.trait_category) for row, user in self.rows if row.candidate_id in ids]
        users, names, categories = zip(*rows, strict=True)
        return {
            "ids": sql.array(ids),
            "users": sql.array(users),
            "names": sql.array(names),
            "categories": sql.array(categories),
        }


def _key(candidate: ExtractedTraitCandidate) -> Key:
    return candidate.user_id, candidate.name_key, candidate.trait_category


def _is_waiting(candidate: ExtractedTraitCandidate) -> bool:
    return candidate.status == CandidateStatus.AWAITING_REFINEMENT and candidate.deferred_until is None
