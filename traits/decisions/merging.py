"""Merging suggestions into a trait, in memory: what says the same becomes one."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence

from django.utils.translation import gettext

from ptfi.accounts.models import User
from ptfi.web.language import grouped
from traits.decisions.inputs import NO_CHANGES, Changes
from traits.decisions.recording import DecisionRecord
from traits.evidence import Piece, pooled, without_lines
from traits.log.snapshots import trait_from_state, trait_state
from traits.models import (
    MAX_EVIDENCE,
    MAX_LIST,
    CandidateStatus,
    Decision,
    ExtractedTraitCandidate,
    PersonaTrait,
    TraitStatus,
)
from traits.text import Spelling, best_spelling, name_key, once_each


def trait_named(
    user: User, candidate: ExtractedTraitCandidate, changes: Changes, *, is_named: bool
) -> PersonaTrait | None:
    """The trait of the person that has the name and category which the suggestion has after the changes.

    is_named: whether there is one with those that it had before.
    """
    before = (candidate.name_key, candidate.trait_category)
    key = (name_key(changes.name or candidate.trait_name), changes.category or candidate.trait_category)
    if key == before and not is_named:
        return None
    known = traits_by_name(user, {key[0]}).get(key)
    return known if known and known.pk != candidate.pk else None


def traits_by_name(user: User, name_keys: set[str]) -> dict[tuple[str, str], PersonaTrait]:
    """The person's traits with these name keys that are not dormant, by name key and category; the oldest of each."""
    mine = PersonaTrait.objects.filter(user=user, name_key__in=name_keys).exclude(status=TraitStatus.DORMANT)
    found: dict[tuple[str, str], PersonaTrait] = {}
    for trait in mine.order_by("created_at", "pk"):
        found.setdefault((trait.name_key, trait.category), trait)
    return found


def best_name(candidates: Sequence[ExtractedTraitCandidate]) -> str:
    """The best spelling among suggestions that say the same; the first of them is the one that is confirmed."""
    own, *others = map(spelling_of, candidates)
    return best_spelling(own, others).name


def spelling_of(row: ExtractedTraitCandidate) -> Spelling:
    return Spelling(len(row.supporting_evidence), row.confidence_score, str(row.pk), row.trait_name)


def merged_after(
    record: DecisionRecord, candidates: Iterable[ExtractedTraitCandidate], at: dt.datetime
) -> list[DecisionRecord]:
    """The records that merge the candidates into the record's trait, one after the other; without those for which it
    has no room.
    """
    records = list[DecisionRecord]()
    for candidate in candidates:
        trait = (records[-1] if records else record).trait
        if trait and (merged := merging(candidate, trait, at)):
            records.append(merged)
    return records


def merging(candidate: ExtractedTraitCandidate, trait: PersonaTrait, at: dt.datetime) -> DecisionRecord | None:
    """The merge into the trait as the preceding records leave it; None if the trait has no room."""
    # Copy the trait, because each record keeps the trait's state of its own time.
    trait = trait_from_state(candidate.user_id, trait_state(trait), trait.version)
    record = DecisionRecord(Decision.MERGED, candidate, trait)
    return None if merge_into(trait, candidate, [], at) else record


def write_changes(trait: PersonaTrait, changes: Changes) -> set[str]:
    """Apply the changes to the trait, in memory; returns the names of the fields that differ."""
    changed = {field for field, value in changes.given().items() if getattr(trait, field) != value}
    for field in changed:
        setattr(trait, field, getattr(changes, field))
    return changed


def merge_into(
    trait: PersonaTrait,
    candidate: ExtractedTraitCandidate,
    own: list[Piece],
    at: dt.datetime,
    changes: Changes = NO_CHANGES,
) -> list[str]:
    """Merge the candidate into the trait, in memory; if it does not fit, return why and change nothing.

    changes: what the person changed in the suggestion; their topics are added, the rest replaces what the trait had.
    """
    concepts = candidate.concepts if changes.concepts is None else changes.concepts
    pieces = [*without_lines(candidate.supporting_evidence), *own]
    faults = absorb(trait, pieces, concepts, candidate.created_at)
    if not faults:
        write_changes(trait, dataclasses.replace(changes, concepts=None))
        trait.last_refined_at = at
        candidate.set_status(CandidateStatus.REFINED, at)
    return faults


def absorb(trait: PersonaTrait, pieces: list[Piece], concepts: list[str], observed_at: dt.datetime | None) -> list[str]:
    """Add evidence and concepts to the trait, in memory; if they do not fit, return why and change nothing."""
    evidence, names = pooled(trait.evidence, pieces), once_each([*trait.concepts, *concepts])
    faults = []
    if len(evidence) > MAX_EVIDENCE:
        faults.append(
            gettext("The trait would have more than %(most)s pieces of evidence.") % {"most": grouped(MAX_EVIDENCE)}
        )
    if len(names) > MAX_LIST:
        faults.append(gettext("The trait would have more than %(most)s topics.") % {"most": MAX_LIST})
    if not faults:
        trait.evidence, trait.concepts = evidence, names
        trait.last_observed_at = max(filter(None, (trait.last_observed_at, observed_at)), default=None)
    return faults
