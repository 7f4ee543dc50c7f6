"""What every decision is made of: the lock, the rows it changes, their entries in the log, and the suppressions.

A Step is one entry to be. Rows are locked and states taken first, then changed in memory, then written together.
"""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterable, Sequence

from django.db.models import F, Q, QuerySet

from ptfi.accounts.models import User
from traits import log
from traits.errors import AlreadyDecidedError, NotFoundError, StaleVersionError, TraitRemovedError
from traits.models import (
    CandidateStatus,
    CommunicationStyle,
    Decision,
    ExtractedTraitCandidate,
    Persona,
    PersonaTrait,
    Suppression,
    UserRefinedTrait,
)
from traits.states import State, candidate_state, name_key, style_state, trait_state

Key = tuple[str, str]
TRAIT_COLUMNS = [f.attname for f in PersonaTrait._meta.concrete_fields if f.attname not in ("trait_id", "user_id")]
CANDIDATE_COLUMNS = ["status", "deferred_until", "supporting_evidence", "version", "updated_at"]


@dataclasses.dataclass
class Step:
    """One entry to be: the rows as they were (states) and as they are now (rows, already changed)."""

    decision: str
    trait_id: uuid.UUID | None = None
    trait_before: State | None = None
    trait: PersonaTrait | None = None
    candidate: ExtractedTraitCandidate | None = None
    candidate_before: State | None = None
    style_element: str | None = None
    style_before: State | None = None
    style: CommunicationStyle | None = None
    undoes: uuid.UUID | None = None
    rejection_code: str = ""
    reason: str = ""
    notes: str = ""
    relation: State | None = None

    def change(self) -> log.Change:
        return log.Change(
            decision=self.decision,
            before={"candidate": self.candidate_before, "trait": self.trait_before, "style": self.style_before},
            after={
                "candidate": candidate_state(self.candidate) if self.candidate else None,
                "trait": trait_state(self.trait) if self.trait else None,
                "style": style_state(self.style) if self.style else None,
            },
            trait_id=self.trait_id,
            candidate_id=self.candidate.candidate_id if self.candidate else None,
            style_element=self.style_element,
            undoes=self.undoes,
            rejection_code=self.rejection_code,
            reason=self.reason,
            notes=self.notes,
            relation=self.relation,
        )


def lock(user: User) -> Persona:
    """The person's Persona row, locked until the transaction ends: the first thing that every change takes."""
    rows = Persona.objects.select_for_update(no_key=True)
    persona = rows.filter(user=user).first()
    if persona is None:
        Persona.objects.bulk_create([Persona(user=user)], ignore_conflicts=True)
        persona = rows.get(user=user)
    return persona


def lock_candidates(user: User, ids: Iterable[uuid.UUID]) -> None:
    """Lock several candidates in the order of their ids, as imports do; otherwise the two could wait for each other."""
    rows = ExtractedTraitCandidate.objects.select_for_update(no_key=True).filter(user=user, pk__in=list(ids))
    list(rows.order_by("pk").values_list("pk"))


def locked_candidate(user: User, candidate_id: uuid.UUID, version: int | None) -> ExtractedTraitCandidate:
    """The person's candidate, locked; NotFoundError when it is not theirs or is held back, StaleVersionError."""
    rows = ExtractedTraitCandidate.objects.select_for_update(no_key=True).defer("search")
    candidate = rows.filter(user=user, pk=candidate_id, held_reason="").first()
    if candidate is None:
        raise NotFoundError
    if version is not None and candidate.is_undecided and candidate.version != version:
        raise StaleVersionError
    return candidate


def undecided_candidate(user: User, candidate_id: uuid.UUID, version: int | None) -> ExtractedTraitCandidate:
    """As locked_candidate; AlreadyDecidedError when it was decided."""
    candidate = locked_candidate(user, candidate_id, version)
    if not candidate.is_undecided:
        raise AlreadyDecidedError
    return candidate


def locked_alike(user: User, candidates: Iterable[ExtractedTraitCandidate]) -> list[ExtractedTraitCandidate]:
    """The other suggestions to review that say the same as any of these (name key and category), locked."""
    rejected = {row.pk: (row.name_key, row.trait_category) for row in candidates}
    mine = _to_review(user, rejected.values()).exclude(pk__in=rejected)
    return list(mine.select_for_update(no_key=True).defer("search").order_by("pk"))


def lock_with_alike(user: User, candidate_ids: Iterable[uuid.UUID]) -> None:
    """Lock the candidates and those that say the same, before any of them alone."""
    ids = list(candidate_ids)
    mine = ExtractedTraitCandidate.objects.filter(user=user)
    keys = mine.filter(pk__in=ids).values_list("name_key", "trait_category")
    lock_candidates(user, {*ids, *_to_review(user, keys).values_list("pk", flat=True)})


def _to_review(user: User, keys: Iterable[Key]) -> QuerySet[ExtractedTraitCandidate]:
    mine = ExtractedTraitCandidate.objects.filter(user=user, status=CandidateStatus.CANDIDATE, held_reason="")
    return mine.filter(_any_key(set(keys), "trait_category"))


def locked_trait(user: User, trait_id: uuid.UUID, version: int | None = None) -> PersonaTrait:
    """The person's trait; TraitRemovedError when it was theirs once, NotFoundError, StaleVersionError."""
    trait = PersonaTrait.objects.filter(user=user, pk=trait_id).first()
    if trait is None:
        was_theirs = UserRefinedTrait.objects.filter(user=user, trait_id_in_pkg=trait_id).exists()
        raise TraitRemovedError if was_theirs else NotFoundError
    if version is not None and trait.version != version:
        raise StaleVersionError
    return trait


