"""One row of a candidate file, checked and normalised. Reasons name fields, never what stood in them."""

import contextlib
import datetime as dt
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from traits.evidence import Piece, evidence_id
from traits.models import MAX_EVIDENCE, MAX_EVIDENCE_TEXT, MAX_LIST, MAX_NAME, MAX_TEXT, Category
from traits.text import name_key, once_each

Reason = tuple[str, str]
"""(field, what is wrong with it)"""

MAX_SECONDS = 1e9
MAX_DETAIL = 1_000
MAX_REASONS = 20
YEARS = range(1900, 3000)
CATEGORIES = frozenset(Category.values)
FIELDS = frozenset(
    [
        "candidate_id",
        "user",
        "trait_name",
        "trait_description",
        "trait_category",
        "confidence_score",
        "supporting_evidence",
        "originating_models",
        "associated_feature_set_ids",
        "concepts",
        "created_at",
    ]
)
OPTIONAL_FIELDS = frozenset({"supersedes", "language"})
USER_FIELDS = frozenset({"external_id", "display_name"})
PIECE_FIELDS = frozenset({"type", "content", "source_package_id", "source_detail"})
OPTIONAL_PIECE_FIELDS = frozenset({"start_time", "end_time", "relevance_score"})
is_uuid = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}").fullmatch


@dataclass(slots=True)
class Suggestion:
    """A row that fits. Attributes have the names of ExtractedTraitCandidate's columns; created_at is in UTC.

    user_id is an account that exists, where the row names one instead of an external_id. dated says whether the row
    came with created_at; otherwise it is the time of arrival, which a repeat does not change.
    """

    candidate_id: UUID
    external_id: str
    display_name: str
    trait_name: str
    name_key: str
    trait_description: str
    trait_category: str
    supporting_evidence: list[Piece]
    confidence_score: float
    originating_models: list[str]
    associated_raw_feature_set_ids: list[UUID]
    concepts: list[str]
    supersedes: list[UUID]
    language: str
    created_at: dt.datetime
    user_id: UUID | None = None
    dated: bool = True


def parse_line(line: bytes) -> Suggestion | list[Reason]:
    """Read one line of JSON Lines."""
    try:
        return parse(orjson.loads(line))
    except orjson.JSONDecodeError as error:
        return [("line", f"is not valid JSON ({error.msg}, character {error.pos + 1})")]


def parse(row: object) -> Suggestion | list[Reason]:
    """Read one JSON value; reasons when it does not fit, at most MAX_REASONS of them."""
    reasons: list[Reason] = []
    fields = _Object(row, "", FIELDS, OPTIONAL_FIELDS, reasons)
    user_fields = USER_FIELDS if "user" in fields.row else frozenset()
    person = _Object(fields.row.get("user", {}), "user", user_fields, frozenset(), reasons)
    candidate_id = fields.uuid("candidate_id")
    name = fields.text("trait_name", MAX_NAME).strip()
    suggestion = Suggestion(
        candidate_id=candidate_id,
        external_id=person.text("external_id", MAX_NAME),
        display_name=person.text("display_name", MAX_NAME, empty=True),
        trait_name=name,
        name_key=name_key(name),
        trait_description=fields.text("trait_description", MAX_TEXT, empty=True),
        trait_category=fields.category("trait_category"),
        supporting_evidence=_evidence(candidate_id, fields, reasons),
        confidence_score=fields.number("confidence_score", 1.0) or 0.0,
        originating_models=list(dict.fromkeys(fields.texts("originating_models"))),
        associated_raw_feature_set_ids=list(dict.fromkeys(fields.uuids("associated_feature_set_ids"))),
        concepts=once_each(fields.texts("concepts")),
        supersedes=[other for other in dict.fromkeys(fields.uuids("supersedes")) if other != candidate_id],
        language=fields.text("language", 35, empty=True, null=True),
        created_at=fields.moment("created_at"),
    )
    return reasons[:MAX_REASONS] or suggestion


def _evidence(candidate_id: UUID, fields: "_Object", reasons: list[Reason]) -> list[Piece]:
    pieces: dict[str, Piece] = {}
    for index, value in enumerate(fields.items("supporting_evidence", MAX_EVIDENCE)):
        piece = _piece(candidate_id, value, f"supporting_evidence[{index}]", reasons)
        pieces.setdefault(piece["evidence_id"], piece)
        if len(reasons) >= MAX_REASONS:
            break
    return list(pieces.values())


