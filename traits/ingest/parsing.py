"""Check and normalise a candidate's record.

Faults name fields as they were sent, what was expected and what was found instead, but never quote texts.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import orjson
from django.utils.translation import gettext

from ptfi.parsing import BYTE_ORDER_MARK, RepeatedNameError, parse_id, parse_json, parse_moment, printable
from ptfi.texts import composed, identifier, one_line, shows_nothing
from traits.evidence import ADDRESS, CIRCUMSTANCES, MAX_ADDRESS, MAX_AROUND, WRITTEN_TEXTS, Piece, evidence_id, spelled
from traits.ingest.faults import (
    MAX_REASONS,
    Reason,
    capped,
    name_fault_of,
    not_a_moment,
    not_a_uuid,
    not_json,
    other_type,
    text_fault,
)
from traits.models import MAX_EVIDENCE, MAX_EVIDENCE_TEXT, MAX_LIST, MAX_NAME, MAX_TEXT, Category
from traits.text import name_key, once_each

MAX_SECONDS = 1e9
MAX_SEQUENCE = 2**53 - 1
"""The largest whole number that every JSON library reads exactly."""
MAX_DETAIL = 1_000
AHEAD = dt.timedelta(days=1)
"""How far a time of observation may be in the future: clocks differ, but what is suggested was observed."""
CATEGORIES = frozenset(Category.values)
OF_SOURCE = ("start_time", "end_time", "relevance_score", *CIRCUMSTANCES)
NULLABLE = frozenset(("supersedes", "language", "sequence", "source_package_id", *OF_SOURCE))
"""Columns whose field may be null or missing."""


@dataclass(frozen=True, slots=True)
class Names:
    """The field names of a JSON object.

    columns: column → name. required: names that each object must have. ignored: names that are allowed but not read.
    """

    columns: Mapping[str, str]
    required: frozenset[str]
    ignored: frozenset[str] = frozenset()

    def unknown(self, row: Mapping[str, Any]) -> list[str]:
        """The names in the object that are not known."""
        return sorted(row.keys() - self.columns.values() - self.ignored)


@dataclass(frozen=True, slots=True)
class Format:
    """The field names of a record and its parts.

    whole: what faults call the record itself. person: the names inside the field of the column `user`; None if
    external_id, display_name and user_id are fields of the record.
    """

    whole: str
    record: Names
    piece: Names
    person: Names | None = None


def _by_column(required: str, optional: str = "", **named: str) -> Names:
    """Names that equal the columns', except those given in named."""
    columns = {column: named.get(column, column) for column in [*required.split(), *optional.split()]}
    return Names(columns, frozenset(columns[column] for column in required.split()))


FILE = Format(
    whole="line",
    record=_by_column(
        "candidate_id user trait_name trait_description trait_category confidence_score supporting_evidence"
        " originating_models associated_raw_feature_set_ids concepts created_at",
        "supersedes language sequence",
        associated_raw_feature_set_ids="associated_feature_set_ids",
    ),
    piece=_by_column("type content source_package_id source_detail", " ".join(OF_SOURCE)),
    person=_by_column("external_id display_name"),
)
"""The format of lines in candidate files."""
OWNED = replace(FILE, record=replace(FILE.record, required=FILE.record.required - {"user"}))
"""The same format if the owner of all records is already known."""
NOBODY = Names({"external_id": "external_id", "display_name": "display_name"}, frozenset())
"""For records without the field `user`, so that only its absence is reported."""