def decide(candidate: ExtractedTraitCandidate, status: str, at: dt.datetime) -> None:
    """Give the candidate its new status, in memory."""
    candidate.status = status
    candidate.deferred_until = None
    candidate.version += 1
    candidate.updated_at = at


def record(
    persona: Persona,
    steps: Sequence[Step],
    *,
    actor: log.Actor,
    at: dt.datetime,
    batch_id: uuid.UUID | None = None,
) -> list[UserRefinedTrait]:
    """Write the entries and every row that the steps changed, in a number of queries that does not grow with them."""
    entries = log.append(persona, [step.change() for step in steps], actor=actor, at=at, batch_id=batch_id)
    for step, entry in zip(steps, entries, strict=True):
        if step.trait:
            step.trait.version = entry.revision
            step.trait.name_key = name_key(step.trait.name)
        if step.style:
            step.style.version = entry.revision
    _write_traits(persona, steps)
    _write_candidates([step.candidate for step in steps if step.candidate])
    _write_styles(persona, [step for step in steps if step.style_element])
    _settle_suppressions(persona, steps)
    return entries


def _write_traits(persona: Persona, steps: Sequence[Step]) -> None:
    new = [step.trait for step in steps if step.trait and not step.trait_before]
    kept = [step.trait for step in steps if step.trait and step.trait_before]
    gone = [step.trait_before["trait_id"] for step in steps if step.trait_before and not step.trait]
    if gone:
        PersonaTrait.objects.filter(user_id=persona.user_id, pk__in=gone).delete()
    # An id that exists already must never be taken over: inserting fails then.
    PersonaTrait.objects.bulk_create(new)
    PersonaTrait.objects.bulk_update(kept, TRAIT_COLUMNS)


def _write_candidates(candidates: list[ExtractedTraitCandidate]) -> None:
    if len(candidates) == 1:
        candidates[0].save(update_fields=CANDIDATE_COLUMNS)
    elif candidates:
        ExtractedTraitCandidate.objects.bulk_update(candidates, CANDIDATE_COLUMNS)


def _write_styles(persona: Persona, steps: Sequence[Step]) -> None:
    if not steps:
        return
    before = Q(pk__in=[])
    for state in (step.style_before for step in steps if step.style_before):
        before |= Q(element=state["element"], context=state["context"])
    CommunicationStyle.objects.filter(before, user_id=persona.user_id).delete()
    CommunicationStyle.objects.bulk_create([step.style for step in steps if step.style])


def _settle_suppressions(persona: Persona, steps: Iterable[Step]) -> None:
    """Suppress what was rejected or removed; lift what is neither any more, and bring back what it kept away."""
    wanted, lifted = dict[Key, set[uuid.UUID]](), set[uuid.UUID]()
    for step in steps:
        source = step.candidate.candidate_id if step.candidate else step.trait_id
        rejected = step.candidate is not None and step.candidate.status == CandidateStatus.REJECTED
        was_rejected = (step.candidate_before or {}).get("status") == CandidateStatus.REJECTED
        if source is None:
            continue
        if rejected or step.decision == Decision.REMOVED:
            for key in _keys(step):
                wanted.setdefault(key, set()).add(source)
        elif was_rejected or (step.undoes and step.trait and not step.trait_before):
            lifted.add(source)
    if lifted:
        _lift(persona, lifted)
    if wanted:
        _suppress(persona, wanted)


def _keys(step: Step) -> set[Key]:
    """Under which keys a suggestion would be the same again: as it was suggested, and as the trait was named."""
    states: list[State | None] = [
        step.candidate_before,
        step.trait_before,
        trait_state(step.trait) if step.trait else None,
    ]
    return {(name_key(state["name"]), state["category"]) for state in states if state}


def _suppress(persona: Persona, wanted: dict[Key, set[uuid.UUID]]) -> None:
    mine = Suppression.objects.filter(_any_key(wanted), user_id=persona.user_id)
    rows = {(row.name_key, row.category): row for row in mine}
    for (key, category), sources in wanted.items():
        row = rows.setdefault((key, category), Suppression(user_id=persona.user_id, name_key=key, category=category))
        row.sources = sorted({*row.sources, *sources})
    Suppression.objects.bulk_create([row for row in rows.values() if row.pk is None])
    Suppression.objects.bulk_update([row for row in rows.values() if row.pk is not None], ["sources"])


def _lift(persona: Persona, sources: set[uuid.UUID]) -> None:
    rows = list(Suppression.objects.filter(user_id=persona.user_id, sources__overlap=list(sources)))
    for row in rows:
        row.sources = [source for source in row.sources if source not in sources]
    Suppression.objects.bulk_update([row for row in rows if row.sources], ["sources"])
    free = [row.pk for row in rows if not row.sources]
    ExtractedTraitCandidate.objects.filter(suppressed_by__in=free, status=CandidateStatus.ARCHIVED).update(
        status=CandidateStatus.CANDIDATE, suppressed_by=None, version=F("version") + 1
    )
    Suppression.objects.filter(pk__in=free).delete()


def _any_key(keys: Iterable[Key], category_field: str = "category") -> Q:
    condition = Q(pk__in=[])
    for key, category in keys:
        condition |= Q(("name_key", key), (category_field, category))
    return condition
