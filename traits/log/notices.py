"""The message that a page shows right after a decision: "Rejected “Loves jazz”. It won't be suggested again."."""

from collections.abc import Sequence

from django.utils import timezone
from django.utils.formats import date_format

from ptfi.texts import isolated
from traits.log.snapshots import moment
from traits.log.versions import lifted
from traits.log.words import INCLUDES_OTHERS, REJECTED_WITH_OTHERS, SNOOZED_UNTIL_NOTICE, WORDS
from traits.models import Decision, UserRefinedTrait


def notice(
    entries: Sequence[UserRefinedTrait], entry: UserRefinedTrait, suggestion: str, trait: str, others: int
) -> str:
    """The message for the entries of one decision about a suggestion; trait is the resulting trait's name, or "".

    entry: that of the decision itself. others: the number of suggestions that say the same and were decided along.
    """
    said = [_decided(entry, suggestion, trait, others), *map(_became, entries)]
    if others and entry.user_decision != Decision.REJECTED:
        said.append(str(INCLUDES_OTHERS % {"count": others}))
    return " ".join(filter(None, said))


def _decided(entry: UserRefinedTrait, suggestion: str, trait: str, others: int) -> str:
    """The message for the decision itself."""
    names: dict[str, str | int] = {"name": isolated(suggestion), "trait": isolated(trait)}
    if entry.user_decision == Decision.CONFIRMED_MODIFIED and trait:
        names["name"] = names["trait"]
    if entry.user_decision == Decision.REJECTED and others:
        return str(REJECTED_WITH_OTHERS % (names | {"count": others}))
    if entry.user_decision == Decision.DEFERRED and (until := _until(entry)):
        return SNOOZED_UNTIL_NOTICE % (names | {"until": until})
    return WORDS[entry.user_decision].notice % names


def _until(entry: UserRefinedTrait) -> str:
    until = moment(lifted(entry.content)["after"]["candidate"]["deferred_until"])
    return date_format(timezone.localtime(until), "SHORT_DATETIME_FORMAT") if until else ""


def _became(entry: UserRefinedTrait) -> str:
    """What happened to the trait that the suggestion contradicts; "" for any other entry."""
    before = lifted(entry.content)["before"]["trait"] or {}
    return WORDS[entry.user_decision].about_other % {"name": isolated(before.get("name", ""))}
