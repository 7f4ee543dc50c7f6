"""How two of the person's traits relate: duplicates, one replaced the other, both true, or one was wrong.

Each function is one transaction, as in candidates.py, and raises NotFoundError, TraitRemovedError, StaleVersionError
and InvalidError.
"""

import datetime as dt
import uuid

from django.utils.translation import gettext

from ptfi.accounts.models import User
from traits.decisions.candidates import Outcome
from traits.decisions.conflicts import reject_source, related_trait, settle
from traits.decisions.inputs import MAX_CONTEXT, Relation, clean_names, raise_faults
from traits.decisions.locking import atomic, lock, locked_trait
from traits.decisions.merging import absorb
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
    """Settle a pair of traits: trait_id stays, and relation names the other one and what happens to it.

    same: its evidence and concepts move here, and it is removed; replaces: it becomes dormant; old_was_wrong: it is
    removed; both_true: contexts says where this trait is true, relation.existing_contexts where the other one is. A
    change to both traits is one batch, which can be undone as a whole.
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
        records = settle(user, trait, relation, at)
    if relation.kind != "old_was_wrong":
        trait.last_refined_at = at
        records.append(record)
    return Outcome(entries=record_decision(persona, records, actor=actor, at=at), trait=trait)


def _absorbed(
    user: User, trait: PersonaTrait, other: PersonaTrait, relation: Relation, at: dt.datetime
) -> DecisionRecord:
    """Remove the other trait and give its evidence and concepts to this one, in memory."""
    raise_faults({"relation": absorb(trait, other.evidence, other.concepts, other.last_observed_at)})
    record = DecisionRecord(Decision.REMOVED, trait=other, relation=relation.state())
    record.trait = None
    reject_source(user, record, at)
    return record


def _apart(contexts: list[str], relation: Relation) -> list[str]:
    """The cleaned contexts of the trait; raises InvalidError if they equal those of the other trait."""
    cleaned, faults = clean_names(contexts, MAX_CONTEXT)
    if {name_key(name) for name in cleaned} == {name_key(name) for name in relation.existing_contexts}:
        faults = [*faults, gettext("Enter for each where it is true; the places must differ.")]
    raise_faults({"expression_contexts": faults})
    return cleaned
