"""A log entry in a plain sentence: "You confirmed “Loves jazz” with changes". The one place that says entries in words.

Entries come from with_names(), which brings the names that the sentences need without loading whole contents.
"""

import dataclasses
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.db.models.fields.json import KT, KeyTransform
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.dateformat import format as date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from ptfi.accounts.models import User
from traits.log.snapshots import moment
from traits.log.words import RELATIONS, SAME_TRAIT, WORDS
from traits.models import ActorKind, Decision, RejectionCode, TraitStatus, UserRefinedTrait
from traits.models.styles import element_words, value_words

SUBJECTS = {ActorKind.PERSON: "You", ActorKind.STAFF: "Staff", ActorKind.PIPELINE: "The pipeline"}
ERASED = "erased text"


@dataclasses.dataclass(frozen=True)
class Phrase:
    """What was done, without who did it: a text with places for names, and the names."""

    text: str
    names: dict[str, str]

    def __str__(self) -> str:
        return self.text.format(**self.names)

    def html(self) -> SafeString:
        """The names set apart, so that one in another direction does not turn the sentence around."""
        return format_html(self.text, **{key: format_html("<bdi>{}</bdi>", name) for key, name in self.names.items()})


@dataclasses.dataclass(kw_only=True)
class Narrated:
    """An entry of with_names(), or the one that stands for a batch, and what was done."""

    entry: Any
    phrase: Phrase

    def __str__(self) -> str:
        return f"{self._subject} {self.phrase}"

    @property
    def sentence(self) -> SafeString:
        """The whole sentence, as a page has it."""
        return mark_safe(f"{self._subject} {self.phrase.html()}")  # noqa: S308 (both halves are escaped)

    @property
    def _subject(self) -> str:
        """Who did it, as a sentence begins with it."""
        return SUBJECTS.get(ActorKind(self.entry.actor_kind), "Somebody")


def with_names(rows: QuerySet[UserRefinedTrait]) -> Any:
    """The entries with what their sentences need, instead of their contents.

    Every version of the snapshots has these fields under these names.
    """
    return rows.annotate(
        trait_before=KT("content__before__trait__name"),
        trait_after=KT("content__after__trait__name"),
        suggestion=Coalesce(KT("content__before__candidate__name"), KT("content__after__candidate__name")),
        status_after=KT("content__after__trait__status"),
        until=KT("content__after__candidate__deferred_until"),
        style_value=KeyTransform("value", KeyTransform("style", KeyTransform("after", "content"))),
        reason=KT("content__reason"),
        notes=KT("content__notes"),
        relation=KeyTransform("relation", "content"),
    ).defer("content")


def narrate(user: User, entries: Iterable[Any]) -> list[Narrated]:
    """The entries of with_names() in words.

    One query where some undo what is not among them, one where only half of a merge of two traits is.
    """
    entries = list(entries)
    known: dict[uuid.UUID, Any] = {entry.pk: entry for entry in entries}
    missing = {entry.undoes for entry in entries if entry.undoes} - known.keys()
    if missing:
        known |= with_names(UserRefinedTrait.objects.filter(user=user)).in_bulk(list(missing))
    others = _other_halves(user, known.values())
    found = []
    for entry in entries:
        undone = known.get(entry.undoes) if entry.undoes else None
        said = _undoing(undone, others) if undone else _phrase(entry, others)
        found.append(Narrated(entry=entry, phrase=said))
    return found


def is_merge_half(entry: Any) -> bool:
    """Whether the entry of with_names() is one half of merging a trait into another."""
    return bool(entry.relation) and entry.relation.get("kind") == SAME_TRAIT


