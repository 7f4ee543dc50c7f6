"""A log entry in a plain sentence: "You confirmed “Loves jazz” with changes". The one place that says entries in words.

Entries come from in_words(), which brings the names that the sentences need without loading whole contents.
"""

import dataclasses
import re
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
from traits.decisions.styles import KNOWN
from traits.log.snapshots import moment
from traits.models import ActorKind, Decision, RejectionCode, TraitStatus, UserRefinedTrait

PHRASES: dict[str, str] = {
    Decision.CONFIRMED_ASIS: "confirmed “{suggestion}”",
    Decision.CONFIRMED_MODIFIED: "confirmed “{suggestion}” with changes",
    Decision.REJECTED: "rejected “{suggestion}”",
    Decision.USER_ADDED: "added “{trait}”",
    Decision.SUPERSEDED: "replaced “{suggestion}” by a newer suggestion",
    Decision.DEFERRED: "put off “{suggestion}”",
    Decision.MERGED: "merged “{suggestion}” into “{trait}”",
    Decision.REOPENED: "put “{suggestion}” back to be reviewed",
    Decision.EDITED: "edited “{old}”",
    Decision.STATUS_CHANGED: "changed the status of “{old}”",
    Decision.REMOVED: "removed “{old}”",
    Decision.STYLE_CHANGED: "set {element} to “{value}”",
    Decision.EVIDENCE_ERASED: "erased evidence of “{trait}”",
    Decision.UNDONE: "undid an earlier decision",
}
TOGETHER: dict[str, str] = {
    Decision.CONFIRMED_ASIS: "confirmed {number} suggestions together",
    Decision.REJECTED: "rejected {number} suggestions together",
    Decision.DEFERRED: "put off {number} suggestions together",
    Decision.SUPERSEDED: "replaced {number} suggestions by newer ones",
    Decision.STYLE_CHANGED: "changed {number} elements of your style together",
    Decision.EVIDENCE_ERASED: "erased evidence of {number} traits together",
    Decision.UNDONE: "undid {number} decisions together",
}
RELATIONS = {
    "replaces": "It replaces “{related}”, which is dormant since.",
    "both_true": "Both it and “{related}” are true, each in its own place.",
    "new_is_wrong": "You kept “{related}”, which says otherwise.",
    "old_was_wrong": "“{related}” never was right, and is removed.",
    "same": "Both said the same.",
}
SUBJECTS = {ActorKind.PERSON: "You", ActorKind.STAFF: "Staff", ActorKind.PIPELINE: "The pipeline"}
ERASED = "erased text"
DOUBLE = "same"
"""The relation of two traits of which one went into the other (relations.py): one entry removed, one edited."""


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


def in_words(rows: QuerySet[UserRefinedTrait]) -> Any:
    """The entries with what their sentences need, instead of their contents.

    Every version of the snapshots has these fields under these names.
    """
    return rows.annotate(
        trait_before=KT("content__before__trait__name"),
        trait_after=KT("content__after__trait__name"),
        suggestion=Coalesce(KT("content__before__candidate__name"), KT("content__after__candidate__name")),
        status_after=KT("content__after__trait__status"),
        until=KT("content__after__candidate__deferred_until"),
        style_value=KT("content__after__style__value"),
        reason=KT("content__reason"),
        notes=KT("content__notes"),
        relation=KeyTransform("relation", "content"),
    ).defer("content")


def tell(user: User, entries: Iterable[Any]) -> None:
    """Give each entry of in_words() its said, a Phrase.

    One query where some undo what is not among them, one where only half of a merged double is.
    """
    entries = list(entries)
    known: dict[uuid.UUID, Any] = {entry.pk: entry for entry in entries}
    missing = {entry.undoes for entry in entries if entry.undoes} - known.keys()
    if missing:
        known |= in_words(UserRefinedTrait.objects.filter(user=user)).in_bulk(list(missing))
    _meet(user, known.values())
    for entry in entries:
        undone = known.get(entry.undoes) if entry.undoes else None
        entry.undid = undone
        entry.said = _undoing(undone) if undone else phrase(entry)


def is_double(entry: Any) -> bool:
    """Whether the entry of in_words() is one half of merging a trait into another."""
    return bool(entry.relation) and entry.relation.get("kind") == DOUBLE


