"""What becomes of a trait that a suggestion clashes with."""

import datetime as dt

from ptfi.accounts.models import User
from traits.decisions.inputs import MAX_CONTEXT, Relation, clean_names, raise_faults
from traits.decisions.locking import locked_trait
from traits.decisions.recording import Step, decide
from traits.errors import InvalidError, NotFoundError
from traits.log.snapshots import candidate_state, trait_state
from traits.models import CandidateStatus, Decision, ExtractedTraitCandidate, PersonaTrait, TraitStatus


def clash(user: User, trait: PersonaTrait, relation: Relation, at: dt.datetime) -> Step:
    """What becomes of the trait that the confirmed one clashes with."""
    old = related_trait(user, relation)
    step = Step(Decision.STATUS_CHANGED, trait_id=old.trait_id, trait_before=trait_state(old), trait=old)
    step.relation = relation.state()
    old.last_refined_at = at
    if relation.kind == "replaces":
        old.status, old.valid_to, trait.valid_from = TraitStatus.DORMANT, at, at
    elif relation.kind == "both_true":
        step.decision = Decision.EDITED
        old.expression_contexts = contexts_of(trait, relation)
    elif relation.kind == "old_was_wrong":
        step.decision, step.trait = Decision.REMOVED, None
        reject_source(user, step, at)
    else:
        raise InvalidError(details={"relation": ["This does not go with a confirmation."]})
    return step


def related_trait(user: User, relation: Relation, version: int | None = None) -> PersonaTrait:
    """The trait that the relation names; InvalidError when there never was one, TraitRemovedError when it has gone.

    StaleVersionError when the caller saw another version of it.
    """
    try:
        return locked_trait(user, relation.trait_id, version)
    except NotFoundError:
        raise InvalidError(details={"relation": ["There is no such trait."]}) from None


def contexts_of(trait: PersonaTrait, relation: Relation) -> list[str]:
    contexts, faults = clean_names(relation.existing_contexts, MAX_CONTEXT)
    if not contexts or not trait.expression_contexts:
        faults = [*faults, "Say for each where it is true."]
    raise_faults({"expression_contexts": faults})
    return contexts


def reject_source(user: User, step: Step, at: dt.datetime) -> None:
    """The suggestion that a removed trait came from counts as rejected, so that it does not come back."""
    candidates = ExtractedTraitCandidate.objects.select_for_update(no_key=True).defer("search")
    candidate = candidates.filter(user=user, pk__in=[step.trait_id]).first()
    if candidate:
        step.candidate, step.candidate_before = candidate, candidate_state(candidate)
        decide(candidate, CandidateStatus.REJECTED, at)
