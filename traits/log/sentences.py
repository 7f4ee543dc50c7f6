"""Sentences for each kind of decision in a history: whole sentences, since word order differs between languages.

Placeholders: suggestion, trait (its name after the decision), old (its name before), reason, until, element, value,
context.
"""

import dataclasses
from collections.abc import Callable

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from ptfi.texts import Text
from traits.models import ActorKind, Decision, RejectionCode, TraitStatus

WHO: dict[str, Text] = {
    ActorKind.STAFF: pgettext_lazy("who decided", "Staff"),
    ActorKind.PIPELINE: pgettext_lazy("who decided", "The pipeline"),
}
"""The actor, if it was not the person."""
WHO_FOR_STAFF: dict[str, Text] = {ActorKind.PERSON: pgettext_lazy("who decided", "The person"), **WHO}
"""The actor, for readers who are not the person."""
SOMEBODY = pgettext_lazy("who decided", "Somebody")
ERASED = pgettext_lazy("in place of a name", "deleted text")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Told:
    """Sentences for a decision and for undoing it: by the person whose history it is, or by another actor (who)."""

    you: Text
    other: Text
    you_undid: Text = ""
    other_undid: Text = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ToldOfMany:
    """Sentences for a decision on several things; the number is shown in the text, formatted for the page."""

    you: Callable[[int], str]
    other: Callable[[int], str]