def _other_halves(user: User, entries: Iterable[Any]) -> dict[uuid.UUID, Any]:
    """Each half of a merge of two traits → its other half: the batch holds nothing else."""
    halves = [entry for entry in entries if is_merge_half(entry)]
    ids = {entry.batch_id for entry in halves}
    held = {entry.pk: entry for entry in halves}
    if len(held) < 2 * len(ids):
        held = with_names(UserRefinedTrait.objects.filter(user=user, batch_id__in=ids)).in_bulk()
    by_batch = {(entry.batch_id, entry.user_decision): entry for entry in held.values()}
    other = {Decision.REMOVED: Decision.EDITED, Decision.EDITED: Decision.REMOVED}
    return {entry.pk: by_batch.get((entry.batch_id, other[entry.user_decision])) for entry in halves}


def _undoing(undone: Any, others: dict[uuid.UUID, Any]) -> Phrase:
    done = _phrase(undone, others)
    return Phrase(f"undid: {done.text}", done.names)


def _phrase(entry: Any, others: dict[uuid.UUID, Any]) -> Phrase:
    """What an entry of with_names() did, as a verb and its object."""
    if is_merge_half(entry):
        return _merging(entry, others[entry.pk])
    text = WORDS[entry.user_decision].history
    names = {
        "suggestion": entry.suggestion or entry.trait_after or entry.trait_before or ERASED,
        "trait": entry.trait_after or entry.trait_before or ERASED,
        "old": entry.trait_before or entry.trait_after or ERASED,
    }
    if entry.user_decision == Decision.REJECTED and entry.rejection_code:
        text += f": {RejectionCode(entry.rejection_code).label.lower()}"
    elif entry.user_decision == Decision.DEFERRED:
        text += _until(entry.until)
    elif entry.user_decision == Decision.REOPENED and entry.trait_after:
        text = "split “{suggestion}” off from “{trait}”"
    elif entry.user_decision == Decision.STATUS_CHANGED and entry.status_after in TraitStatus.values:
        text = f"made “{{old}}” {entry.status_after}"
    elif entry.user_decision == Decision.STYLE_CHANGED:
        return _style(entry)
    elif entry.user_decision == Decision.EVIDENCE_ERASED and not entry.trait_after:
        text = "erased texts of earlier decisions"
    return Phrase(text, names)


def _merging(entry: Any, other: Any) -> Phrase:
    """What both halves did, the removed one and the edited one that has it now."""
    halves = (entry, other) if entry.user_decision == Decision.REMOVED else (other, entry)
    gone, kept = (half.trait_before if half else None for half in halves)
    return Phrase(WORDS[Decision.MERGED].history, {"suggestion": gone or ERASED, "trait": kept or ERASED})


def _until(text: str | None) -> str:
    until = moment(text)
    if until is None:
        return " until there is new evidence"
    return f" until {date_format(timezone.localtime(until), 'j F Y, H:i')}"


def _style(entry: Any) -> Phrase:
    element, _, context = (entry.style_element or "").partition(":")
    text = WORDS[Decision.STYLE_CHANGED].history if entry.style_value is not None else "took away {element}"
    names = {"element": element_words(element), "value": value_words(element, entry.style_value), "context": context}
    return Phrase(text + (" (“{context}”)" if context else ""), names)


def plural(number: int, word: str) -> str:
    """The number with the word in its singular or plural: "1 piece", "2,000 pieces"."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def batch_phrase(entries: Sequence[UserRefinedTrait], main: Narrated, number: int) -> Phrase:
    """What a batch of so many entries did; main is the one of them that speaks for all where they differ in kind."""
    decisions = {entry.user_decision for entry in entries}
    if decisions == {Decision.CONFIRMED_ASIS, Decision.CONFIRMED_MODIFIED}:
        decisions = {Decision.CONFIRMED_ASIS}
    decision = decisions.pop() if len(decisions) == 1 else ""
    if number > 1 and decision and WORDS[decision].batch:
        return Phrase(WORDS[decision].batch, {"number": f"{number:,}"})
    return main.phrase


def related(relation: dict[str, Any] | None, name: str | None) -> Phrase | None:
    """How the suggestion goes with the trait that it conflicts with; name is that trait's."""
    if not relation or relation.get("kind") not in RELATIONS:
        return None
    return Phrase(RELATIONS[relation["kind"]].history, {"related": name or ERASED})
