"""The person's communication style: elements such as FormalityLevel, each with a value, in a context.

The context "" means everywhere. A context is stored as its name key, so that "Work" and "work " are the same.
"""

import dataclasses
import hashlib
import unicodedata
import uuid
from collections import defaultdict
from typing import Any

from django.utils.translation import gettext

from ptfi.accounts.models import User
from ptfi.texts import composed, one_line, shows_nothing
from traits.decisions.inputs import MAX_CONTEXT, raise_faults, text_faults
from traits.decisions.locking import atomic, lock
from traits.decisions.recording import DecisionRecord, record_decision
from traits.errors import InvalidError, StaleVersionError
from traits.log.entries import Actor
from traits.log.snapshots import style_element, style_state
from traits.models import MAX_LIST, CommunicationStyle, Decision, UserRefinedTrait
from traits.models.styles import STYLE_ELEMENTS
from traits.text import name_key

MAX_ELEMENT = 100
MAX_VALUE = 100
# Larger numbers lose precision in the graph and in a client's JavaScript.
LARGEST = 2**53
SPELLINGS = {name_key(element): element for element in STYLE_ELEMENTS}


@dataclasses.dataclass(frozen=True, kw_only=True)
class StyleOutcome:
    """The result of changing styles.

    entries: empty if nothing changed; changed: element → new value, None if it was removed; styles: the resulting map.
    """

    entries: list[UserRefinedTrait]
    changed: dict[str, Any]
    styles: dict[str, Any]

    @property
    def action_id(self) -> uuid.UUID | None:
        """The id that undo() takes; None if nothing changed."""
        return (self.entries[0].batch_id or self.entries[0].refinement_action_id) if self.entries else None


@dataclasses.dataclass(frozen=True, kw_only=True)
class ContextStyles:
    """A context's own map and the map for everywhere.

    contexts: all contexts that have a map; seen: the fingerprint for put_styles.
    """

    context: str
    own: dict[str, Any]
    everywhere: dict[str, Any]
    contexts: list[str]
    seen: str


def context_styles(user: User, context: str) -> ContextStyles:
    """The styles of a context, and those for everywhere. Raises InvalidError for an invalid context."""
    context, maps = clean_context(context), defaultdict[str, dict[str, CommunicationStyle]](dict)
    for row in CommunicationStyle.objects.filter(user=user).order_by("context", "element"):
        maps[row.context][row.element] = row
    return ContextStyles(
        context=context,
        own=_values(maps.get(context, {})),
        everywhere=_values(maps.get("", {})),
        contexts=list(maps),
        seen=_seen(maps.get(context, {})),
    )


def _seen(rows: dict[str, CommunicationStyle]) -> str:
    """A fingerprint that changes with the context: a hash of its elements and their versions."""
    versions = sorted((element, row.version) for element, row in rows.items())
    return hashlib.sha256(repr(versions).encode()).hexdigest()[:16]


def styles(user: User, context: str) -> dict[str, Any]:
    """The map from element to value for one context. Raises InvalidError for an invalid context."""
    return _values(_mine(user, clean_context(context)))


def all_styles(user: User) -> dict[str, dict[str, Any]]:
    """The maps of all contexts."""
    found = defaultdict[str, dict[str, Any]](dict)
    for style in CommunicationStyle.objects.filter(user=user).order_by("context", "element"):
        found[style.context][style.element] = style.value
    return dict(found)


def _mine(user: User, context: str) -> dict[str, CommunicationStyle]:
    rows = CommunicationStyle.objects.filter(user=user, context=context).order_by("element")
    return {row.element: row for row in rows}


def _values(rows: dict[str, CommunicationStyle]) -> dict[str, Any]:
    return {element: row.value for element, row in rows.items()}


