"""What happens to a trait that a suggestion, or another trait, contradicts."""

import datetime as dt

from django.utils.translation import gettext

from ptfi.accounts.models import User
from traits.decisions.inputs import MAX_CONTEXT, Relation, clean_names, raise_faults
from traits.decisions.locking import locked_trait
from traits.decisions.recording import DecisionRecord
from traits.errors import InvalidError, NotFoundError
from traits.models import CandidateStatus, Decision, ExtractedTraitCandidate, PersonaTrait, TraitStatus


def settle(user: User, trait: PersonaTrait, relation: Relation, at: dt.datetime) -> list[DecisionRecord]:
    """Change the trait that the relation names accordingly, in memory, or the one that contradicts it (trait).

    Returns the record of the named trait; none if it stays as it is.
    """
    old = related_trait(user, relation)
    if relation.kind == "was_true_before":
        trait.status, trait.valid_to = TraitStatus.DORMANT, at
        return []
    record = DecisionRecord(Decision.STATUS_CHANGED, trait=old, relation=relation.state())
    old.last_refined_at = at
    if relation.kind == "replaces":
        old.status, old.valid_to, trait.valid_from = TraitStatus.DORMANT, at, at
    elif relation.kind == "both_true":
        record.decision = Decision.EDITED
        old.expression_contexts = contexts_of(trait, relation)
    elif relation.kind == "old_was_wrong":
        record.decision, record.trait = Decision.REMOVED, None
        reject_source(user, record, at)
    else:
        raise InvalidError(details={"relation": [gettext("This answer does not go with confirming.")]})
    return [record]


def related_trait(user: User, relation: Relation, version: int | None = None) -> PersonaTrait:
    """The trait that the relation names.

    Raises InvalidError if it never existed, TraitRemovedError if it was removed, and StaleVersionError if the caller
    saw another version of it.
    """
    try:
        return locked_trait(user, relation.trait_id, version)
    except NotFoundError:
        raise InvalidError(details={"relation": [gettext("There is no such trait.")]}) from None


def contexts_of(trait: PersonaTrait, relation: Relation) -> list[str]:
    contexts, faults = clean_names(relation.existing_contexts, MAX_CONTEXT)
    if not contexts or not trait.expression_contexts:
        faults = [*faults, gettext("Enter for each where it is true.")]
    raise_faults({"expression_contexts": faults})
    return contexts


def reject_source(user: User, record: DecisionRecord, at: dt.datetime) -> None:
    """Reject the suggestion behind a removed trait, so that it does not come back."""
    candidates = ExtractedTraitCandidate.objects.select_for_update(no_key=True).defer("search")
    candidate = candidates.filter(user=user, pk__in=[record.trait_id]).first()
    if candidate:
        record.touch_candidate(candidate)
        candidate.set_status(CandidateStatus.REJECTED, at)
