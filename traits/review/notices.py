"""Notices about decisions on many suggestions and about undoing, in whole sentences."""

import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext, ngettext

from ptfi.texts import isolated
from traits import decisions
from traits.decisions.bulk import BulkOutcome
from traits.log.versions import lifted
from traits.log.words import changes_stay
from traits.models import CandidateStatus, Decision, UserRefinedTrait
from traits.models.styles import element_words


def decided_many(decision: str, outcome: BulkOutcome) -> str:
    """Say what one decision about many suggestions did, and what it left out."""
    # Rejecting takes along what says the same as one of the selected.
    number = len(outcome.entries)
    sentences = [DONE[decision](number) % {"number": number}]
    merged = sum(1 for entry in outcome.entries if entry.user_decision == Decision.MERGED)
    if merged:
        text = ngettext(
            "%(number)d of them was merged into a trait of the same name.",
            "%(number)d of them were merged into traits of the same name.",
            merged,
        )
        sentences.append(text % {"number": merged})
    return " ".join([*sentences, *_left_out(outcome.outcomes)])


DONE: dict[str, Callable[[int], str]] = {
    Decision.CONFIRMED_ASIS: lambda number: ngettext(
        "Confirmed %(number)d suggestion.", "Confirmed %(number)d suggestions.", number
    ),
    Decision.REJECTED: lambda number: ngettext(
        "Rejected %(number)d suggestion.", "Rejected %(number)d suggestions.", number
    ),
    Decision.DEFERRED: lambda number: ngettext(
        "Snoozed %(number)d suggestion.", "Snoozed %(number)d suggestions.", number
    ),
}
"""By decision."""


def _left_out(outcomes: dict[uuid.UUID, str]) -> list[str]:
    number = Counter(outcomes.values())
    said = {
        "refused": ngettext(
            "%(number)d left out: review this one by itself.",
            "%(number)d left out: review these one by one.",
            number["refused"],
        ),
        "already_decided": ngettext(
            "%(number)d left out: already decided.", "%(number)d left out: already decided.", number["already_decided"]
        ),
        "not_found": ngettext(
            "%(number)d left out: no longer available.",
            "%(number)d left out: no longer available.",
            number["not_found"],
        ),
    }
    return [text % {"number": number[why]} for why, text in said.items() if number[why]]


def undone(outcome: decisions.UndoOutcome) -> str:
    """Say what was undone, and what of a batch could not be."""
    number = len(outcome.undone)
    if number == 1:
        text = _undone(outcome.undone[0])
    elif all(_is_to_review(entry) for entry in outcome.undone):
        text = ngettext(
            "Undone. %(number)d suggestion is back in your queue.",
            "Undone. %(number)d suggestions are back in your queue.",
            number,
        ) % {"number": number}
    else:
        text = ngettext("Undone: %(number)d change.", "Undone: %(number)d changes.", number) % {"number": number}
    return f"{text} {changes_stay(outcome.skipped)}" if outcome.skipped else text


def _undone(entry: UserRefinedTrait) -> str:
    content = lifted(entry.content)
    before, after = content["before"], content["after"]
    if entry.style_element:
        element = element_words(entry.style_element.partition(":")[0])
        return gettext("Undone. Your style is as it was before: %(element)s.") % {"element": element}
    return _said_of(entry, before, after) % {"name": _name_in(before["candidate"], after["trait"], before["trait"])}


def _said_of(entry: UserRefinedTrait, before: dict[str, Any], after: dict[str, Any]) -> str:
    if _is_to_review(entry):
        return gettext("Undone. “%(name)s” is back in your queue.")
    if after["trait"] and not before["trait"] and not before["candidate"]:
        return gettext("Undone. “%(name)s” is no longer part of your persona.")
    if before["trait"] and not after["trait"]:
        return gettext("Undone. “%(name)s” is part of your persona again.")
    return gettext("Undone. “%(name)s” is as it was before.")


def _is_to_review(entry: UserRefinedTrait) -> bool:
    before = lifted(entry.content)["before"]["candidate"]
    return bool(before) and before["status"] == CandidateStatus.CANDIDATE


def _name_in(*states: dict[str, Any] | None) -> str:
    return isolated(next((state["name"] for state in states if state), ""))
