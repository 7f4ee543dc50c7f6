"""Statements that read candidates: one by its id, and a page of the list with its filters, each field and condition."""

import copy
import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from rest_framework import serializers

from ptfi.accounts.models import User
from ptfi.api.strict import Choice, QueryNumber, Text
from ptfi.db.prepared import fetch
from ptfi.db.sql import array
from ptfi.web.keyset import hide, moment
from traits.api.serializers.candidates import (
    BARE_CANDIDATE_SQL,
    CANDIDATE_SQL,
    SHARED_CANDIDATE_SQL,
    CandidateSerializer,
)
from traits.api.serializers.fields import NoCursorError, PageSerializer, place_of
from traits.decisions.sql import CANDIDATES
from traits.models import MAX_NAME, UNDECIDED, CandidateStatus, Category, ExtractedTraitCandidate, PersonaTrait
from traits.search.query import tsquery
from traits.sharing.receipts import Reader, fetch_page
from traits.sharing.slices import Slice


@dataclasses.dataclass(frozen=True, slots=True)
class Filter:
    """A filter: field reads the query parameter; condition has one placeholder, for the result of prepare."""

    field: serializers.Field
    condition: str
    prepare: Callable[[Any], Any] = lambda value: value


FILTERS = {
    "category": Filter(
        serializers.ListField(child=Choice(choices=Category.choices), required=False, help_text="Only these."),
        "trait_category = ANY(%s)",
    ),
    "minConfidence": Filter(
        QueryNumber(
            min_value=0, max_value=1, required=False, help_text="Only those that the pipeline is at least so sure of."
        ),
        "confidence_score >= %s",
    ),
    "maxConfidence": Filter(
        QueryNumber(min_value=0, max_value=1, required=False, help_text="Only those that it is at most so sure of."),
        "confidence_score <= %s",
    ),
    "model": Filter(
        Text(max_length=MAX_NAME, required=False, help_text="Only those that this model inferred."),
        "originating_models @> ARRAY[%s]::varchar[]",
    ),
    "concept": Filter(
        Text(max_length=MAX_NAME, required=False, help_text="Only those that name this concept, spelled so."),
        "concepts @> jsonb_build_array(%s::text)",
    ),
    "q": Filter(
        Text(
            max_length=MAX_NAME,
            required=False,
            help_text="Words in name, description or (not for apps) evidence; the last one may be incomplete.",
        ),
        # The expression has no index on purpose: the index over words spans all people (see selectors.OWN_WORDS).
        "coalesce(search, '') @@ %s::tsquery",
        tsquery,
    ),
}
"""Parameter → filter."""
SORTED_BY = ("creationTimestamp", "confidenceScore", "traitName", "lastUpdatedTimestamp")
WAYS = {"asc": "ASC", "desc": "DESC"}
ORDERS = {name: CandidateSerializer().fields[name].source for name in SORTED_BY}
"""Field → column."""


class CandidateQuerySerializer(PageSerializer):
    status = serializers.ListField(
        child=Choice(choices=CandidateStatus.choices),
        required=False,
        help_text="Only these; those that are undecided unless told.",
    )
    sortBy = Choice(
        choices=list(SORTED_BY), default="creationTimestamp", help_text="What they are ordered by; equal ones by id."
    )
    sortOrder = Choice(choices=list(WAYS), default="desc", help_text="Which way.")

    def get_fields(self) -> dict[str, serializers.Field]:
        """Return the fields of the page and the status, then the filters, then the order."""
        fields = super().get_fields()
        order = {name: fields.pop(name) for name in ("sortBy", "sortOrder")}
        return {**fields, **{name: copy.deepcopy(each.field) for name, each in FILTERS.items()}, **order}


def _literals(statuses: Iterable[str]) -> str:
    """Return the statuses as SQL constants, which the partial index requires."""
    return ", ".join(f"'{CandidateStatus(status).value}'" for status in sorted(set(statuses)))


TABLE = ExtractedTraitCandidate._meta.db_table
TRAITS = PersonaTrait._meta.db_table
NOT_OUTSIDE = (
    f"NOT EXISTS (SELECT FROM {TRAITS} t WHERE t.user_id = {TABLE}.user_id AND t.trait_id = {TABLE}.candidate_id"
    " AND t.category <> ALL(%s::varchar[]))"
)
"""Suggestions are shown to apps only if all contexts are granted, so the category decides."""
BLIND = {"q": "coalesce(candidate_words(trait_name, trait_description), '') @@ %s::tsquery"}
"""Filter → its condition for apps: what they find must not depend on evidence that they do not see."""
# Held candidates are in no list while the person could still decide about them.
OWN = f"user_id = %s AND (held_reason = '' OR status NOT IN ({_literals(UNDECIDED)}))"


@dataclasses.dataclass(frozen=True, slots=True)
class Listed:
    """A page of candidates as JSON, the number of all, and the cursor of the next page; None on the last one."""

    rows: list[str]
    total: int
    next: str | None = None


