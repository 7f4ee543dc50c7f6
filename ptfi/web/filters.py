"""List filters from an address: each field states how it is read and which rows match."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable, Container, Mapping
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import Func, Q
from django.http import QueryDict
from django.utils.dateparse import parse_date

Where = str | Callable[[Any], Q | Func]
"""The column with the value, or a function that makes a condition of it."""
LONGEST = 255
"""Characters of a text that are read; the rest is ignored."""


def narrowed(where: Mapping[str, Where], values: Mapping[str, Any]) -> Q:
    """A condition for the rows that match all of the values; empty values match every row."""
    found = Q()
    for name, how in where.items():
        if value := values.get(name):
            found &= Q(**{how: value}) if isinstance(how, str) else Q(how(value))
    return found


def choice(choices: Container[str], where: Where | None = None, default: str = "") -> Any:
    """A field with one of the choices; anything else counts as not chosen."""
    return _field(lambda text: text if text in choices else default, where, default)


def text(where: Where | None = None) -> Any:
    """A field with a text that the person typed or chose. Forms send line ends as CR LF."""
    return _field(lambda typed: typed.replace("\x00", "").replace("\r\n", "\n").strip()[:LONGEST], where, "")


def day(where: Where | None = None) -> Any:
    """A field with a date, or None."""
    return _field(read_day, where, None)


def identifier(where: Where | None = None) -> Any:
    """A field with a UUID, as text; anything else counts as not chosen."""
    return _field(_read_id, where, "")


def _read_id(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return ""


def read_day(text: str) -> dt.date | None:
    """A date as a date field sends it; None if it is invalid, or too far away for time zone conversions."""
    try:
        found = parse_date(text)
    except ValueError:
        return None
    return found if found and 1900 < found.year < 9000 else None


def _field(read: Callable[[str], Any], where: Where | None, default: Any) -> Any:
    return dataclasses.field(default=default, metadata={"read": read, "where": where})


@dataclasses.dataclass(frozen=True, kw_only=True)
class Filters:
    """The filters of a list, declared with choice(), text() and day(). A field at its default is not chosen."""

    @classmethod
    def read(cls, query: QueryDict) -> Self:
        """The filters in an address."""
        return cls(**{each.name: each.metadata["read"](query.get(each.name, "")) for each in dataclasses.fields(cls)})

    @property
    def chosen(self) -> dict[str, Any]:
        fields = dataclasses.fields(self)
        return {each.name: value for each in fields if (value := getattr(self, each.name)) != each.default}

    def query(self, **more: str) -> str:
        """The query of an address with the chosen filters and the non-empty items of `more`."""
        return urlencode(self.chosen | {name: value for name, value in more.items() if value})

    def condition(self) -> Q:
        """A condition for the rows that match, as far as the fields define one."""
        where = {each.name: each.metadata["where"] for each in dataclasses.fields(self) if each.metadata["where"]}
        return narrowed(where, vars(self))
