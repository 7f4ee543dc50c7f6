"""The list of candidates: its filters, each with field and condition, and the statement that reads a page."""

import copy
import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from rest_framework import serializers

from ptfi.accounts.models import User
from ptfi.api.strict import Choice, Text
from ptfi.db.prepared import fetch
from ptfi.db.sql import array
from traits.api.serializers.candidates import CANDIDATE_SQL, SHARED_CANDIDATE_SQL, CandidateSerializer
from traits.api.serializers.fields import PageSerializer
from traits.models import MAX_NAME, UNDECIDED, CandidateStatus, Category, ExtractedTraitCandidate
from traits.search.query import tsquery


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
        serializers.FloatField(
            min_value=0, max_value=1, required=False, help_text="Only those that the pipeline is at least so sure of."
        ),
        "confidence_score >= %s",
    ),
    "maxConfidence": Filter(
        serializers.FloatField(
            min_value=0, max_value=1, required=False, help_text="Only those that it is at most so sure of."
        ),
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
            help_text="Words in name, description or evidence; the last one may be incomplete.",
        ),
        # The expression has no index on purpose: the index over words spans all people (see selectors.OWN_WORDS).
        "coalesce(search, '') @@ %s::tsquery",
        tsquery,
    ),
}
"""Parameter → filter."""
SORTED_BY = ("creationTimestamp", "confidenceScore", "traitName", "lastUpdatedTimestamp")
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
    sortOrder = Choice(choices=["asc", "desc"], default="desc", help_text="Which way.")

    def get_fields(self) -> dict[str, serializers.Field]:
        """Return the fields of the page and the status, then the filters, then the order."""
        fields = super().get_fields()
        order = {name: fields.pop(name) for name in ("sortBy", "sortOrder")}
        return {**fields, **{name: copy.deepcopy(each.field) for name, each in FILTERS.items()}, **order}


def _literals(statuses: Iterable[str]) -> str:
    """Return the statuses as SQL constants, which the partial index requires."""
    return ", ".join(f"'{CandidateStatus(status).value}'" for status in sorted(set(statuses)))


TABLE = ExtractedTraitCandidate._meta.db_table
# Held candidates are in no list while the person could still decide about them.
OWN = f"user_id = %s AND (held_reason = '' OR status NOT IN ({_literals(UNDECIDED)}))"


def listed_candidates(
    user: User, query: Mapping[str, Any], *, whole: bool, private: Collection[str] = ()
) -> tuple[list[str], int]:
    """Return a page of the person's candidates with their evidence, as JSON, and the total number.

    query: the data validated by CandidateQuerySerializer. whole: include evidence that the person found too private.
    private: ids of further such pieces.
    """
    given = {
        each.condition: value
        for name, each in FILTERS.items()
        if name in query and (value := each.prepare(query[name])) not in ("", [])
    }
    where = " AND ".join([OWN, f"status IN ({_literals(query.get('status') or UNDECIDED)})", *given])
    values = [user.pk, *given.values()]
    way = "DESC" if query["sortOrder"] == "desc" else "ASC"
    place = f"{ORDERS[query['sortBy']]} {way}, candidate_id LIMIT %s OFFSET %s"
    counted = f"SELECT count(*) FROM {TABLE} WHERE {where}"  # noqa: S608 (texts of ours, values apart)
    item = CANDIDATE_SQL if whole else SHARED_CANDIDATE_SQL
    page = f"SELECT {item}::text, ({counted}) FROM {TABLE} WHERE {where} ORDER BY {place}"  # noqa: S608
    hidden = [] if whole else [array(private)]
    rows = fetch(page, [*hidden, *values, *values, query["limit"], query["offset"]])
    if not rows:
        # The total comes with the rows; past the last page it takes a query of its own.
        return [], fetch(counted, values)[0][0] if query["offset"] else 0
    return [text for text, _ in rows], rows[0][1]