def listed_candidates(
    user: User, query: Mapping[str, Any], seen: Slice, private: Collection[str] = (), reader: Reader | None = None
) -> Listed:
    """Return a page of the person's candidates inside the slice; a reader gets a receipt. Raises NoCursorError.

    query: the data validated by CandidateQuerySerializer. private: ids of evidence that is left out, besides what the
    suggestion itself calls too private.
    """
    statuses = query.get("status") or UNDECIDED
    given = {
        each.condition if seen.is_own else BLIND.get(name, each.condition): value
        for name, each in FILTERS.items()
        if name in query and (value := each.prepare(query[name])) not in ("", [])
    }
    inside, bounds = _inside(seen, is_decided=not set(statuses) <= set(UNDECIDED))
    where = " AND ".join([OWN, f"status IN ({_literals(statuses)})", *inside, *given])
    values = [user.pk, *bounds, *given.values()]
    column, way = ORDERS[query["sortBy"]], WAYS[query["sortOrder"]]
    behind, place = _behind(query, column)
    counted = f"SELECT count(*) FROM {TABLE} WHERE {where}"  # noqa: S608 (texts of ours, values apart)
    item = CANDIDATE_SQL if seen.is_own else SHARED_CANDIDATE_SQL if seen.evidence else BARE_CANDIDATE_SQL
    page = (
        f"SELECT {item}::text AS item, trait_category AS category, ({counted}) AS total, {column} AS place,"  # noqa: S608
        f" candidate_id AS id FROM {TABLE} WHERE {where}{behind}"
        f" ORDER BY {column} {way}, candidate_id LIMIT %s OFFSET %s"
    )
    hidden = [array(private)] if item is SHARED_CANDIDATE_SQL else []
    limit = query["limit"]
    sent = [*hidden, *values, *values, *place, limit + 1, query["offset"]]
    rows = fetch_page(reader, page, sent, f"place {way}, id", limit) if reader else fetch(page, sent)
    if not rows:
        # The total comes with the rows; past the last page it takes a query of its own.
        return Listed([], fetch(counted, values)[0][0] if query["offset"] or place else 0)
    following = _cursor(query, rows[limit - 1]) if len(rows) > limit else None
    return Listed([text for text, *_ in rows[:limit]], rows[0][2], following)


def one_candidate(user: User, pk: uuid.UUID, seen: Slice) -> ExtractedTraitCandidate | None:
    """The person's candidate with this id inside the slice, if lists may show it."""
    inside, bounds = _inside(seen, is_decided=True)
    where = " AND ".join([OWN, "candidate_id = %s", *inside])
    rows = fetch(f"SELECT {CANDIDATES.columns} FROM {TABLE} WHERE {where}", [user.pk, pk, *bounds])  # noqa: S608
    return CANDIDATES.loaded(rows[0])[0] if rows else None


def _inside(seen: Slice, *, is_decided: bool) -> tuple[list[str], list[Any]]:
    """The conditions for what is inside the slice, and their values; as Slice.candidates() has them.

    is_decided: suggestions that became traits are asked for, too; one is outside if the trait is.
    """
    if seen.is_own:
        return [], []
    granted = array(sorted(seen.categories)) if seen.candidates_shown else array(())
    if not is_decided:
        return ["trait_category = ANY(%s::varchar[])"], [granted]
    return ["trait_category = ANY(%s::varchar[])", NOT_OUTSIDE], [granted, granted]


def _cursor(query: Mapping[str, Any], row: Sequence[Any]) -> str:
    """The cursor of the page that begins behind this row."""
    *_, value, pk = row
    text = value.isoformat() if isinstance(value, dt.datetime) else str(value)
    return hide((_order(query) + text, str(pk)))


def _order(query: Mapping[str, Any]) -> str:
    """The order that a cursor belongs to, as its first part."""
    return f"{query['sortBy']} {query['sortOrder']} "


def _behind(query: Mapping[str, Any], column: str) -> tuple[str, list[Any]]:
    """The condition for what comes behind the query's cursor, and its values; nothing without one."""
    place, order = place_of(query["cursor"]), _order(query)
    if place is None:
        return "", []
    if not place[0].startswith(order):
        raise NoCursorError
    try:
        value = READ[query["sortBy"]](place[0].removeprefix(order))
    except (ValueError, OverflowError):
        raise NoCursorError from None
    beyond = "<" if query["sortOrder"] == "desc" else ">"
    return f" AND {column} {beyond}= %s AND ({column} {beyond} %s OR candidate_id > %s)", [value, value, place[1]]


def _name(text: str) -> str:
    if "\0" in text:
        raise ValueError(text)
    return text


READ: dict[str, Callable[[str], Any]] = {
    "creationTimestamp": moment,
    "confidenceScore": float,
    "traitName": _name,
    "lastUpdatedTimestamp": moment,
}
"""Field → how to read its value in a cursor."""