def _piece(candidate_id: UUID, value: object, path: str, reasons: list[Reason]) -> Piece:
    fields = _Object(value, path, PIECE_FIELDS, OPTIONAL_PIECE_FIELDS, reasons)
    piece: Piece = {
        "evidence_id": "",
        "type": fields.text("type", 64),
        "content": fields.text("content", MAX_EVIDENCE_TEXT),
        "source_package_id": fields.text("source_package_id", MAX_NAME, empty=True, null=True) or None,
        "source_detail": fields.text("source_detail", MAX_DETAIL, empty=True),
        "start_time": fields.number("start_time", MAX_SECONDS),
        "end_time": fields.number("end_time", MAX_SECONDS),
        "relevance_score": fields.number("relevance_score", 1.0),
        "verdict": "",
    }
    start, end = piece["start_time"], piece["end_time"]
    if start is not None and end is not None and end < start:
        fields.fault("end_time", "is before start_time")
    if not reasons:
        piece["evidence_id"] = evidence_id(candidate_id, piece)
    return piece


class _Object:
    """A JSON object whose fields are read one by one; each fault goes to reasons, and a harmless value is returned."""

    __slots__ = ("path", "reasons", "row")

    def __init__(
        self, row: object, path: str, required: frozenset[str], optional: frozenset[str], reasons: list[Reason]
    ) -> None:
        self.path, self.reasons = path, reasons
        self.row: dict[str, Any] = row if isinstance(row, dict) else {}
        if not isinstance(row, dict):
            reasons.append((path or "line", "must be a JSON object"))
        elif row.keys() != required:
            for name in sorted(required - row.keys()):
                self.fault(name, "is missing")
            for name in sorted(row.keys() - required - optional):
                self.fault(_printable(name), "is not a known field")

    def fault(self, name: str, what: str) -> None:
        self.reasons.append((f"{self.path}.{name}" if self.path else name, what))

    def text(self, name: str, longest: int, *, empty: bool = False, null: bool = False) -> str:
        value: Any = self.row.get(name)
        if value is None and (null or name not in self.row):
            return ""
        if fault := _text_fault(value, longest, empty):
            self.fault(name, fault)
            return ""
        return value  # type: ignore[no-any-return]

    def number(self, name: str, most: float) -> float | None:
        value: Any = self.row.get(name)
        if value is None and (name in OPTIONAL_PIECE_FIELDS or name not in self.row):
            return None
        if type(value) not in (int, float):
            self.fault(name, "must be a number")
        elif not 0 <= value <= most:
            self.fault(name, f"must lie between 0 and {most:.0f}")
        else:
            return float(value) + 0.0  # turns -0.0 into 0.0
        return None

    def uuid(self, name: str) -> UUID:
        value = self.row.get(name)
        if isinstance(value, str) and is_uuid(value):
            return UUID(value)
        if name in self.row:
            self.fault(name, "must be a UUID")
        return UUID(int=0)

    def category(self, name: str) -> str:
        value = self.row.get(name)
        if isinstance(value, str) and value in CATEGORIES:
            return value
        if name in self.row:
            self.fault(name, f"must be one of {', '.join(Category.values)}")
        return ""

    def moment(self, name: str) -> dt.datetime:
        with contextlib.suppress(ValueError, TypeError):
            value = dt.datetime.fromisoformat(self.row.get(name))  # type: ignore[arg-type]
            if value.tzinfo and value.year in YEARS:
                return value.astimezone(dt.UTC)
        if name in self.row:
            self.fault(name, f"must be an ISO 8601 time with a zone, {YEARS.start} to {YEARS.stop - 1}")
        return dt.datetime.now(dt.UTC)

    def items(self, name: str, most: int) -> list[Any]:
        value = self.row.get(name)
        if value is None and (name in OPTIONAL_FIELDS or name not in self.row):
            return []
        if not isinstance(value, list):
            self.fault(name, "must be a list")
        elif len(value) > most:
            self.fault(name, f"holds more than {most} items")
        else:
            return value
        return []

    def texts(self, name: str) -> list[str]:
        values = self.items(name, MAX_LIST)
        for index, value in enumerate(values):
            if fault := _text_fault(value, MAX_NAME, empty=False):
                self.fault(f"{name}[{index}]", fault)
                return []
        return [value.strip() for value in values]

    def uuids(self, name: str) -> list[UUID]:
        values = self.items(name, MAX_EVIDENCE)
        for index, value in enumerate(values):
            if not isinstance(value, str) or not is_uuid(value):
                self.fault(f"{name}[{index}]", "must be a UUID")
                return []
        return [UUID(value) for value in values]


def _text_fault(value: object, longest: int, empty: bool) -> str | None:
    if not isinstance(value, str):
        return "must be text"
    if len(value) > longest:
        return f"is longer than {longest} characters"
    if not empty and not value.strip():
        return "is empty"
    if "\x00" in value:
        return "holds a null character"
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            return "holds half a character (a lone surrogate)"
    return None


def _printable(name: str) -> str:
    # A terminal must not obey what a file says, and a name that long may be a text.
    return (ascii(name[:40])[1:-1] or "(no name)") + ("…" if len(name) > 40 else "")