@dataclass(slots=True)
class CandidateRecord:
    """A valid record. Attributes are named like ExtractedTraitCandidate's columns; created_at is in UTC.

    user_id is an account, if the record names one instead of an external_id. sequence: the sender's number of this
    version, the higher the newer; None if it gives none. dated says whether the record has a
    created_at; otherwise it is the time of arrival, which a repeated import does not change. Earlier releases stored
    texts as they were sent: sent_id is the external_id as it was, sent the pieces that were written otherwise, by id.
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
    sequence: int | None = None
    sent_id: str = ""
    sent: dict[str, Piece] = field(default_factory=dict)


def parse_line(line: bytes, shape: Format = FILE) -> CandidateRecord | list[Reason]:
    """Read one line of JSON Lines. Files with byte order marks may have been joined."""
    try:
        value = parse_json(line.removeprefix(BYTE_ORDER_MARK))
    except orjson.JSONDecodeError as error:
        return [(shape.whole, not_json(error))]
    except RepeatedNameError as error:
        return [(str(error), gettext("appears more than once"))]
    return parse(value, shape)


def parse(row: object, shape: Format = FILE, known: Sequence[Reason] = ()) -> CandidateRecord | list[Reason]:
    """Parse a JSON value in this format; returns the reasons if it is not valid, at most MAX_REASONS and a count.

    known: reasons that were found already.
    """
    reasons = list(known)
    fields = _Fields(row, shape.record, "", shape.whole, reasons)
    person = _person(fields, shape)
    candidate_id = fields.uuid("candidate_id")
    name, sent = fields.name("trait_name"), dict[str, Piece]()
    record = CandidateRecord(
        candidate_id=candidate_id,
        external_id=person.identifier("external_id"),
        display_name=one_line(person.text("display_name", MAX_NAME, empty=True)),
        trait_name=name,
        name_key=name_key(name),
        trait_description=fields.text("trait_description", MAX_TEXT, empty=True),
        trait_category=fields.category("trait_category"),
        supporting_evidence=_evidence(candidate_id, fields, shape, sent),
        confidence_score=fields.number("confidence_score", 1.0) or 0.0,
        originating_models=list(dict.fromkeys(fields.texts("originating_models"))),
        associated_raw_feature_set_ids=list(dict.fromkeys(fields.uuids("associated_raw_feature_set_ids"))),
        concepts=once_each(fields.texts("concepts", names=True)),
        supersedes=[other for other in dict.fromkeys(fields.uuids("supersedes")) if other != candidate_id],
        language=fields.text("language", 35, empty=True),
        created_at=fields.past("created_at"),
        user_id=person.uuid("user_id") if person.has("user_id") else None,
        dated="created_at" in shape.record.columns,
        sequence=fields.whole_number("sequence"),
        sent_id=str(person.get("external_id")),
        sent=sent,
    )
    return capped(reasons, shape.whole) or record


def _person(fields: "_Fields", shape: Format) -> "_Fields":
    if shape.person is None:
        return fields
    names = shape.person if fields.has("user") else NOBODY
    return _Fields(fields.get("user") if fields.has("user") else {}, names, "user", "user", fields.reasons)


def _evidence(candidate_id: UUID, fields: "_Fields", shape: Format, sent: dict[str, Piece]) -> list[Piece]:
    pieces: dict[str, Piece] = {}
    path = fields.names["supporting_evidence"]
    for index, value in enumerate(fields.items("supporting_evidence", MAX_EVIDENCE)):
        each = _Fields(value, shape.piece, f"{path}[{index}]", "", fields.reasons)
        piece = _piece(candidate_id, each)
        pieces.setdefault(piece["evidence_id"], piece)
        if not fields.reasons and (as_sent := spelled(piece, *map(each.get, WRITTEN_TEXTS))) != piece:
            sent.setdefault(piece["evidence_id"], as_sent)
        if len(fields.reasons) >= MAX_REASONS:
            break
    return list(pieces.values())


def _piece(candidate_id: UUID, fields: "_Fields") -> Piece:
    piece: Piece = {
        "evidence_id": "",
        "type": fields.text("type", 64),
        "content": fields.text("content", MAX_EVIDENCE_TEXT),
        "source_package_id": fields.text("source_package_id", MAX_NAME, empty=True) or None,
        "source_detail": fields.text("source_detail", MAX_DETAIL, empty=True),
        "start_time": fields.number("start_time", MAX_SECONDS),
        "end_time": fields.number("end_time", MAX_SECONDS),
        "relevance_score": fields.number("relevance_score", 1.0),
        "verdict": "",
    }
    told = {
        "recorded_at": fields.past("recorded_at").isoformat() if fields.get("recorded_at") is not None else "",
        "speaker": one_line(fields.text("speaker", MAX_NAME, empty=True)),
        "before": fields.text("before", MAX_AROUND, empty=True),
        "after": fields.text("after", MAX_AROUND, empty=True),
        "media_url": fields.address("media_url"),
    }
    piece |= {name: text for name, text in told.items() if text}  # type: ignore[typeddict-item]
    start, end = piece["start_time"], piece["end_time"]
    if start is not None and end is not None and end < start:
        fields.fault("end_time", gettext("is before %(field)s") % {"field": fields.names["start_time"]})
    if not fields.reasons:
        piece["evidence_id"] = evidence_id(candidate_id, piece)
    return piece


class _Fields:
    """Reads a JSON object's fields by column; a fault is added to reasons, and a harmless value is returned."""

    __slots__ = ("names", "path", "reasons", "row")

    def __init__(self, row: object, names: Names, path: str, whole: str, reasons: list[Reason]) -> None:
        self.path, self.reasons, self.names = path, reasons, names.columns
        self.row: dict[Any, Any] = row if isinstance(row, dict) else {}
        if not isinstance(row, dict):
            reasons.append((path or whole, other_type(gettext("must be a JSON object"), row)))
        elif row.keys() != names.required:
            reasons += [(self._place(name), gettext("is missing")) for name in sorted(names.required - row.keys())]
            reasons += [(self._place(printable(name)), gettext("is not a known field")) for name in names.unknown(row)]

    def has(self, column: str) -> bool:
        return self.names.get(column) in self.row

    def get(self, column: str) -> Any:
        return self.row.get(self.names.get(column))

    def fault(self, column: str, what: str, place: str = "") -> None:
        self.reasons.append((self._place(self.names[column] + place), what))

    def _place(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def text(self, column: str, longest: int, *, empty: bool = False) -> str:
        value: Any = self.get(column)
        if value is None and (column in NULLABLE or not self.has(column)):
            return ""
        if fault := text_fault(value, longest, empty):
            self.fault(column, fault)
            return ""
        return "" if empty and shows_nothing(value) else composed(value)

    def name(self, column: str) -> str:
        """A text that is shown on one line."""
        value = one_line(self.text(column, MAX_NAME))
        if fault := value and name_fault_of(value):
            self.fault(column, fault)
        return value

    def identifier(self, column: str) -> str:
        """An id from elsewhere."""
        value = identifier(self.text(column, MAX_NAME))
        if fault := value and text_fault(value, MAX_NAME, empty=False):
            self.fault(column, fault)
        return value

    def number(self, column: str, most: float) -> float | None:
        value: Any = self.get(column)
        if value is None and (column in NULLABLE or not self.has(column)):
            return None
        if type(value) not in (int, float):
            self.fault(column, other_type(gettext("must be a number"), value))
        elif not 0 <= value <= most:
            text = gettext("must be between 0 and %(most)d, but is %(number)s")
            self.fault(column, text % {"most": most, "number": repr(value)[:40]})
        else:
            return float(value) + 0.0  # turns -0.0 into 0.0
        return None

    def address(self, column: str) -> str:
        """An http:// or https:// address, or nothing."""
        value = self.text(column, MAX_ADDRESS, empty=True)
        if value and not ADDRESS.fullmatch(value):
            self.fault(column, gettext("must be an http:// or https:// address"))
        return value

    def whole_number(self, column: str) -> int | None:
        """A number from 0 on that PostgreSQL can store."""
        value: Any = self.get(column)
        if value is None:
            return None
        if type(value) is not int or not 0 <= value <= MAX_SEQUENCE:
            self.fault(column, gettext("must be a whole number between 0 and %(most)d") % {"most": MAX_SEQUENCE})
            return None
        return value

    def uuid(self, column: str) -> UUID:
        try:
            return parse_id(self.get(column))
        except ValueError:
            if self.has(column):
                self.fault(column, not_a_uuid(self.get(column)))
        return UUID(int=0)

    def category(self, column: str) -> str:
        value = self.get(column)
        if isinstance(value, str) and value in CATEGORIES:
            return value
        if self.has(column):
            self.fault(column, gettext("must be one of %(values)s") % {"values": ", ".join(Category.values)})
        return ""

    def past(self, column: str) -> dt.datetime:
        """A moment that is not in the future; clocks may differ by AHEAD."""
        now = dt.datetime.now(dt.UTC)
        try:
            moment = parse_moment(self.get(column))
        except ValueError:
            if self.has(column):
                self.fault(column, not_a_moment(self.get(column)))
            return now
        if moment > now + AHEAD:
            text = gettext("must not be in the future by more than a day, but is %(time)s")
            self.fault(column, text % {"time": moment.isoformat(timespec="seconds")})
        return moment

    def items(self, column: str, most: int) -> list[Any]:
        value = self.get(column)
        if value is None and (column in NULLABLE or not self.has(column)):
            return []
        if not isinstance(value, list):
            self.fault(column, other_type(gettext("must be a list"), value))
        elif len(value) > most:
            text = gettext("has more than %(most)s items: %(number)s")
            self.fault(column, text % {"most": most, "number": len(value)})
        else:
            return value
        return []

    def texts(self, column: str, *, names: bool = False) -> list[str]:
        values = self.items(column, MAX_LIST)
        for index, value in enumerate(values):
            fault = text_fault(value, MAX_NAME, empty=False)
            if fault := fault or (name_fault_of(one_line(value)) if names else None):
                self.fault(column, fault, f"[{index}]")
                return []
        return list(map(one_line, values))

    def uuids(self, column: str) -> list[UUID]:
        values, found = self.items(column, MAX_EVIDENCE), list[UUID]()
        for index, value in enumerate(values):
            try:
                found.append(parse_id(value))
            except ValueError:
                self.fault(column, not_a_uuid(value), f"[{index}]")
                return []
        return found