TOLD: dict[str, Told] = {
    Decision.CONFIRMED_ASIS: Told(
        you=_("You confirmed “%(suggestion)s”"),
        other=_("%(who)s confirmed “%(suggestion)s”"),
        you_undid=_("You undid confirming “%(suggestion)s”"),
        other_undid=_("%(who)s undid confirming “%(suggestion)s”"),
    ),
    Decision.CONFIRMED_MODIFIED: Told(
        you=_("You confirmed “%(suggestion)s” with changes"),
        other=_("%(who)s confirmed “%(suggestion)s” with changes"),
        you_undid=_("You undid confirming “%(suggestion)s” with changes"),
        other_undid=_("%(who)s undid confirming “%(suggestion)s” with changes"),
    ),
    Decision.REJECTED: Told(
        you=_("You rejected “%(suggestion)s”"),
        other=_("%(who)s rejected “%(suggestion)s”"),
        you_undid=_("You undid rejecting “%(suggestion)s”"),
        other_undid=_("%(who)s undid rejecting “%(suggestion)s”"),
    ),
    Decision.USER_ADDED: Told(
        you=_("You added “%(trait)s”"),
        other=_("%(who)s added “%(trait)s”"),
        you_undid=_("You undid adding “%(trait)s”"),
        other_undid=_("%(who)s undid adding “%(trait)s”"),
    ),
    Decision.SUPERSEDED: Told(
        you=_("You replaced “%(suggestion)s” with a newer suggestion"),
        other=_("%(who)s replaced “%(suggestion)s” with a newer suggestion"),
    ),
    Decision.WITHDRAWN: Told(
        you=_("You withdrew “%(suggestion)s”"),
        other=_("%(who)s withdrew “%(suggestion)s”"),
    ),
    Decision.DEFERRED: Told(
        you=_("You snoozed “%(suggestion)s” until there is new evidence"),
        other=_("%(who)s snoozed “%(suggestion)s” until there is new evidence"),
        you_undid=_("You undid snoozing “%(suggestion)s”"),
        other_undid=_("%(who)s undid snoozing “%(suggestion)s”"),
    ),
    Decision.MERGED: Told(
        you=_("You merged “%(suggestion)s” into “%(trait)s”"),
        other=_("%(who)s merged “%(suggestion)s” into “%(trait)s”"),
        you_undid=_("You undid merging “%(suggestion)s” into “%(trait)s”"),
        other_undid=_("%(who)s undid merging “%(suggestion)s” into “%(trait)s”"),
    ),
    Decision.REOPENED: Told(
        you=_("You reopened “%(suggestion)s”"),
        other=_("%(who)s reopened “%(suggestion)s”"),
        you_undid=_("You undid reopening “%(suggestion)s”"),
        other_undid=_("%(who)s undid reopening “%(suggestion)s”"),
    ),
    Decision.EDITED: Told(
        you=_("You edited “%(old)s”"),
        other=_("%(who)s edited “%(old)s”"),
        you_undid=_("You undid editing “%(old)s”"),
        other_undid=_("%(who)s undid editing “%(old)s”"),
    ),
    Decision.STATUS_CHANGED: Told(
        you=_("You changed the status of “%(old)s”"),
        other=_("%(who)s changed the status of “%(old)s”"),
        you_undid=_("You undid changing the status of “%(old)s”"),
        other_undid=_("%(who)s undid changing the status of “%(old)s”"),
    ),
    Decision.REMOVED: Told(
        you=_("You removed “%(old)s”"),
        other=_("%(who)s removed “%(old)s”"),
        you_undid=_("You undid removing “%(old)s”"),
        other_undid=_("%(who)s undid removing “%(old)s”"),
    ),
    Decision.STYLE_CHANGED: Told(
        you=_("You set %(element)s to “%(value)s”"),
        other=_("%(who)s set %(element)s to “%(value)s”"),
        you_undid=_("You undid setting %(element)s to “%(value)s”"),
        other_undid=_("%(who)s undid setting %(element)s to “%(value)s”"),
    ),
    Decision.EVIDENCE_ERASED: Told(
        you=_("You deleted evidence of “%(trait)s”"),
        other=_("%(who)s deleted evidence of “%(trait)s”"),
    ),
    Decision.UNDONE: Told(you=_("You undid an earlier decision"), other=_("%(who)s undid an earlier decision")),
}
REJECTED_BECAUSE = Told(
    you=_("You rejected “%(suggestion)s”: %(reason)s"),
    other=_("%(who)s rejected “%(suggestion)s”: %(reason)s"),
    you_undid=TOLD[Decision.REJECTED].you_undid,
    other_undid=TOLD[Decision.REJECTED].other_undid,
)
NOTED = Told(
    you=_("You added a note to rejecting “%(suggestion)s”"),
    other=_("%(who)s added a note to rejecting “%(suggestion)s”"),
    you_undid=_("You undid the note on rejecting “%(suggestion)s”"),
    other_undid=_("%(who)s undid the note on rejecting “%(suggestion)s”"),
)
REASONS: dict[str, Text] = {
    RejectionCode.NOT_ME: pgettext_lazy("why it was rejected", "not me"),
    RejectionCode.OUTDATED: pgettext_lazy("why it was rejected", "outdated"),
    RejectionCode.WRONG_EVIDENCE: pgettext_lazy("why it was rejected", "wrong evidence"),
    RejectionCode.TOO_PRIVATE: pgettext_lazy("why it was rejected", "too private"),
    RejectionCode.DUPLICATE: pgettext_lazy("why it was rejected", "duplicate"),
    RejectionCode.OTHER: pgettext_lazy("why it was rejected", "other"),
}
SNOOZED_UNTIL = Told(
    you=_("You snoozed “%(suggestion)s” until %(until)s"),
    other=_("%(who)s snoozed “%(suggestion)s” until %(until)s"),
    you_undid=TOLD[Decision.DEFERRED].you_undid,
    other_undid=TOLD[Decision.DEFERRED].other_undid,
)
UNMERGED = Told(
    you=_("You unmerged “%(suggestion)s” from “%(trait)s”"),
    other=_("%(who)s unmerged “%(suggestion)s” from “%(trait)s”"),
    you_undid=_("You undid unmerging “%(suggestion)s” from “%(trait)s”"),
    other_undid=_("%(who)s undid unmerging “%(suggestion)s” from “%(trait)s”"),
)
MARKED: dict[str, Told] = {
    TraitStatus.ACTIVE: Told(
        you=_("You marked “%(old)s” as active"),
        other=_("%(who)s marked “%(old)s” as active"),
        you_undid=_("You undid marking “%(old)s” as active"),
        other_undid=_("%(who)s undid marking “%(old)s” as active"),
    ),
    TraitStatus.DORMANT: Told(
        you=_("You marked “%(old)s” as dormant"),
        other=_("%(who)s marked “%(old)s” as dormant"),
        you_undid=_("You undid marking “%(old)s” as dormant"),
        other_undid=_("%(who)s undid marking “%(old)s” as dormant"),
    ),
    TraitStatus.EXPERIMENTAL: Told(
        you=_("You marked “%(old)s” as experimental"),
        other=_("%(who)s marked “%(old)s” as experimental"),
        you_undid=_("You undid marking “%(old)s” as experimental"),
        other_undid=_("%(who)s undid marking “%(old)s” as experimental"),
    ),
}
STYLE_SET_IN = Told(
    you=_("You set %(element)s to “%(value)s” for “%(context)s”"),
    other=_("%(who)s set %(element)s to “%(value)s” for “%(context)s”"),
    you_undid=_("You undid setting %(element)s to “%(value)s” for “%(context)s”"),
    other_undid=_("%(who)s undid setting %(element)s to “%(value)s” for “%(context)s”"),
)
STYLE_REMOVED = Told(
    you=_("You removed %(element)s"),
    other=_("%(who)s removed %(element)s"),
    you_undid=_("You undid removing %(element)s"),
    other_undid=_("%(who)s undid removing %(element)s"),
)
STYLE_REMOVED_IN = Told(
    you=_("You removed %(element)s for “%(context)s”"),
    other=_("%(who)s removed %(element)s for “%(context)s”"),
    you_undid=_("You undid removing %(element)s for “%(context)s”"),
    other_undid=_("%(who)s undid removing %(element)s for “%(context)s”"),
)
EARLIER_ERASED = Told(
    you=_("You deleted texts of earlier decisions"), other=_("%(who)s deleted texts of earlier decisions")
)
TOLD_OF_MANY: dict[str, ToldOfMany] = {
    Decision.CONFIRMED_ASIS: ToldOfMany(
        you=lambda count: ngettext(
            "You confirmed %(number)s suggestion together", "You confirmed %(number)s suggestions together", count
        ),
        other=lambda count: ngettext(
            "%(who)s confirmed %(number)s suggestion together",
            "%(who)s confirmed %(number)s suggestions together",
            count,
        ),
    ),
    Decision.REJECTED: ToldOfMany(
        you=lambda count: ngettext(
            "You rejected %(number)s suggestion together", "You rejected %(number)s suggestions together", count
        ),
        other=lambda count: ngettext(
            "%(who)s rejected %(number)s suggestion together", "%(who)s rejected %(number)s suggestions together", count
        ),
    ),
    Decision.SUPERSEDED: ToldOfMany(
        you=lambda count: ngettext(
            "You replaced %(number)s suggestion with a newer one",
            "You replaced %(number)s suggestions with newer ones",
            count,
        ),
        other=lambda count: ngettext(
            "%(who)s replaced %(number)s suggestion with a newer one",
            "%(who)s replaced %(number)s suggestions with newer ones",
            count,
        ),
    ),
    Decision.WITHDRAWN: ToldOfMany(
        you=lambda count: ngettext("You withdrew %(number)s suggestion", "You withdrew %(number)s suggestions", count),
        other=lambda count: ngettext(
            "%(who)s withdrew %(number)s suggestion", "%(who)s withdrew %(number)s suggestions", count
        ),
    ),
    Decision.DEFERRED: ToldOfMany(
        you=lambda count: ngettext(
            "You snoozed %(number)s suggestion together", "You snoozed %(number)s suggestions together", count
        ),
        other=lambda count: ngettext(
            "%(who)s snoozed %(number)s suggestion together", "%(who)s snoozed %(number)s suggestions together", count
        ),
    ),
    Decision.STYLE_CHANGED: ToldOfMany(
        you=lambda count: ngettext(
            "You changed %(number)s style setting together", "You changed %(number)s style settings together", count
        ),
        other=lambda count: ngettext(
            "%(who)s changed %(number)s style setting together",
            "%(who)s changed %(number)s style settings together",
            count,
        ),
    ),
    Decision.EVIDENCE_ERASED: ToldOfMany(
        you=lambda count: ngettext(
            "You deleted evidence of %(number)s trait together",
            "You deleted evidence of %(number)s traits together",
            count,
        ),
        other=lambda count: ngettext(
            "%(who)s deleted evidence of %(number)s trait together",
            "%(who)s deleted evidence of %(number)s traits together",
            count,
        ),
    ),
    Decision.UNDONE: ToldOfMany(
        you=lambda count: ngettext(
            "You undid %(number)s decision together", "You undid %(number)s decisions together", count
        ),
        other=lambda count: ngettext(
            "%(who)s undid %(number)s decision together", "%(who)s undid %(number)s decisions together", count
        ),
    ),
}