def _meet(user: User, entries: Iterable[Any]) -> None:
    """Give each half of a merged double its other half: the batch holds nothing else."""
    halves = [entry for entry in entries if is_double(entry)]
    ids = {entry.batch_id for entry in halves}
    held = {entry.pk: entry for entry in halves}
    if len(held) < 2 * len(ids):
        held = in_words(UserRefinedTrait.objects.filter(user=user, batch_id__in=ids)).in_bulk()
    by_batch = {(entry.batch_id, entry.user_decision): entry for entry in held.values()}
    for entry in halves:
        is_removed = entry.user_decision == Decision.REMOVED
        entry.other = by_batch.get((entry.batch_id, Decision.EDITED if is_removed else Decision.REMOVED))


def _undoing(undone: Any) -> Phrase:
    done = phrase(undone)
    return Phrase(f"undid: {done.text}", done.names)


def phrase(entry: Any) -> Phrase:
    """What an entry of in_words() did, as a verb and its object."""
    if is_double(entry):
        return _merging(entry)
    text = PHRASES[entry.user_decision]
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


def _merging(entry: Any) -> Phrase:
    """What both halves did, the removed one and the edited one that has it now."""
    halves = (entry, entry.other) if entry.user_decision == Decision.REMOVED else (entry.other, entry)
    gone, kept = (half.trait_before if half else None for half in halves)
    return Phrase(PHRASES[Decision.MERGED], {"suggestion": gone or ERASED, "trait": kept or ERASED})


def _until(text: str | None) -> str:
    until = moment(text)
    if until is None:
        return " until there is new evidence"
    return f" until {date_format(timezone.localtime(until), 'j F Y, H:i')}"


def _style(entry: Any) -> Phrase:
    element, _, context = (entry.style_element or "").partition(":")
    text = PHRASES[Decision.STYLE_CHANGED] if entry.style_value is not None else "took away {element}"
    names = {"element": element_words(element), "value": value_words(element, entry.style_value), "context": context}
    return Phrase(text + (" (“{context}”)" if context else ""), names)


def element_words(element: str) -> str:
    """An element of style as one says it: FormalityLevel → formality level; one's own stays as it is."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", element).lower() if element in KNOWN else f"“{element}”"


def value_words(element: str, value: Any) -> str:
    """A value of style as one says it: very_formal → very formal."""
    return str(value).replace("_", " ") if element in KNOWN else str(value)


def plural(number: int, word: str) -> str:
    """So many of what the word says: "1 piece", "2,000 pieces"."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def together(entries: Sequence[Any], main: Any, number: int) -> Phrase:
    """What a batch of so many entries did; main is the one of them that is said where they differ in kind.

    entries need no more than their decisions; main is one that tell() has told.
    """
    decisions = {entry.user_decision for entry in entries}
    if decisions == {Decision.CONFIRMED_ASIS, Decision.CONFIRMED_MODIFIED}:
        decisions = {Decision.CONFIRMED_ASIS}
    decision = decisions.pop() if len(decisions) == 1 else ""
    if number > 1 and decision in TOGETHER:
        return Phrase(TOGETHER[decision], {"number": f"{number:,}"})
    said: Phrase = main.said
    return said


def related(relation: dict[str, Any] | None, name: str | None) -> Phrase | None:
    """How the suggestion goes with the trait that it clashed with; name is that trait's."""
    if not relation or relation.get("kind") not in RELATIONS:
        return None
    return Phrase(RELATIONS[relation["kind"]], {"related": name or ERASED})


def subject(entry: UserRefinedTrait) -> str:
    """Who did it, as a sentence begins with it."""
    return SUBJECTS.get(ActorKind(entry.actor_kind), "Somebody")


def sentence(entry: Any, said: Phrase | None = None) -> SafeString:
    """The whole sentence, as a page has it; said is what the entry was told, where it is not for a batch."""
    return mark_safe(f"{subject(entry)} {(said or entry.said).html()}")  # noqa: S308 (both halves are escaped)


def sentence_text(entry: Any) -> str:
    """The whole sentence of an entry that was told."""
    return f"{subject(entry)} {entry.said}"
