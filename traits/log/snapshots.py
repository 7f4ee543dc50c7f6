"""The states that the log keeps: pieces of evidence, and whole candidates, traits and style elements.

A state is plain JSON: times are ISO 8601 in UTC, ids are strings. Undo and projection read states and nothing else.
"""

import datetime as dt
import uuid
from typing import Any

from django.db.models import DateTimeField
from django.utils import timezone
from django.utils.formats import date_format

from ptfi.texts import sort_key
from traits.evidence import without_lines
from traits.models import CommunicationStyle, ExtractedTraitCandidate, PersonaTrait
from traits.text import name_key

State = dict[str, Any]
SIDES = ("candidate", "trait", "style")
"""The kinds of states, as the log names them."""


def iso(moment: dt.datetime | None) -> str | None:
    return moment.astimezone(dt.UTC).isoformat() if moment else None


def moment(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


def moment_words(text: str | None) -> str:
    """A moment of a snapshot in the reader's language and time zone; "" for none."""
    at = moment(text)
    return date_format(timezone.localtime(at), "DATETIME_FORMAT") if at else ""


def candidate_state(candidate: ExtractedTraitCandidate) -> State:
    """The suggestion, and what was decided about it."""
    return {
        "candidate_id": str(candidate.candidate_id),
        "name": candidate.trait_name,
        "description": candidate.trait_description,
        "category": candidate.trait_category,
        "confidence": candidate.confidence_score,
        "models": list(candidate.originating_models),
        "concepts": list(candidate.concepts),
        "evidence": without_lines(candidate.supporting_evidence),
        "status": candidate.status,
        "deferred_until": iso(candidate.deferred_until),
    }


KEPT_ELSEWHERE = ("trait_id", "user", "name_key", "sort_key", "version")
"""Columns that a trait's state omits, because the entry has them or they follow from the name."""


def trait_fields() -> tuple[list[str], list[str]]:
    """The columns of a trait that the log keeps, all except those in KEPT_ELSEWHERE: other values, then times."""
    kept = [field for field in PersonaTrait._meta.concrete_fields if field.name not in KEPT_ELSEWHERE]
    times = [field.name for field in kept if isinstance(field, DateTimeField)]
    return [field.name for field in kept if field.name not in times], times


TRAIT_FIELDS, TRAIT_TIMES = trait_fields()


def trait_state(trait: PersonaTrait) -> State:
    """The trait's current state; its version is the revision of the entry that holds the state."""
    state: State = {"trait_id": str(trait.trait_id)}
    state |= {field: getattr(trait, field) for field in TRAIT_FIELDS}
    return state | {field: iso(getattr(trait, field)) for field in TRAIT_TIMES}


def trait_from_state(user_id: uuid.UUID, state: State, version: int) -> PersonaTrait:
    """The trait's row, rebuilt from its state."""
    return PersonaTrait(
        trait_id=uuid.UUID(state["trait_id"]),
        user_id=user_id,
        name_key=name_key(state["name"]),
        sort_key=sort_key(state["name"]),
        version=version,
        **{field: state[field] for field in TRAIT_FIELDS},
        **{field: moment(state[field]) for field in TRAIT_TIMES},
    )


STYLE_FIELDS = ("element", "context", "value")


def style_state(style: CommunicationStyle) -> State:
    """An element of the person's communication style in its context."""
    return {field: getattr(style, field) for field in STYLE_FIELDS}


def style_element(style: State) -> str:
    """The key in the log, "element:context"; elements contain no colon, so the first one separates the two."""
    return f"{style['element']}:{style['context']}"


def style_from_state(user_id: uuid.UUID, state: State, version: int) -> CommunicationStyle:
    """The style element's row, rebuilt from its state."""
    return CommunicationStyle(user_id=user_id, version=version, **{field: state[field] for field in STYLE_FIELDS})
