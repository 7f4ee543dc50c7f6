"""A log entry as a plain sentence, such as "You confirmed “Loves jazz” with changes".

This is the only module that puts entries into words. Entries come from with_names(), which loads the names for the
sentences without loading whole contents. The sentences are in the reader's language and are never stored.
"""

import dataclasses
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.db.models.fields.json import KT, KeyTransform
from django.db.models.functions import Coalesce
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from ptfi.accounts.models import User
from ptfi.texts import isolated
from ptfi.web.language import grouped
from traits.log import sentences
from traits.log.sentences import MARKED, REASONS, TOLD, TOLD_OF_MANY, Told
from traits.log.snapshots import moment_words
from traits.log.words import RELATIONS, SAME_TRAIT
from traits.models import ActorKind, CandidateStatus, Decision, UserRefinedTrait
from traits.models.styles import context_words, element_words, value_words

CONFIRMED = frozenset((Decision.CONFIRMED_ASIS, Decision.CONFIRMED_MODIFIED))
OURS = ("who", "number", "until", "reason")
"""Placeholders that are filled with our own words, not with names that a person gave."""


@dataclasses.dataclass(frozen=True)
class Phrase:
    """A sentence with placeholders, and the names that fill them."""

    text: str
    names: dict[str, str]

    def __str__(self) -> str:
        return self.text % {key: name if key in OURS else isolated(name) for key, name in self.names.items()}

    def html(self) -> SafeString:
        """The sentence as HTML; names are isolated so that their text direction does not affect the rest."""
        names = {key: _apart(key, name) for key, name in self.names.items()}
        return mark_safe(escape(self.text) % names)  # noqa: S308 (both halves are escaped)


def _apart(key: str, name: str) -> SafeString:
    return format_html("{}" if key in OURS else "<bdi>{}</bdi>", name)


@dataclasses.dataclass(kw_only=True)
class Narrated:
    """An entry of with_names(), or the one that stands for a batch, with its sentence."""

    entry: Any
    phrase: Phrase

    def __str__(self) -> str:
        return str(self.phrase)

    @property
    def sentence(self) -> SafeString:
        """The sentence as HTML, for pages."""
        return self.phrase.html()


def with_names(rows: QuerySet[UserRefinedTrait]) -> Any:
    """Annotate the entries with what their sentences need, instead of loading their contents.

    Every version of the snapshots has these fields under these names.
    """
    return rows.annotate(
        trait_before=KT("content__before__trait__name"),
        trait_after=KT("content__after__trait__name"),
        suggestion=Coalesce(KT("content__before__candidate__name"), KT("content__after__candidate__name")),
        status_after=KT("content__after__trait__status"),
        suggestion_before=KT("content__before__candidate__status"),
        until=KT("content__after__candidate__deferred_until"),
        style_value=KeyTransform("value", KeyTransform("style", KeyTransform("after", "content"))),
        reason=KT("content__reason"),
        notes=KT("content__notes"),
        relation=KeyTransform("relation", "content"),
    ).defer("content")


def narrate(user: User, entries: Iterable[Any]) -> list[Narrated]:
    """Put entries of with_names() into words.

    Takes one more query if some undo an entry that is not among them, and one if only half of a trait merge is.
    """
    entries = list(entries)
    known: dict[uuid.UUID, Any] = {entry.pk: entry for entry in entries}
    missing = {entry.undoes for entry in entries if entry.undoes} - known.keys()
    if missing:
        known |= with_names(UserRefinedTrait.objects.filter(user=user)).in_bulk(list(missing))
    others = _other_halves(user, known.values())
    return [
        Narrated(entry=entry, phrase=_phrase(entry, known.get(entry.undoes) if entry.undoes else None, others))
        for entry in entries
    ]


def is_merge_half(entry: Any) -> bool:
    """Whether the entry of with_names() is one of the two that merge a trait into another."""
    return bool(entry.relation) and entry.relation.get("kind") == SAME_TRAIT


def _other_halves(user: User, entries: Iterable[Any]) -> dict[uuid.UUID, Any]:
    """Map each half of a trait merge to its other half; the batch holds no other entries."""
    halves = [entry for entry in entries if is_merge_half(entry)]
    ids = {entry.batch_id for entry in halves}
    held = {entry.pk: entry for entry in halves}
    if len(held) < 2 * len(ids):
        held = with_names(UserRefinedTrait.objects.filter(user=user, batch_id__in=ids)).in_bulk()
    by_batch = {(entry.batch_id, entry.user_decision): entry for entry in held.values()}
    other = {Decision.REMOVED: Decision.EDITED, Decision.EDITED: Decision.REMOVED}
    return {entry.pk: by_batch.get((entry.batch_id, other[entry.user_decision])) for entry in halves}


