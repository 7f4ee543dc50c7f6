"""The differences between the states before and after a log entry, for display."""

import dataclasses
import difflib
from collections import Counter
from collections.abc import Iterable
from typing import Any, Literal

import regex
from django.db import models
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from ptfi.texts import Text, letters
from ptfi.web.language import grouped
from traits.confidence import RATING, percentage
from traits.log.snapshots import State, moment_words
from traits.models import CandidateStatus, Category, PersonaTrait, Verdict
from traits.models.candidates import VERDICT_CHOICES
from traits.models.persona import TRAIT_LABELS
from traits.models.styles import value_words

Kind = Literal["", "ins", "del"]
MOST_WORDS = 1_500
"""Longer texts are shown one after the other: the time to compare grows with the product of both lengths."""
KEPT_AROUND = 60
"""Characters that are kept on each side of a change when a long unchanged passage is cut."""
SINGLE = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff"
"""Characters of scripts that put no spaces between words."""
# A word; one of these characters; white space; any other letter as people see it.
WORDS = regex.compile(rf"[{SINGLE}]|[^\W{SINGLE}]+|\s+|\X")
SHARED = ("name", "description", "category", "concepts", "evidence")
"""Fields that a suggestion and the trait made from it have in common."""


@dataclasses.dataclass(frozen=True)
class Part:
    """A piece of text: unchanged (""), inserted ("ins") or deleted ("del")."""

    kind: Kind
    text: str


@dataclasses.dataclass(frozen=True)
class Difference:
    """A field that differs and its parts: names if is_list, otherwise the consecutive parts of a text."""

    what: Text
    parts: list[Part]
    is_list: bool = True


def differences(before: State, after: State) -> list[Difference]:
    """List what an entry changed; empty for a trait that was removed, restored, or added as a whole.

    before and after are the two halves of a content. A confirmation is compared with the suggestion.
    """
    if before.get("style") or after.get("style"):
        return _style(before.get("style"), after.get("style"))
    old, new = before.get("trait"), after.get("trait")
    if old and new:
        return _compared(old, new)
    if new and before.get("candidate"):
        suggested = {key: before["candidate"].get(key) for key in SHARED}
        return _compared(suggested | {"status": new["status"]}, new)
    first, second = before.get("candidate"), after.get("candidate")
    return _evidence(first.get("evidence"), second.get("evidence")) if first and second and not (old or new) else []


SUGGESTED: dict[str, Text] = {
    "trait_name": _("Name"),
    "trait_description": _("Description"),
    "trait_category": _("Category"),
    "confidence_score": _("Confidence"),
    "originating_models": _("Models"),
    "concepts": _("Topics"),
    "language": _("Language"),
    "status": _("Status"),
}
"""The columns of a suggestion whose changes are shown, besides its evidence."""


def suggestion_differences(before: State, after: State) -> list[Difference]:
    """List what a batch changed in a suggestion; before and after hold the columns that differ."""
    changed = [name for name in SUGGESTED if name in before]
    found = [_suggested(name, before[name], after[name]) for name in changed]
    return found + _evidence(before.get("supporting_evidence"), after.get("supporting_evidence"))


def _suggested(name: str, old: Any, new: Any) -> Difference:
    label = SUGGESTED[name]
    if isinstance(old, list):
        return Difference(label, names(old, new))
    if isinstance(old, float):
        return Difference(label, _replaced(percentage(old), percentage(new)))
    if labels := {"trait_category": Category, "status": CandidateStatus}.get(name):
        return Difference(label, _replaced(*(str(dict(labels.choices).get(each, each)) for each in (old, new))))
    return Difference(label, words(old, new), is_list=False)


def _compared(old: State, new: State) -> list[Difference]:
    changed = [key for key in TRAIT_LABELS if (old.get(key) or None) != (new.get(key) or None)]
    found = [_difference(key, old.get(key), new.get(key)) for key in changed]
    return found + _evidence(old.get("evidence"), new.get("evidence"))


def _difference(key: str, old: Any, new: Any) -> Difference:
    """The difference in one field, shown according to the type of its column."""
    label, field = TRAIT_LABELS[key], PersonaTrait._meta.get_field(key)
    if isinstance(field, models.JSONField):
        return Difference(label, names(old or [], new or []))
    if isinstance(field, models.CharField | models.TextField) and not field.choices:
        return Difference(label, words(old or "", new or ""), is_list=False)
    return Difference(label, _replaced(_shown(field, old), _shown(field, new)))


def _shown(field: Any, value: Any) -> str:
    if value is None:
        return ""
    if field.name == RATING:
        return gettext("%(number)s of 5") % {"number": value}
    if isinstance(field, models.DateTimeField):
        return moment_words(value)
    return str(dict(field.choices or ()).get(value) or value)


def _style(old: State | None, new: State | None) -> list[Difference]:
    if not old or (new and old["value"] == new["value"]):
        return []
    first, second = (value_words(each["element"], each["value"]) if each else "" for each in (old, new))
    if new and first == second:
        # Numbers that are close read the same in words.
        first, second = str(old["value"]), str(new["value"])
    return [Difference(_("Value"), _replaced(first, second))]


def _replaced(old: str, new: str) -> list[Part]:
    both: tuple[tuple[Kind, str], ...] = (("del", old), ("ins", new))
    return [Part(kind, text) for kind, text in both if text]


def names(old: list[str], new: list[str]) -> list[Part]:
    """Both lists as one, in order; a name that is spelled differently counts as another name."""
    parts = [Part("" if name in new else "del", name) for name in old]
    return parts + [Part("ins", name) for name in new if name not in old]


