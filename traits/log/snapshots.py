"""The shapes that the log keeps: evidence pieces, and the whole state of a candidate, a trait and a style element.

A state is plain JSON: times are ISO 8601 in UTC, ids are strings. Undoing and projecting read states and nothing else.
"""

import datetime as dt
import hashlib
import unicodedata
import uuid
from collections.abc import Iterable
from typing import Any, TypedDict

from traits.models import MAX_NAME, CommunicationStyle, ExtractedTraitCandidate, PersonaTrait, Verdict

State = dict[str, Any]
SIDES = ("candidate", "trait", "style")
"""What a state may be of, as the log names it."""


class Piece(TypedDict, total=False):
    """One piece of evidence; times in seconds from the start of the source, relevance 0–1, verdict "" is unjudged."""

    evidence_id: str
    type: str
    content: str
    source_package_id: str | None
    source_detail: str
    start_time: float | None
    end_time: float | None
    relevance_score: float | None
    verdict: str


def _is_kept(char: str) -> bool:
    """Letters, digits, symbols and the marks that Indic vowels are; "C++" stays apart from "C"."""
    return unicodedata.category(char)[0] in "LNMS"


ASCII_KEPT = {code: " " for code in range(128) if not _is_kept(chr(code))}


def name_key(name: str) -> str:
    """What near-duplicates share: NFKC, case folded, white space and punctuation collapsed; at most 255 characters."""
    # Cut first: normalizing can make a text eighteen times as long, and no name that is stored is longer than this.
    name = name[:MAX_NAME]
    if name.isascii():
        return " ".join(name.translate(ASCII_KEPT).lower().split()) or " ".join(name.lower().split())
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    kept = "".join(char if _is_kept(char) else " " for char in folded)
    key = " ".join(((kept.strip() and kept) or folded).split())
    if len(key) > MAX_NAME:
        key = key[: MAX_NAME - 65] + "#" + hashlib.sha256(key.encode()).hexdigest()
    return key


def evidence_id(owner: uuid.UUID, piece: Piece) -> str:
    """uuid5 of the candidate (or the trait, for evidence of one's own) and package, detail, start and content."""
    parts = [piece.get("source_package_id"), piece.get("source_detail"), piece.get("start_time"), piece["content"]]
    return str(uuid.uuid5(owner, "\x1f".join("" if part is None else str(part) for part in parts)))


def own_piece(trait_id: uuid.UUID, content: str) -> Piece:
    """Evidence that the person wrote themselves."""
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
    """Both, in order, each piece once."""
    known = {piece["evidence_id"] for piece in first}
    return first + [piece for piece in second if piece["evidence_id"] not in known]


def identity(piece: Piece) -> tuple[object, ...]:
    """What makes two pieces the same evidence, whichever suggestion brought them."""
    return piece["source_package_id"], piece["source_detail"], piece["start_time"], piece["content"]


def pooled(first: list[Piece], second: list[Piece]) -> list[Piece]:
    """Both, in order, the same evidence once; a verdict that only the second has goes to the first's piece."""
    judged = {identity(piece): piece.get("verdict", "") for piece in second}
    known = {identity(piece) for piece in first}
    kept: list[Piece] = [
        {**piece, "verdict": piece.get("verdict", "") or judged.get(identity(piece), "")} for piece in first
    ]
    return union(kept, [piece for piece in second if identity(piece) not in known])


def once_each(names: Iterable[str]) -> list[str]:
    """The names in order, each name key once, in its first spelling."""
    kept = dict[str, str]()
    for name in names:
        kept.setdefault(name_key(name), name)
    return list(kept.values())


def iso(moment: dt.datetime | None) -> str | None:
    return moment.astimezone(dt.UTC).isoformat() if moment else None


def moment(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


def candidate_state(candidate: ExtractedTraitCandidate) -> State:
    """What was suggested and what was decided about it."""
    return {
        "candidate_id": str(candidate.candidate_id),
        "name": candidate.trait_name,
        "description": candidate.trait_description,
        "category": candidate.trait_category,
        "confidence": candidate.confidence_score,
        "models": list(candidate.originating_models),
        "concepts": list(candidate.concepts),
        "evidence": list(candidate.supporting_evidence),
        "status": candidate.status,
        "deferred_until": iso(candidate.deferred_until),
    }


TRAIT_FIELDS = (
    "name",
    "description",
    "category",
    "origin",
    "status",
    "confidence",
    "user_confidence",
    "notes",
    "concepts",
    "expression_contexts",
    "evidence",
)
TRAIT_TIMES = ("created_at", "last_refined_at", "last_observed_at", "valid_from", "valid_to")


def trait_state(trait: PersonaTrait) -> State:
    """A trait as it stands; its version is the revision of the entry that holds the state."""
    state: State = {"trait_id": str(trait.trait_id)}
    state |= {field: getattr(trait, field) for field in TRAIT_FIELDS}
    return state | {field: iso(getattr(trait, field)) for field in TRAIT_TIMES}


def trait_from_state(user_id: uuid.UUID, state: State, version: int) -> PersonaTrait:
    """The row that holds this state."""
    return PersonaTrait(
        trait_id=uuid.UUID(state["trait_id"]),
        user_id=user_id,
        name_key=name_key(state["name"]),
        version=version,
        **{field: state[field] for field in TRAIT_FIELDS},
        **{field: moment(state[field]) for field in TRAIT_TIMES},
    )


STYLE_FIELDS = ("element", "context", "value")


def style_state(style: CommunicationStyle) -> State:
    """An element of the person's communication style in its context."""
    return {field: getattr(style, field) for field in STYLE_FIELDS}


def style_element(style: State) -> str:
    """What the log calls it: "element:context"; elements hold no colon, so the first one parts the two."""
    return f"{style['element']}:{style['context']}"


def style_from_state(user_id: uuid.UUID, state: State, version: int) -> CommunicationStyle:
    """The row that holds this state."""
    return CommunicationStyle(user_id=user_id, version=version, **{field: state[field] for field in STYLE_FIELDS})