def _phrase(entry: Any, undone: Any, others: dict[uuid.UUID, Any]) -> Phrase:
    """The sentence for an entry of with_names(); undone is the entry that it undoes, if known."""
    about = undone or entry
    if is_merge_half(about):
        told, names = TOLD[Decision.MERGED], _merged(about, others[about.pk])
    else:
        told, names = _told(about), _names(about)
    if entry.actor_kind == ActorKind.PERSON:
        return Phrase(str(told.you_undid if undone else told.you), names)
    return Phrase(str(told.other_undid if undone else told.other), names | {"who": who(entry)})


def who(entry: UserRefinedTrait) -> str:
    """Name the actor of an entry that the person did not make."""
    return str(sentences.WHO.get(entry.actor_kind, sentences.SOMEBODY))


def _told(entry: Any) -> Told:
    """Choose the sentences for an entry of with_names()."""
    decision = entry.user_decision
    if decision == Decision.REJECTED and entry.suggestion_before == CandidateStatus.REJECTED:
        return sentences.NOTED
    if decision == Decision.REJECTED and entry.rejection_code:
        return sentences.REJECTED_BECAUSE
    if decision == Decision.DEFERRED and entry.until:
        return sentences.SNOOZED_UNTIL
    if decision == Decision.REOPENED and entry.trait_after:
        return sentences.UNMERGED
    if decision == Decision.STATUS_CHANGED and entry.status_after in MARKED:
        return MARKED[entry.status_after]
    if decision == Decision.STYLE_CHANGED:
        return _style(entry)
    if decision == Decision.EVIDENCE_ERASED and not entry.trait_after:
        return sentences.EARLIER_ERASED
    return TOLD[decision]


def _style(entry: Any) -> Told:
    is_somewhere = bool((entry.style_element or "").partition(":")[2])
    if entry.style_value is None:
        return sentences.STYLE_REMOVED_IN if is_somewhere else sentences.STYLE_REMOVED
    return sentences.STYLE_SET_IN if is_somewhere else TOLD[Decision.STYLE_CHANGED]


def _names(entry: Any) -> dict[str, str]:
    """Every name that the sentences for an entry of with_names() use."""
    if entry.user_decision == Decision.STYLE_CHANGED:
        element, _, context = (entry.style_element or "").partition(":")
        value = value_words(element, entry.style_value)
        return {"element": element_words(element), "value": value, "context": context_words(context)}
    erased = str(sentences.ERASED)
    return {
        "suggestion": entry.suggestion or entry.trait_after or entry.trait_before or erased,
        "trait": entry.trait_after or entry.trait_before or erased,
        "old": entry.trait_before or entry.trait_after or erased,
        "reason": str(REASONS.get(entry.rejection_code, "")),
        "until": moment_words(entry.until),
    }


def _merged(entry: Any, other: Any) -> dict[str, str]:
    """The names in a trait merge: the removed trait, and the edited one that took it in."""
    halves = (entry, other) if entry.user_decision == Decision.REMOVED else (other, entry)
    gone, kept = ((half.trait_before if half else None) or str(sentences.ERASED) for half in halves)
    return {"suggestion": gone, "trait": kept}


def batch_phrase(entries: Sequence[UserRefinedTrait], main: Narrated, number: int) -> Phrase:
    """The sentence for a batch of `number` entries; main speaks for the batch if the entries differ in kind."""
    decisions = {entry.user_decision for entry in entries}
    if decisions & CONFIRMED and decisions <= {*CONFIRMED, Decision.MERGED}:
        # What says the same was merged into what was confirmed.
        decisions = {Decision.CONFIRMED_ASIS}
    told = TOLD_OF_MANY.get(decisions.pop()) if len(decisions) == 1 else None
    if number < 2 or not told:
        return main.phrase
    text = told.you if main.entry.actor_kind == ActorKind.PERSON else told.other
    return Phrase(text(number), {"number": grouped(number), "who": who(main.entry)})


def related(relation: dict[str, Any] | None, name: str | None) -> Phrase | None:
    """Say how the suggestion relates to the trait that it conflicts with; name is that trait's name."""
    if not relation or relation.get("kind") not in RELATIONS:
        return None
    return Phrase(str(RELATIONS[relation["kind"]].history), {"related": name or str(sentences.ERASED)})
