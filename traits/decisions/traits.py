"""The decisions about traits that the person has: add, edit, set the status, remove.

Each function is one transaction, as in candidates.py, and raises NotFoundError, TraitRemovedError, StaleVersionError
and InvalidError.
"""

import uuid

from django.utils.translation import gettext

from ptfi.accounts.models import User
from traits.decisions.candidates import Outcome, with_verdicts
from traits.decisions.conflicts import reject_source
from traits.decisions.inputs import (
    NO_EVIDENCE,
    RATING_ALONE,
    Changes,
    Evidence,
    clean_changes,
    clean_evidence,
    clean_text,
    raise_faults,
)
from traits.decisions.locking import atomic, lock, locked_trait
from traits.decisions.merging import write_changes
from traits.decisions.recording import DecisionRecord, record_decision
from traits.errors import InvalidError
from traits.evidence import own_piece, union
from traits.log.entries import Actor
from traits.models import Decision, Origin, Persona, PersonaTrait, TraitStatus


@atomic
def add_trait(*, user: User, actor: Actor, changes: Changes, own_evidence: list[str] | None = None) -> Outcome:
    """Add a trait that the person writes; it needs a name and a category."""
    changes = clean_changes(changes)
    missing = {
        field: [gettext("This is required.")] for field in ("name", "category") if getattr(changes, field) is None
    }
    raise_faults(missing)
    evidence = clean_evidence(Evidence(own=own_evidence or []), set())
    persona = lock(user)
    at = persona.next_moment()
    trait = PersonaTrait(
        user=user,
        origin=Origin.USER_DEFINED,
        confidence=1.0,
        created_at=at,
        last_refined_at=at,
        last_observed_at=at,
    )
    trait.evidence = [own_piece(trait.trait_id, text) for text in evidence.own]
    write_changes(trait, changes)
    record = DecisionRecord(Decision.USER_ADDED, trait_id=trait.trait_id, notes=changes.notes or "")
    record.trait = trait
    return Outcome(entries=record_decision(persona, [record], actor=actor, at=at), trait=trait)


@atomic
def edit_trait(
    *,
    user: User,
    actor: Actor,
    trait_id: uuid.UUID,
    changes: Changes,
    evidence: Evidence = NO_EVIDENCE,
    version: int | None = None,
) -> Outcome:
    """Change the fields that differ; raises InvalidError if none does. A suggested trait then counts as refined."""
    persona = lock(user)
    trait = locked_trait(user, trait_id, version)
    record, changes = DecisionRecord(Decision.EDITED, trait=trait), clean_changes(changes)
    before = trait.evidence
    evidence = clean_evidence(evidence, {piece["evidence_id"] for piece in trait.evidence})
    own = [own_piece(trait_id, text) for text in evidence.own]
    trait.evidence = union(with_verdicts(trait.evidence, evidence.verdicts), own)
    changed = write_changes(trait, changes)
    if not changed and trait.evidence == before:
        raise InvalidError(gettext("Nothing was changed."))
    if trait.origin == Origin.AI_CONFIRMED and changed != RATING_ALONE:
        trait.origin = Origin.AI_REFINED
    record.notes = changes.notes or ""
    return _refined(persona, actor, trait, record)


@atomic
def set_status(*, user: User, actor: Actor, trait_id: uuid.UUID, status: str, version: int | None = None) -> Outcome:
    """Make the trait active, dormant or experimental."""
    persona = lock(user)
    trait = locked_trait(user, trait_id, version)
    record = DecisionRecord(Decision.STATUS_CHANGED, trait=trait)
    if status not in TraitStatus.values:
        raise InvalidError(details={"status": [gettext("Choose active, dormant or experimental.")]})
    if status == trait.status:
        raise InvalidError(gettext("The trait already has this status."))
    trait.status = status
    if status != TraitStatus.DORMANT:
        trait.valid_to = None
    return _refined(persona, actor, trait, record)


def _refined(persona: Persona, actor: Actor, trait: PersonaTrait, record: DecisionRecord) -> Outcome:
    trait.last_refined_at = at = persona.next_moment()
    return Outcome(entries=record_decision(persona, [record], actor=actor, at=at), trait=trait)


@atomic
def remove_trait(
    *, user: User, actor: Actor, trait_id: uuid.UUID, reason: str = "", version: int | None = None
) -> Outcome:
    """Remove the trait from the persona; its suggestion counts as rejected. The log keeps the trait's history."""
    persona = lock(user)
    trait = locked_trait(user, trait_id, version)
    at = persona.next_moment()
    record = DecisionRecord(Decision.REMOVED, trait=trait, reason=clean_text("reason", reason))
    record.trait = None
    reject_source(user, record, at)
    return Outcome(entries=record_decision(persona, [record], actor=actor, at=at), candidate=record.candidate)
