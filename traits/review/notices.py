"""Notices about decisions on many suggestions and about undoing, in whole sentences."""

import dataclasses
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from ptfi.texts import Text, isolated
from traits import decisions
from traits.log.versions import lifted
from traits.log.words import changes_stay
from traits.models import CandidateStatus, Decision, UserRefinedTrait
from traits.models.styles import element_words
from traits.review.order.recent import Recent

LEFT_OUT = ("refused", "already_decided", "not_found")
"""Outcomes of suggestions that a decision about many left out."""


def decided_many(decision: str, entries: Sequence[UserRefinedTrait], left_out: Mapping[str, int]) -> str:
    """Say what one decision about many suggestions did, and how many it left out, by outcome."""
    # Rejecting takes along what says the same as one of the selected.
    number = len(entries)
    sentences = [DONE[decision](number) % {"number": number}]
    merged = sum(1 for entry in entries if entry.user_decision == Decision.MERGED)
    if merged:
        text = ngettext(
            "%(number)d of them was merged into a trait of the same name.",
            "%(number)d of them were merged into traits of the same name.",
            merged,
        )
        sentences.append(text % {"number": merged})
    return " ".join([*sentences, *_left_out(left_out)])


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


def _left_out(number: Mapping[str, int]) -> list[str]:
    refused, already, gone = (number.get(why, 0) for why in LEFT_OUT)
    said = [
        (
            refused,
            ngettext(
                "%(number)d left out: review this one by itself.",
                "%(number)d left out: review these one by one.",
                refused,
            ),
        ),
        (
            already,
            ngettext("%(number)d left out: already decided.", "%(number)d left out: already decided.", already),
        ),
        (
            gone,
            ngettext("%(number)d left out: no longer available.", "%(number)d left out: no longer available.", gone),
        ),
    ]
    return [text % {"number": left} for left, text in said if left]


@dataclasses.dataclass(frozen=True, kw_only=True)
class UndoOffer:
    """What the button *Undo* of the queue reverses: the id that undo() takes, and what the button says of it."""

    action: uuid.UUID
    label: str


def undo_offer(recent: Recent) -> UndoOffer | None:
    """Offer to undo the newest decision of this visit; None if there is none left."""
    entry = recent.of_visit(timezone.now())
    if entry is None:
        return None
    kind = "note" if entry.pk in recent.notes else entry.decision
    label = undo_label(kind, entry.name or "", recent.number_in(entry.batch_id))
    return UndoOffer(action=entry.batch_id or entry.pk, label=label)


def undo_label(kind: str, name: str, number: int = 1) -> str:
    """Say what *Undo* reverses: a decision, or "note"; number: of suggestions, of which name is one."""
    if number > 1:
        many = ngettext("Undo: %(number)d decision made together", "Undo: %(number)d decisions made together", number)
        return many % {"number": number}
    return str(UNDO[kind]) % {"name": isolated(name)} if kind in UNDO else gettext("Undo")


UNDO: dict[str, Text] = {
    Decision.CONFIRMED_ASIS: _("Undo: confirmed “%(name)s”"),
    Decision.CONFIRMED_MODIFIED: _("Undo: confirmed “%(name)s” with changes"),
    Decision.REJECTED: _("Undo: rejected “%(name)s”"),
    Decision.REMOVED: _("Undo: removed “%(name)s”"),
    Decision.DEFERRED: _("Undo: snoozed “%(name)s”"),
    Decision.MERGED: _("Undo: merged “%(name)s”"),
    "note": _("Undo: note on “%(name)s”"),
}
"""What *Undo* says, by decision; a note is a rejection made again."""
SENT = {
    "confirm": Decision.CONFIRMED_ASIS,
    "edit": Decision.CONFIRMED_MODIFIED,
    "reject": Decision.REJECTED,
    "snooze": Decision.DEFERRED,
    "merge": Decision.MERGED,
    "note": "note",
}
"""The decisions that a page sends behind the next card, by what its script calls them."""


def undo_labels() -> dict[str, str]:
    """Return what *Undo* says of a decision that was not answered yet, with {name} in it."""
    return {sent: str(UNDO[kind]) % {"name": "{name}"} for sent, kind in SENT.items()}


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
