"""Helpers of staff's lists: filters, finding people without e-mail addresses in URLs, and paging by key."""

import datetime as dt
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlencode

from django import forms
from django.contrib.postgres.search import SearchQuery
from django.db import OperationalError, connection, transaction
from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ptfi.accounts.models import User, known_as
from ptfi.db import sql
from ptfi.web import keyset
from ptfi.web.filters import Where, narrowed
from ptfi.web.keyset import LONG_PAGE, Page
from traits.confidence import BAND_CHOICES, band_condition
from traits.models import CandidateStatus, Category, ExtractedTraitCandidate
from traits.models.candidates import WORDS
from traits.moderation.batches import of_batch, only_person
from traits.search.query import search_query
from traits.staff.sql import NAMES

LONGEST = 3_000
"""Milliseconds that a list across all people may take; filters without an index may need longer."""
NEAR = 1_000
"""How many of the next candidates a search looks through before it asks the index over words."""
TOO_SLOW = _("This takes too long across everyone. Filter by a person or a few days.")
LOOKED_AT = 1_000
"""How many of the newest candidates are searched for models and languages to offer as choices."""
AGES = {
    "day": (_("Last day"), 1),
    "week": (_("Last week"), 7),
    "month": (_("Last month"), 30),
}
OLD = {"month_ago": (_("Over a month"), 30), "year_ago": (_("Over a year"), 365)}
ORDERS = {
    "newest": (_("Newest first"), ("-created_at", "candidate_id")),
    # The reverse of the order above, so that the same index serves it.
    "oldest": (_("Oldest first"), ("created_at", "-candidate_id")),
    "surest": (_("Most confident first"), ("-confidence_score", "candidate_id")),
    "least_sure": (_("Least confident first"), ("confidence_score", "-candidate_id")),
}
NOT_FOUND = {
    True: _("No one has this e-mail address, external ID or ID."),
    False: _("No one has this external ID or ID."),
}
"""The error message, by whether the field accepts e-mail addresses."""
ANY = _("Any")
lazy_capfirst = lazy(capfirst, str)
Candidates = QuerySet[ExtractedTraitCandidate]
Row = TypeVar("Row", bound=Model)


class TooSlowError(Exception):
    """The list took too long, because its filters match too few rows."""


class PersonField(forms.CharField):
    """A person by full e-mail address, external id or id; the value is the id, and that account may be gone.

    by_address: whether addresses are accepted, which reveals who has an account.
    """

    def __init__(self, *, by_address: bool = True, **options: Any) -> None:
        super().__init__(max_length=255, **options)
        self.by_address = by_address
        self.widget.attrs |= {"autocomplete": "off", "dir": "auto"}

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return uuid.UUID(text)
        except ValueError:
            pass
        named = known_as(text) | (Q(email=text.lower()) if self.by_address else Q())
        found = User.objects.filter(named).values_list("pk", flat=True)[:2]
        if len(found) != 1:
            raise forms.ValidationError(NOT_FOUND[self.by_address])
        return found[0]


class DayField(forms.DateField):
    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"), **options)

    def clean(self, value: Any) -> dt.date | None:
        day: dt.date | None = super().clean(value)
        if day and not 1900 < day.year < 9000:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return day


class FilterForm(forms.Form):
    """The filters of a list. If one is invalid, the list is empty.

    where: the condition for each field's value.
    """

    required_css_class = "required"
    where: ClassVar[Mapping[str, Where]] = {}

    def condition(self) -> Q:
        """Return the condition of all filters; the form must be valid."""
        return narrowed(self.where, self.cleaned_data)

    def query(self) -> str:
        """Return the filters as the query of a URL, with people by id."""
        return urlencode({name: value for name, value in self.cleaned_data.items() if value})


class DatedFilterForm(FilterForm):
    """Filters of a list by time. Sent by POST and answered with a redirect, to keep e-mail addresses out of URLs."""

    since, until = DayField(label=pgettext_lazy("date", "From")), DayField(label=pgettext_lazy("date", "To"))
    # Days in the active time zone.
    where = {
        "since": lambda day: Q(created_at__gte=_midnight(day)),
        "until": lambda day: Q(created_at__lt=_midnight(day + dt.timedelta(days=1))),
    }


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


def bounded_page(rows: QuerySet[Row], order: Sequence[str], after: str) -> Page[Row]:
    """Return a page of a list that may be long. Raises TooSlowError."""
    with bounded():
        return keyset.page(rows, order, after, LONG_PAGE)


