"""Which candidates staff see: filters across all people, full text, and pages by key, with no count of the whole."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Collection
from typing import Any

from django import forms
from django.contrib.postgres.search import SearchQuery
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from traits.confidence import BAND_CHOICES, band_condition
from traits.ingest.bulk_write import any_of, query
from traits.models import CandidateStatus, Category, ExtractedTraitCandidate
from traits.models.candidates import WORDS
from traits.search import search_query

PAGE = 50
FEW = 3_000
"""Rows that are put in order on the spot."""
LOOKED_AT = 1_000
"""The newest candidates, whose models and languages are offered to choose from."""
NAMES = """
    SELECT DISTINCT 'model', unnest(originating_models) FROM (
        SELECT originating_models FROM traits_extractedtraitcandidate
        ORDER BY created_at DESC, candidate_id LIMIT %(rows)s
    ) AS newest
    UNION ALL SELECT DISTINCT 'language', language::text FROM (
        SELECT language FROM traits_extractedtraitcandidate WHERE language <> ''
        ORDER BY created_at DESC, candidate_id LIMIT %(rows)s
    ) AS newest
"""
AGES = {"day": ("The last day", 1), "week": ("The last week", 7), "month": ("The last month", 30)}
OLD = {"month_ago": ("Over a month", 30), "year_ago": ("Over a year", 365)}
ORDERS = {
    "newest": ("Newest first", "created_at", True),
    "oldest": ("Oldest first", "created_at", False),
    "surest": ("Most confident first", "confidence_score", True),
    "least_sure": ("Least confident first", "confidence_score", False),
}
Rows = QuerySet[ExtractedTraitCandidate]


class Filters(forms.Form):
    """The filters as the address has them; what does not fit is left out, and said beside its field."""

    q = forms.CharField(required=False, max_length=200, label="Words")
    status = forms.ChoiceField(required=False, choices=[("", "Any"), *CandidateStatus.choices])
    held = forms.ChoiceField(required=False, label="Held back", choices=[("", "Any"), ("yes", "Yes"), ("no", "No")])
    category = forms.ChoiceField(required=False, choices=[("", "Any"), *Category.choices])
    model = forms.CharField(required=False, max_length=255)
    band = forms.ChoiceField(
        required=False,
        label="Confidence",
        choices=[("", "Any"), *((name, words.capitalize()) for name, words in BAND_CHOICES)],
    )
    language = forms.CharField(required=False, max_length=35)
    age = forms.ChoiceField(
        required=False,
        choices=[("", "Any"), *((key, age[0]) for key, age in (AGES | OLD).items())],
    )
    person = forms.UUIDField(required=False, label="Person's id")
    order = forms.ChoiceField(required=False, choices=[(key, order[0]) for key, order in ORDERS.items()])

    def value(self, name: str) -> Any:
        """What was chosen; "" or None where nothing was, or where it does not fit."""
        self.is_valid()
        return self.cleaned_data.get(name)

    @property
    def sieved(self) -> bool:
        return bool(self.value("q") or self.value("model"))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Page:
    """Some candidates, and the key to go on from; "" at the end."""

    rows: list[ExtractedTraitCandidate]
    next: str


def choices() -> dict[str, list[str]]:
    """The models and languages of the newest candidates."""
    found: dict[str, list[str]] = {"model": [], "language": []}
    for kind, name in sorted(query(NAMES, {"rows": LOOKED_AT})):
        found[kind].append(name)
    return found


def matching(filters: Filters, *, evidence: bool) -> Rows:
    """The candidates that the filters let through, unordered; evidence says whether words may be found in it."""
    rows = ExtractedTraitCandidate.objects.defer("search", "supporting_evidence")
    columns = {"status": "status", "category": "trait_category", "language": "language", "person": "user_id"}
    for name, column in columns.items():
        if value := filters.value(name):
            rows = rows.filter(**{column: value})
    if model := filters.value("model"):
        rows = rows.filter(originating_models__contains=[model])
    if held := filters.value("held"):
        rows = rows.exclude(held_reason="") if held == "yes" else rows.filter(held_reason="")
    rows = rows.filter(band_condition(filters.value("band") or ""), _age(filters.value("age")))
    return _with_words(rows, filters.value("q"), evidence)


def _with_words(rows: Rows, words: str | None, evidence: bool) -> Rows:
    if not words:
        return rows
    wanted: SearchQuery = search_query(words)
    return rows.filter(search=wanted) if evidence else rows.alias(words=WORDS).filter(words=wanted)


def _age(name: str | None) -> Q:
    now = timezone.now()
    if name in AGES:
        return Q(created_at__gte=now - dt.timedelta(days=AGES[name][1]))
    return Q(created_at__lt=now - dt.timedelta(days=OLD[name][1])) if name in OLD else Q()


def page(rows: Rows, order: str | None, after: str = "", limit: int = PAGE, *, sieved: bool = False) -> Page:
    """A page in one of ORDERS; a key that is none starts at the beginning.

    sieved: words or a model were asked for, which may be in few of the rows.
    """
    _, column, descending = ORDERS.get(order or "", ORDERS["newest"])
    # The other direction is the same index read backwards.
    ordering = (
        [F(column).desc(), F("candidate_id").asc()] if descending else [F(column).asc(), F("candidate_id").desc()]
    )
    behind = _behind(_few(rows) if sieved else rows, column, descending, after).order_by(*ordering)
    # Ids and what the filters ask come from an index alone, however few rows the filters let through.
    found = list(rows.filter(pk__in=behind.values("pk")[: limit + 1]).order_by(*ordering))
    last = found[limit - 1] if len(found) > limit else None
    return Page(rows=found[:limit], next=_key(last.pk, getattr(last, column)) if last else "")


def _few(rows: Rows) -> Rows:
    """The same rows, by their ids where they are few: asked for in order, the planner might walk through all others."""
    ids = list(rows.order_by().values_list("pk", flat=True)[: FEW + 1])
    return rows if len(ids) > FEW else ExtractedTraitCandidate.objects.filter(pk__in=any_of(ids, "uuid"))


def _key(pk: uuid.UUID, value: dt.datetime | float) -> str:
    return f"{value.isoformat() if isinstance(value, dt.datetime) else repr(value)}_{pk}"


def _behind(rows: Rows, column: str, descending: bool, after: str) -> Rows:
    text, _, pk = after.partition("_")
    try:
        value = dt.datetime.fromisoformat(text).astimezone(dt.UTC) if column == "created_at" else float(text)
        last = uuid.UUID(pk)
    except (ValueError, OverflowError):
        return rows
    beyond, behind = ("lt", "gt") if descending else ("gt", "lt")
    # The first condition is what an index can go by.
    rows = rows.filter(**{f"{column}__{beyond}e": value})
    return rows.filter(Q(**{f"{column}__{beyond}": value}) | Q(**{f"candidate_id__{behind}": last}))


def chosen(ids: Collection[str]) -> list[uuid.UUID]:
    """The ids of a form; what is none is left out."""
    found = []
    for text in ids:
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    return found
