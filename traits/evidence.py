"""Pieces of evidence: their shape, their identity, and merging lists of them."""

import datetime as dt
import re
import uuid
from collections.abc import Collection
from typing import TypedDict

from django.utils.translation import gettext_lazy as _

from ptfi.texts import composed, shows_nothing
from traits.models import Verdict

TYPES = {
    "text_snippet": _("Text"),
    "audio_segment": _("Audio recording"),
    "video_segment": _("Video recording"),
    "chat_message": _("Chat message"),
    "email_excerpt": _("E-mail"),
    "journal_entry": _("Journal entry"),
    "photo_caption": _("Photo caption"),
    "calendar_entry": _("Calendar entry"),
    "social_post": _("Social media post"),
    "document": _("Document"),
}
"""The types that the pipeline is known to send; others are possible."""


CIRCUMSTANCES = ("recorded_at", "speaker", "before", "after", "media_url")
"""What the pipeline may tell about where a quote is from."""
AROUND = ("before", "after")
"""The lines around a quote. Only suggestions keep them: they may hold what somebody wants to be erased elsewhere."""
MAX_AROUND = 1_000
"""Characters before and after a quote."""
MAX_ADDRESS = 2_000
ADDRESS = re.compile(r"https?://[!-~]+")
WRITTEN_TEXTS = ("content", "source_package_id", "source_detail")
"""The texts that tell pieces of evidence apart."""


class Piece(TypedDict, total=False):
    """A piece of evidence. Times are seconds from the start of the source, relevance is 0–1, verdict "" means none.

    The fields of CIRCUMSTANCES are only there if the pipeline sent them. recorded_at: when it was said or written (ISO
    8601). speaker: who said it. before, after: the lines around the quote. media_url: where the recording is.
    """

    evidence_id: str
    type: str
    content: str
    source_package_id: str | None
    source_detail: str
    start_time: float | None
    end_time: float | None
    relevance_score: float | None
    recorded_at: str
    speaker: str
    before: str
    after: str
    media_url: str
    verdict: str


def without_lines(pieces: list[Piece]) -> list[Piece]:
    """Return the pieces without the lines around their quotes, as traits and the log have them."""
    return [_without(piece, AROUND) if any(name in piece for name in AROUND) else piece for piece in pieces]


def _without(piece: Piece, names: Collection[str]) -> Piece:
    return {name: value for name, value in piece.items() if name not in names}  # type: ignore[return-value]


def without_words(piece: Piece, words: str) -> Piece:
    """Return the piece without those lines around its quote that hold these words."""
    return _without(piece, [name for name in AROUND if words in composed(str(piece.get(name, "")))])


def recorded_at(piece: Piece) -> dt.datetime | None:
    """Return when what the piece quotes was said or written; None if the pipeline did not say."""
    text = piece.get("recorded_at")
    return dt.datetime.fromisoformat(text) if text else None


def by_relevance(pieces: list[Piece]) -> list[Piece]:
    """Return the pieces, the most relevant first; those without a relevance stay in their order after the others."""
    return sorted(pieces, key=_relevance, reverse=True)


def _relevance(piece: Piece) -> float:
    score = piece.get("relevance_score")
    return -1.0 if score is None else score


def type_words(evidence_type: str) -> str:
    """Return a type of evidence in words; unknown types are derived from the name: voice_memo → Voice memo."""
    known = TYPES.get(evidence_type)
    return str(known) if known else evidence_type.replace("_", " ").capitalize()


def evidence_id(owner: uuid.UUID, piece: Piece) -> str:
    """Return the piece's id: uuid5 of its owner and its package, detail, start and content.

    The owner is the candidate, or the trait for evidence of the person's own.
    """
    parts = [piece.get("source_package_id"), piece.get("source_detail"), piece.get("start_time"), piece["content"]]
    return str(uuid.uuid5(owner, "\x1f".join("" if part is None else str(part) for part in parts)))


def spelled(piece: Piece, content: str, source: str | None, detail: str | None) -> Piece:
    """Return the piece with other spellings of its WRITTEN_TEXTS."""
    return {**piece, "content": content, "source_package_id": source or None, "source_detail": detail or ""}


def stored_form(piece: Piece) -> Piece:
    """Return the piece as it is stored now; earlier releases stored texts as they were sent."""
    source, detail = piece.get("source_package_id") or "", piece.get("source_detail") or ""
    source, detail = ("" if shows_nothing(text) else composed(text) for text in (source, detail))
    return spelled(piece, composed(piece["content"]), source, detail)


def under_held_ids(owner: uuid.UUID, pieces: list[Piece], held: Collection[Piece]) -> list[Piece]:
    """Return the pieces, each under the id that the owner's piece has whose text is the same in its stored form."""
    ids = {piece["evidence_id"] for piece in held}
    if ids.issuperset(piece["evidence_id"] for piece in pieces):
        return pieces
    earlier = {evidence_id(owner, stored_form(piece)): piece["evidence_id"] for piece in held}
    return [{**piece, "evidence_id": earlier.get(piece["evidence_id"], piece["evidence_id"])} for piece in pieces]


def own_piece(trait_id: uuid.UUID, content: str) -> Piece:
    """Make a piece of evidence that the person wrote."""
    piece: Piece = {"type": "text_snippet", "content": content, "source_package_id": None, "source_detail": ""}
    return {
        "evidence_id": evidence_id(trait_id, piece),
        **piece,
        "start_time": None,
        "end_time": None,
        "relevance_score": None,
        "verdict": Verdict.SUPPORTS.value,
    }


def union(first: list[Piece], second: list[Piece]) -> list[Piece]:
    """Concatenate both lists, each piece once: by id, or by its text where that has another form than it has now."""
    known = {piece["evidence_id"] for piece in first}
    earlier = {identity(piece) for piece in first if stored_form(piece) != piece}
    return first + [
        piece for piece in second if piece["evidence_id"] not in known and not (earlier and identity(piece) in earlier)
    ]


def identity(piece: Piece) -> tuple[object, ...]:
    """Return what makes two pieces the same evidence, independent of the suggestion that brought them."""
    piece = stored_form(piece)
    return piece["source_package_id"], piece["source_detail"], piece["start_time"], piece["content"]


def pooled(first: list[Piece], second: list[Piece]) -> list[Piece]:
    """Concatenate both lists, the same evidence once; a piece without a verdict takes the one from the second list."""
    judged = {identity(piece): piece.get("verdict", "") for piece in second}
    known = {identity(piece) for piece in first}
    kept: list[Piece] = [
        {**piece, "verdict": piece.get("verdict", "") or judged.get(identity(piece), "")} for piece in first
    ]
    return union(kept, [piece for piece in second if identity(piece) not in known])