@atomic
def put_styles(
    *, user: User, actor: Actor, context: str, styles: dict[str, Any], seen: str | None = None
) -> StyleOutcome:
    """Replace the context's map; elements that the new one lacks are removed. Each changed element gets its own entry.

    An element's name is 1–100 characters without a colon, which separates element and context in the log; a value is a
    text of at most 100 characters or a number. Raises InvalidError, with details by element, and StaleVersionError if
    the context differs from what the caller saw (ContextStyles.seen); nothing is changed then.
    """
    context, styles = clean_context(context), _clean_styles(styles)
    persona = lock(user)
    rows = _mine(user, context)
    if seen is not None and seen != _seen(rows):
        raise StaleVersionError
    if styles and not rows:
        _check_room(user)
    had = _values(rows)
    gone: dict[str, Any] = dict.fromkeys(sorted(had.keys() - styles.keys()))
    changed = {element: value for element, value in styles.items() if element not in had or had[element] != value}
    changed |= gone
    records = [_changed(user, context, element, value, rows.get(element)) for element, value in changed.items()]
    entries = record_decision(persona, records, actor=actor, at=persona.next_moment())
    return StyleOutcome(entries=entries, changed=changed, styles=dict(sorted(styles.items())))


def _changed(user: User, context: str, element: str, value: Any, row: CommunicationStyle | None) -> DecisionRecord:
    """The record that sets the element's value; None removes the element."""
    style = CommunicationStyle(user=user, element=element, context=context, value=value)
    record = DecisionRecord(Decision.STYLE_CHANGED, style=row, style_element=style_element(style_state(style)))
    record.style = style if value is not None else None
    return record


def _check_room(user: User) -> None:
    contexts = CommunicationStyle.objects.filter(user=user).values("context").distinct()
    if contexts.count() >= MAX_LIST:
        raise InvalidError(details={"context": [gettext("At most %(most)s contexts.") % {"most": MAX_LIST}]})


def clean_context(context: str) -> str:
    """The context in its stored form. Raises InvalidError."""
    faults = _name_faults(context.strip(), MAX_CONTEXT)
    key = "" if faults else name_key(context)
    # Check again, because normalizing can make a text longer.
    raise_faults({"context": faults or text_faults(key, MAX_CONTEXT)})
    return key


def _name_faults(name: str, longest: int) -> list[str]:
    """Why this is not a valid name; empty if it is."""
    faults = text_faults(name, longest)
    hidden = any(unicodedata.category(char) == "Cc" for char in name)
    return faults or ([gettext("This contains a control character.")] if hidden else [])


def _clean_styles(styles: dict[str, Any]) -> dict[str, Any]:
    if len(styles) > MAX_LIST:
        raise InvalidError(details={"styles": [gettext("At most %(most)s settings.") % {"most": MAX_LIST}]})
    # Checked first, without naming the element: an invalid name can't be repeated as a field of the error.
    raise_faults({"styles": [fault for element in styles for fault in _name_faults(element, MAX_ELEMENT)]})
    raise_faults({element: _element_faults(element) or _value_faults(element, styles[element]) for element in styles})
    return {composed(element): _plain(value) for element, value in styles.items()}


def _element_faults(element: str) -> list[str]:
    if shows_nothing(element) or composed(element) != one_line(element):
        return [gettext("Enter a name, without spaces around it.")]
    if ":" in element:
        return [gettext("Enter a name without a colon.")]
    spelling = SPELLINGS.get(name_key(element), element)
    return [] if spelling == element else [gettext("Spell this %(spelling)s.") % {"spelling": spelling}]


def _value_faults(element: str, value: Any) -> list[str]:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if element == "EmojiPreference":
        return [] if number and 0 <= value <= 1 else [gettext("Enter a number from 0 to 1.")]
    if element in STYLE_ELEMENTS:
        return (
            []
            if value in STYLE_ELEMENTS[element]
            else [gettext("Choose one of these: %(values)s.") % {"values": ", ".join(STYLE_ELEMENTS[element])}]
        )
    if isinstance(value, str):
        return text_faults(value, MAX_VALUE)
    # NaN and infinity fail the comparison, too.
    return (
        []
        if number and abs(value) <= LARGEST
        else [gettext("Enter a text, or a number from %(least)s to %(most)s.") % {"least": -LARGEST, "most": LARGEST}]
    )


def _plain(value: Any) -> Any:
    """Turn whole floats into integers, and texts into the form in which they are stored.

    PostgreSQL keeps no exponent and no minus zero, and the log's hash covers the value.
    """
    if isinstance(value, str):
        return composed(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value
