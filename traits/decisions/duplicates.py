"""How two traits that the person has stand to each other: the same, one after the other, both, or one was wrong.

As in candidates.py: each is one transaction; NotFoundError, TraitRemovedError, StaleVersionError, InvalidError.
"""

import datetime as dt
import uuid

from django.utils.translation import gettext

from ptfi.accounts.models import User
from traits.decisions.candidates import Outcome, absorb
from traits.decisions.conflicts import reject_source, related_trait, settle
from traits.decisions.inputs import MAX_CONTEXT, Relation, clean_names, raise_faults
from traits.decisions.locking import atomic, lock, locked_trait
from traits.decisions.recording import DecisionRecord, record_decision
from traits.errors import InvalidError
from traits.log.entries import Actor
from traits.models import Decision, PersonaTrait
from traits.text import name_key

KINDS = ("same", "replaces", "both_true", "old_was_wrong")


@atomic
def relate(
    *,
    user: User,
    actor: Actor,
    trait_id: uuid.UUID,
    relation: Relation,
    contexts: list[str] | None = None,
    version: int | None = None,
    other_version: int | None = None,
) -> Outcome:
    """Settle a pair of traits: trait_id is the one that stays, relation names the other and what becomes of it.

    same: its evidence and concepts come here, and it is removed; replaces: it is dormant from now on; old_was_wrong: it
    is removed; both_true: contexts says where this one is true, relation.existing_contexts where the other is. What
    changes both is one batch, which undoes as one.
    """
    if relation.kind not in KINDS or relation.trait_id == trait_id:
        raise InvalidError(details={"relation": [gettext("Choose how two different traits are related.")]})
    persona = lock(user)
    trait, other = locked_trait(user, trait_id, version), related_trait(user, relation, other_version)
    at, record = persona.next_moment(), DecisionRecord(Decision.EDITED, trait=trait, relation=relation.state())
    if relation.kind == "same":
        records = [_absorbed(user, trait, other, relation, at)]
    else:
        if relation.kind == "both_true":
            trait.expression_contexts = _apart(contexts or [], relation)
        records = [settle(user, trait, relation, at)]
    if relation.kind != "old_was_wrong":
        trait.last_refined_at = at
        records.append(record)
    return Outcome(entries=record_decision(persona, records, actor=actor, at=at), trait=trait)


def _absorbed(
    user: User, trait: PersonaTrait, other: PersonaTrait, relation: Relation, at: dt.datetime
) -> DecisionRecord:
    """The removal of the other, whose evidence and concepts the trait has now, in memory."""
    raise_faults({"relation": absorb(trait, other.evidence, other.concepts, other.last_observed_at)})
    record = DecisionRecord(Decision.REMOVED, trait=other, relation=relation.state())
    record.trait = None
    reject_source(user, record, at)
    return record


def _apart(contexts: list[str], relation: Relation) -> list[str]:
    """Where the trait is true; InvalidError when that is just where the other one is."""
    cleaned, faults = clean_names(contexts, MAX_CONTEXT)
    if {name_key(name) for name in cleaned} == {name_key(name) for name in relation.existing_contexts}:
        faults = [*faults, gettext("Enter for each where it is true; the places must differ.")]
    raise_faults({"expression_contexts": faults})
    return cleaned
