"""Texts of pages and the API for each kind of decision; the sentences of a history are in sentences.py."""

import dataclasses

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy, pgettext_lazy

from ptfi.texts import Text
from traits.models import Decision


@dataclasses.dataclass(frozen=True, kw_only=True)
class Words:
    """The texts for one kind of decision; "" where it cannot occur.

    notice: shown after the decision, with name and trait in it. about_other: added to the notice for the other trait of
    a conflict. message: the API's response. never_undone: why this kind of decision cannot be undone.
    """

    notice: Text = ""
    about_other: Text = ""
    message: Text = ""
    never_undone: Text = ""


WORDS: dict[str, Words] = {
    Decision.CONFIRMED_ASIS: Words(notice=_("Confirmed “%(name)s”."), message=_("Confirmed.")),
    Decision.CONFIRMED_MODIFIED: Words(
        notice=_("Confirmed “%(name)s” with your changes."), message=_("Confirmed with your changes.")
    ),
    Decision.REJECTED: Words(
        notice=_("Rejected “%(name)s”. It won't be suggested again."),
        message=_("Rejected. It won't be suggested again."),
    ),
    Decision.USER_ADDED: Words(message=_("Added to your persona.")),
    Decision.SUPERSEDED: Words(never_undone=_("A newer suggestion took its place.")),
    Decision.WITHDRAWN: Words(never_undone=_("Its sender has withdrawn it.")),
    Decision.DEFERRED: Words(notice=_("Snoozed “%(name)s” until there is new evidence."), message=_("Snoozed.")),
    Decision.MERGED: Words(notice=_("Merged “%(name)s” into “%(trait)s”."), message=_("Merged.")),
    Decision.REOPENED: Words(notice=_("“%(name)s” is back in your queue."), message=_("Back in your queue.")),
    Decision.EDITED: Words(message=_("Saved.")),
    Decision.STATUS_CHANGED: Words(about_other=_("“%(name)s” is dormant now."), message=_("Status changed.")),
    Decision.REMOVED: Words(about_other=_("“%(name)s” was removed."), message=_("Removed from your persona.")),
    Decision.STYLE_CHANGED: Words(),
    Decision.EVIDENCE_ERASED: Words(never_undone=_("Deleted text cannot be brought back.")),
    Decision.UNDONE: Words(),
}
SNOOZED_UNTIL_NOTICE = _("Snoozed “%(name)s” until %(until)s.")
REJECTED_WITH_OTHERS = ngettext_lazy(
    "Rejected “%(name)s” and %(count)d more that says the same. They won't be suggested again.",
    "Rejected “%(name)s” and %(count)d more that say the same. They won't be suggested again.",
    "count",
)

INCLUDES_OTHERS = ngettext_lazy(
    "This includes %(count)d more that says the same.", "This includes %(count)d more that say the same.", "count"
)


def changes_stay(number: int) -> str:
    """Say how many changes an undo did not touch, because they came later."""
    text = ngettext("%(number)d later change stays.", "%(number)d later changes stay.", number)
    return text % {"number": number}


TODAY: list[tuple[Text, tuple[str, ...]]] = [
    (
        pgettext_lazy("so many today", "confirmed"),
        (Decision.CONFIRMED_ASIS, Decision.CONFIRMED_MODIFIED, Decision.MERGED),
    ),
    (pgettext_lazy("so many today", "rejected"), (Decision.REJECTED,)),
    (pgettext_lazy("so many today", "snoozed"), (Decision.DEFERRED,)),
]
"""The counts per day on the review page: label, and decisions that count."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class RelationWords:
    """The texts for how two traits, or a suggestion and a trait, relate to each other.

    history: a sentence that follows the decision's, with related in it. label: shown in brackets. notice: shown on the
    page of two traits, with name and other in it.
    """

    history: Text
    label: Text
    notice: Text = ""


SAME_TRAIT = "same"
"""The relation of two traits of which one was merged into the other: one entry removed, one edited."""
RELATIONS: dict[str, RelationWords] = {
    "replaces": RelationWords(
        history=_("It replaced “%(related)s”, now dormant."),
        label=_("one replaced the other"),
        notice=_("“%(name)s” replaced “%(other)s”, which is dormant now."),
    ),
    "was_true_before": RelationWords(
        history=_("“%(related)s” is true now; this was true before."),
        label=_("one is true now, the other was before"),
    ),
    "both_true": RelationWords(
        history=_("Both this and “%(related)s” are true, in different situations."),
        label=_("both are true, in different situations"),
        notice=_("Both stay, each for its own situation."),
    ),
    "old_was_wrong": RelationWords(
        history=_("“%(related)s” was never true and was removed."),
        label=_("one of the two was never true"),
        notice=_("“%(other)s” is no longer part of your persona."),
    ),
    "new_is_wrong": RelationWords(
        history=_("“%(related)s”, which contradicts it, was kept."),
        label=_("the existing trait is right"),
    ),
    SAME_TRAIT: RelationWords(
        history=_("Both said the same."),
        label=_("both said the same"),
        notice=_("Merged “%(other)s” into “%(name)s”."),
    ),
}
