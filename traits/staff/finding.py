"""What the lists of staff share: finding a person without their address in one's own, and pages by key."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db import OperationalError, connection, transaction
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from ptfi.accounts.models import User

PAGE = 50
LONGEST = 3_000
"""Milliseconds that a list across all people may take; filters of which no index knows may need longer."""


class TooSlowError(Exception):
    """The list was given up: its filters let too little through."""


class PersonField(forms.CharField):
    """Somebody by their whole e-mail address, external id or id; the value is the id, also of one who has left."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=255, **options)
        self.widget.attrs |= {"autocomplete": "off", "dir": "auto"}

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return uuid.UUID(text)
        except ValueError:
            pass
        found = User.objects.filter(Q(email=text.lower()) | Q(external_id=text)).values_list("pk", flat=True)[:2]
        if len(found) != 1:
            raise forms.ValidationError("Nobody has this e-mail address, external id or id.")
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
    """Filters of a list. It is sent by POST and answered by a redirect: no e-mail address gets into an address."""

    required_css_class = "required"
    since, until = DayField(label="From"), DayField(label="To")

    def query(self) -> str:
        """What is chosen, as the query of an address: people by their ids."""
        return urlencode({name: value for name, value in self.cleaned_data.items() if value})

    def moments(self) -> Q:
        """Rows made on these days, of the time zone that is active."""
        found = Q()
        if self.cleaned_data.get("since"):
            found &= Q(created_at__gte=_midnight(self.cleaned_data["since"]))
        if self.cleaned_data.get("until"):
            found &= Q(created_at__lt=_midnight(self.cleaned_data["until"] + dt.timedelta(days=1)))
        return found


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


def page(rows: QuerySet[Any], after: str, keys: Mapping[str, Any]) -> tuple[list[Any], str]:
    """Some of the rows, the greatest keys first, and the key to go on from; "" at the end.

    keys: by field, what reads its value from a key's text. A key that is none starts at the beginning. Raises
    TooSlowError.
    """
    rows = rows.filter(_behind(after, keys)).order_by(*(f"-{name}" for name in keys))
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {LONGEST}")
            found = list(rows[: PAGE + 1])
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") == "57014":
            raise TooSlowError from error
        raise
    return found[:PAGE], _key(found[PAGE - 1], keys) if len(found) > PAGE else ""


def _key(row: Model, keys: Mapping[str, Any]) -> str:
    values = (getattr(row, name) for name in keys)
    return "_".join(value.isoformat() if isinstance(value, dt.datetime) else str(value) for value in values)


def _behind(after: str, keys: Mapping[str, Any]) -> Q:
    """Rows with lesser keys, and a bound on the first one, by which an index is entered."""
    try:
        values = [read(text) for read, text in zip(keys.values(), after.split("_"), strict=True)]
    except (ValueError, OverflowError):
        return Q()
    found, same = Q(), Q()
    for name, value in zip(keys, values, strict=True):
        found |= same & Q(**{f"{name}__lt": value})
        same &= Q(**{name: value})
    return found & Q(**{f"{next(iter(keys))}__lte": values[0]})


def moment_of(text: str) -> dt.datetime:
    """A time with its zone, as keys of pages have it. Raises ValueError, OverflowError."""
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC)


def number_of(text: str) -> int:
    """A number that a column of 64 bits can be compared with. Raises ValueError."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise ValueError(text)
    return int(text)
