"""Checks of what a person writes, the same for pages, API and MCP."""

import dataclasses
import uuid
from typing import Any

from django.utils.translation import gettext

from ptfi.texts import composed, one_line, shows_nothing
from ptfi.web.language import grouped
from traits.errors import InvalidError
from traits.models import MAX_EVIDENCE, MAX_EVIDENCE_TEXT, MAX_LIST, MAX_NAME, MAX_TEXT, Category, Verdict
from traits.text import name_fault, once_each

MAX_CONTEXT = 100
RATING_ALONE = frozenset({"user_confidence"})
"""Fields that only say how well a trait fits; changing them does not refine what the models said."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Changes:
    """The person's changes to a trait; None leaves a field unchanged. user_confidence is 1–5."""

    name: str | None = None
    description: str | None = None
    category: str | None = None
    user_confidence: int | None = None
    notes: str | None = None
    concepts: list[str] | None = None
    expression_contexts: list[str] | None = None

    def given(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if value is not None}


NO_CHANGES = Changes()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Evidence:
    """Verdicts by evidence id, and the person's own texts to add."""

    verdicts: dict[str, str] = dataclasses.field(default_factory=dict)
    own: list[str] = dataclasses.field(default_factory=list)


NO_EVIDENCE = Evidence()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Relation:
    """How a suggestion or trait relates to another trait.

    kind: replaces, was_true_before (the other trait holds now, and this one held before), both_true, old_was_wrong or
    new_is_wrong. existing_contexts: with both_true, the contexts in which the trait trait_id remains true.
    """

    trait_id: uuid.UUID
    kind: str
    existing_contexts: list[str] = dataclasses.field(default_factory=list)

    def state(self) -> dict[str, Any]:
        return dataclasses.asdict(self) | {"trait_id": str(self.trait_id)}


def text_faults(text: str, longest: int) -> list[str]:
    """Why this text can't be stored or is too long; empty if it is fine."""
    faults = []
    if len(text) > longest:
        faults.append(
            gettext("At most %(most)s characters, not %(number)s.")
            % {"most": grouped(longest), "number": grouped(len(text))}
        )
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        faults.append(gettext("This contains a character that cannot be stored."))
    return faults


def name_faults(name: str) -> list[str]:
    """The faults in the characters of a name."""
    if shows_nothing(name):
        return [gettext("Enter a name.")]
    fault = name_fault(name)
    return [fault] if fault else []


def clean_changes(changes: Changes) -> Changes:
    """Trim the changes and drop near-equal list entries. Raises InvalidError with all faults by field."""
    given, details = changes.given(), dict[str, list[str]]()
    for field, longest in (("name", MAX_NAME), ("description", MAX_TEXT), ("notes", MAX_TEXT)):
        if field in given:
            given[field] = (one_line if field == "name" else trimmed)(given[field])
            details[field] = text_faults(given[field], longest)
    if "name" in given:
        details["name"] = details["name"] or name_faults(given["name"])
    if "category" in given and given["category"] not in Category.values:
        details["category"] = [gettext("This is not one of the categories.")]
    if given.get("user_confidence") not in (None, 1, 2, 3, 4, 5):
        details["user_confidence"] = [gettext("Enter a whole number from 1 to 5.")]
    for field, longest in (("concepts", MAX_NAME), ("expression_contexts", MAX_CONTEXT)):
        if field in given:
            given[field], details[field] = clean_names(given[field], longest)
    raise_faults(details)
    return Changes(**given)


def clean_names(names: list[str], longest: int) -> tuple[list[str], list[str]]:
    """The names as they are stored, each name key once in its first spelling, and their faults."""
    cleaned = once_each(one_line(name) for name in names if not shows_nothing(name))
    faults = [gettext("At most %(most)s entries.") % {"most": MAX_LIST}] if len(cleaned) > MAX_LIST else []
    for name in cleaned:
        faults += text_faults(name, longest) or name_faults(name)
    return cleaned, list(dict.fromkeys(faults))


def clean_evidence(evidence: Evidence, known: set[str]) -> Evidence:
    """Trim the person's own texts. Raises InvalidError for unknown pieces, unknown verdicts and faulty texts."""
    if not evidence.verdicts and not evidence.own:
        return evidence
    details = dict[str, list[str]]()
    if not evidence.verdicts.keys() <= known:
        details["evidence"] = [gettext("One of the pieces of evidence does not belong to this.")]
    if not set(evidence.verdicts.values()) <= {*Verdict.values, ""}:
        details.setdefault("evidence", []).append(gettext("One of the verdicts does not exist."))
    own = list(dict.fromkeys(filter(None, map(trimmed, evidence.own))))
    details["own_evidence"] = [fault for text in own for fault in text_faults(text, MAX_EVIDENCE_TEXT)]
    if own and len(own) + len(known) > MAX_EVIDENCE:
        details["own_evidence"].append(
            gettext("At most %(most)s pieces of evidence.") % {"most": grouped(MAX_EVIDENCE)}
        )
    raise_faults(details)
    return Evidence(verdicts=evidence.verdicts, own=own)


def clean_text(field: str, text: str, longest: int = MAX_TEXT) -> str:
    """Return the text as it is stored. Raises InvalidError that names the field."""
    text = trimmed(text)
    raise_faults({field: text_faults(text, longest)})
    return text


def trimmed(text: str) -> str:
    """The form in which texts of several lines are stored; what shows nothing is empty, if it can be stored."""
    return "" if shows_nothing(text) and "\x00" not in text else composed(text.strip())


def raise_faults(details: dict[str, list[str]]) -> None:
    """Raise InvalidError if any field has a fault."""
    found = {field: faults for field, faults in details.items() if faults}
    if found:
        raise InvalidError(details=found)