def words(old: str, new: str) -> list[Part]:
    """Both texts as one, compared word by word; long unchanged passages are cut."""
    first, second = WORDS.findall(old), WORDS.findall(new)
    if not old or not new or max(len(first), len(second)) > MOST_WORDS:
        return _replaced(old, new)
    parts = list[Part]()
    matcher = difflib.SequenceMatcher(None, first, second, autojunk=False)
    for operation, start, end, other_start, other_end in _smooth(matcher.get_opcodes()):
        if operation == "equal":
            parts.append(Part("", "".join(first[start:end])))
        else:
            parts += _replaced("".join(first[start:end]), "".join(second[other_start:other_end]))
    last = len(parts) - 1
    return [_cut(part, place == 0, place == last) for place, part in enumerate(parts)]


def _smooth(codes: Iterable[tuple[str, int, int, int, int]]) -> list[tuple[str, int, int, int, int]]:
    """Join changes that are separated by a single space or sign: whole phrases are easier to read."""
    found = list[tuple[str, int, int, int, int]]()
    codes = list(codes)
    for place, (operation, start, end, other_start, other_end) in enumerate(codes):
        inside = 0 < place < len(codes) - 1 and end - start == 1
        changed = operation != "equal" or inside
        if changed and found and found[-1][0] != "equal":
            found[-1] = ("replace", found[-1][1], end, found[-1][3], other_end)
        else:
            found.append((operation, start, end, other_start, other_end))
    return found


def _cut(part: Part, first: bool, last: bool) -> Part:
    if part.kind or len(part.text) <= 3 * KEPT_AROUND:
        return part
    seen = list(letters(part.text))
    start, end = "".join(seen[:KEPT_AROUND]), "".join(seen[-KEPT_AROUND:])
    before = "" if first else start.rpartition(" ")[0] or start
    after = "" if last else end.partition(" ")[2] or end
    return Part("", f"{before} … {after}")


def verdicts(evidence: list[Any] | None) -> dict[str, str]:
    """The verdicts on the pieces of a state, by evidence id."""
    return {piece["evidence_id"]: piece.get("verdict") or "" for piece in evidence or ()}


def _evidence(old: Any, new: Any) -> list[Difference]:
    first, second = verdicts(old), verdicts(new)
    came, went = len(second.keys() - first.keys()), len(first.keys() - second.keys())
    added = ngettext("%(number)s piece added", "%(number)s pieces added", came)
    gone = ngettext("%(number)s piece removed", "%(number)s pieces removed", went)
    parts = [Part("ins", _numbered(added, came))] if came else []
    parts += [Part("del", _numbered(gone, went))] if went else []
    judged = Counter(second[key] for key in first.keys() & second.keys() if first[key] != second[key])
    parts += [Part("", _judged(verdict, number)) for verdict, number in judged.items()]
    return [Difference(_("Evidence"), parts)] if parts else []


def _judged(verdict: str, number: int) -> str:
    """Say how many pieces have this verdict now."""
    if verdict not in Verdict.values:
        return _numbered(ngettext("%(number)s piece: no opinion", "%(number)s pieces: no opinion", number), number)
    said = ngettext("%(number)s piece: %(verdict)s", "%(number)s pieces: %(verdict)s", number)
    return _numbered(said, number, verdict=str(Verdict(verdict).label))


def _numbered(text: str, number: int, **names: str) -> str:
    return text % {"number": grouped(number), **names}


@dataclasses.dataclass(frozen=True, kw_only=True)
class ChangedPiece:
    """A piece of evidence that was added, removed or judged differently; text is "" if it was erased."""

    kind: Kind
    text: str
    source: str
    old: str
    new: str


def changed_pieces(before: State, after: State, most: int = 50) -> tuple[list[ChangedPiece], int]:
    """The pieces that an entry touched, at most `most` of them, and their total number."""
    old = (before.get("trait") or before.get("candidate") or {}).get("evidence") or []
    new = (after.get("trait") or after.get("candidate") or {}).get("evidence") or []
    if before.get("trait") and not after.get("trait"):
        return [], 0
    first, second = verdicts(old), verdicts(new)
    pieces = {piece["evidence_id"]: piece for piece in [*old, *new]}
    touched = [key for key in pieces if first.get(key) != second.get(key)]
    return [_changed_piece(pieces[key], first.get(key), second.get(key)) for key in touched[:most]], len(touched)


def pieces_then(before: State, after: State, most: int = 50) -> tuple[list[ChangedPiece], int]:
    """The pieces behind a decision that changed none: at most `most` of them, and their total number.

    Pieces that the person marked as too private are left out.
    """
    state = after.get("trait") or after.get("candidate") or before.get("trait") or before.get("candidate") or {}
    open_ones = [each for each in state.get("evidence") or [] if each.get("verdict") != Verdict.TOO_PRIVATE]
    judged = [(each, each.get("verdict") or "") for each in open_ones[:most]]
    return [_changed_piece(each, verdict, verdict) for each, verdict in judged], len(open_ones)


def _changed_piece(piece: dict[str, Any], old: str | None, new: str | None) -> ChangedPiece:
    labels = dict(VERDICT_CHOICES)
    return ChangedPiece(
        kind="ins" if old is None else "del" if new is None else "",
        text=piece.get("content") or "",
        source=piece.get("source_detail") or "",
        old=str(labels.get(old or "", labels[""])),
        new=str(labels.get(new or "", labels[""])),
    )
