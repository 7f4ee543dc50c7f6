"""The shapes that the log keeps: evidence pieces, and the whole state of a candidate, a trait and a style element.

A state is plain JSON: times are ISO 8601 in UTC, ids are strings. Undoing and projecting read states and nothing else.
"""

import datetime as dt
import uuid
from typing import Any

from django.db.models import DateTimeField

from traits.models import CommunicationStyle, ExtractedTraitCandidate, PersonaTrait
from traits.text import name_key

State = dict[str, Any]
SIDES = ("candidate", "trait", "style")
"""What a state may be of, as the log names it."""


def iso(moment: dt.datetime | None) -> str | None:
    return moment.astimezone(dt.UTC).isoformat() if moment else None


def moment(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


def candidate_state(candidate: ExtractedTraitCandidate) -> State:
    """What was suggested and what was decided about it."""
    return {
        "candidate_id": str(candidate.candidate_id),
        "name": candidate.trait_name,
        "description": candidate.trait_description,
        "category": candidate.trait_category,
        "confidence": candidate.confidence_score,
        "models": list(candidate.originating_models),
        "concepts": list(candidate.concepts),
        "evidence": list(candidate.supporting_evidence),
        "status": candidate.status,
        "deferred_until": iso(candidate.deferred_until),
    }


KEPT_ELSEWHERE = ("trait_id", "user", "name_key", "version")
"""What a trait's state needs not hold: the entry says it, or it follows from the name."""


def trait_fields() -> tuple[list[str], list[str]]:
    """What the log keeps of a trait: every other column, those that are no times and those that are."""
    kept = [field for field in PersonaTrait._meta.concrete_fields if field.name not in KEPT_ELSEWHERE]
    times = [field.name for field in kept if isinstance(field, DateTimeField)]
    return [field.name for field in kept if field.name not in times], times


TRAIT_FIELDS, TRAIT_TIMES = trait_fields()


def trait_state(trait: PersonaTrait) -> State:
    """A trait as it stands; its version is the revision of the entry that holds the state."""
    state: State = {"trait_id": str(trait.trait_id)}
    state |= {field: getattr(trait, field) for field in TRAIT_FIELDS}
    return state | {field: iso(getattr(trait, field)) for field in TRAIT_TIMES}


def trait_from_state(user_id: uuid.UUID, state: State, version: int) -> PersonaTrait:
    """The row that holds this state."""
    return PersonaTrait(
        trait_id=uuid.UUID(state["trait_id"]),
        user_id=user_id,
        name_key=name_key(state["name"]),
        version=version,
        **{field: state[field] for field in TRAIT_FIELDS},
        **{field: moment(state[field]) for field in TRAIT_TIMES},
    )


STYLE_FIELDS = ("element", "context", "value")


def style_state(style: CommunicationStyle) -> State:
    """An element of the person's communication style in its context."""
    return {field: getattr(style, field) for field in STYLE_FIELDS}


def style_element(style: State) -> str:
    """What the log calls it: "element:context"; elements hold no colon, so the first one parts the two."""
    return f"{style['element']}:{style['context']}"


def style_from_state(user_id: uuid.UUID, state: State, version: int) -> CommunicationStyle:
    """The row that holds this state."""
    return CommunicationStyle(user_id=user_id, version=version, **{field: state[field] for field in STYLE_FIELDS})