@contextmanager
def bounded() -> Iterator[None]:
    """Limit the time of each query in the block. Raises TooSlowError."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {LONGEST}")
            yield
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") == "57014":
            raise TooSlowError from error
        raise


def _age(name: str) -> Q:
    now = timezone.now()
    if name in AGES:
        return Q(created_at__gte=now - dt.timedelta(days=AGES[name][1]))
    return Q(created_at__lt=now - dt.timedelta(days=OLD[name][1]))


class CandidateFilters(FilterForm):
    """The filters of the candidate list, read from the URL."""

    q = forms.CharField(required=False, max_length=200, label=_("Words"))
    status = forms.ChoiceField(required=False, label=_("Status"), choices=[("", ANY), *CandidateStatus.choices])
    held = forms.ChoiceField(
        required=False, label=_("Held back"), choices=[("", ANY), ("yes", _("Yes")), ("no", _("No"))]
    )
    category = forms.ChoiceField(required=False, label=_("Category"), choices=[("", ANY), *Category.choices])
    model = forms.CharField(required=False, label=_("Model"), max_length=255)
    band = forms.ChoiceField(
        required=False,
        label=_("Confidence"),
        choices=[("", ANY), *((name, lazy_capfirst(words)) for name, words in BAND_CHOICES)],
    )
    language = forms.CharField(required=False, label=_("Language"), max_length=35)
    age = forms.ChoiceField(
        required=False,
        label=_("Age"),
        choices=[("", ANY), *((key, age[0]) for key, age in (AGES | OLD).items())],
    )
    person = PersonField(required=False, by_address=False, label=_("Person's ID"))
    batch = forms.UUIDField(required=False, label=_("Import's ID"))
    order = forms.ChoiceField(
        required=False, label=_("Order"), choices=[(key, order[0]) for key, order in ORDERS.items()]
    )

    where = {
        "status": "status",
        "category": "trait_category",
        "language": "language",
        "person": "user_id",
        "batch": of_batch,
        "model": lambda name: Q(originating_models__contains=[name]),
        "held": lambda answer: ~Q(held_reason="") if answer == "yes" else Q(held_reason=""),
        "band": band_condition,
        "age": _age,
    }

    @property
    def ordering(self) -> Sequence[str]:
        return ORDERS[self.value("order") or "newest"][1]

    @property
    def has_search(self) -> bool:
        """Whether there is a filter by words, model or import, which may match only few of the rows."""
        return bool(self.value("q") or self.value("model") or self.value("batch"))

    @property
    def only_person(self) -> uuid.UUID | None:
        """The person whom all listed suggestions are about, if the filters name one, or an import about one."""
        batch = self.value("batch")
        found: uuid.UUID | None = self.value("person") or (only_person(batch) if batch else None)
        return found

    def value(self, name: str) -> Any:
        """Return a filter's value; "" or None if it is not set."""
        self.is_valid()
        return self.cleaned_data.get(name)


def choices() -> dict[str, list[str]]:
    """Return the models and languages of the newest candidates."""
    found: dict[str, list[str]] = {"model": [], "language": []}
    for kind, name in sorted(sql.rows(NAMES, {"rows": LOOKED_AT})):
        found[kind].append(name)
    return found


def filtered(filters: CandidateFilters, *, evidence: bool) -> Candidates:
    """Return the candidates that match the filters, unordered; none if a filter is invalid.

    evidence: whether the search includes it.
    """
    rows = ExtractedTraitCandidate.objects.defer("search", "supporting_evidence")
    if not filters.is_valid():
        return rows.none()
    rows = rows.filter(filters.condition())
    words = filters.value("q")
    if not words:
        return rows
    wanted: SearchQuery = search_query(words)
    return rows.filter(search=wanted) if evidence else rows.alias(words=WORDS).filter(words=wanted)


def candidate_page(
    rows: Candidates, filters: CandidateFilters, after: str = "", limit: int = LONG_PAGE
) -> Page[ExtractedTraitCandidate]:
    """Return a page of filtered(), in the order given by the filters."""
    order = filters.ordering
    within = _filled_at_once(rows, order, after, limit) if filters.has_search else rows
    if within is None:
        within = keyset.by_ids_if_few(rows)
    ids = keyset.behind(within, order, after).order_by(*order).values("pk")[: limit + 1]
    # The inner query selects ids by an index alone, however few rows match; only the page's rows are loaded.
    found = list(rows.filter(pk__in=ids).order_by(*order))
    return keyset.cut(found, limit, lambda row: keyset.key_of(row, order))


def _filled_at_once(rows: Candidates, order: Sequence[str], after: str, limit: int) -> Candidates | None:
    """Return rows by their ids if they fill the page and are among the next few of all; else None.

    An index over words reads everything that a frequent word has, a million rows, before the first one is known.
    """
    everybody = ExtractedTraitCandidate.objects.all()
    near = keyset.behind(everybody, order, after).order_by(*order).values_list("pk", flat=True)[:NEAR]
    # As a list, since the planner might begin with the index over words again.
    found = rows.filter(pk__in=sql.any_of(list(near), "uuid")).order_by(*order)
    ids = list(found.values_list("pk", flat=True)[: limit + 1])
    return everybody.filter(pk__in=ids) if len(ids) > limit else None


def uuids_from(ids: Collection[str]) -> list[uuid.UUID]:
    """Return the ids sent by a form, without invalid ones."""
    found = []
    for text in ids:
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    return found
