"""What narrows a list, as an address names it: each field says how it is read and which rows it lets through."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Container, Mapping
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import Func, Q
from django.http import QueryDict
from django.utils.dateparse import parse_date

Where = str | Callable[[Any], Q | Func]
"""The column that has the value, or what makes a condition of it."""
LONGEST = 255
"""Characters of a text that are read."""


def narrowed(where: Mapping[str, Where], values: Mapping[str, Any]) -> Q:
    """The rows that all of the values let through; an empty one lets every row through."""
    found = Q()
    for name, how in where.items():
        if value := values.get(name):
            found &= Q(**{how: value}) if isinstance(how, str) else Q(how(value))
    return found


def choice(choices: Container[str], where: Where | None = None, default: str = "") -> Any:
    """A field that has one of the choices; what is not one of them counts as not chosen."""
    return _field(lambda text: text if text in choices else default, where, default)


def text(where: Where | None = None) -> Any:
    """A field that has what somebody typed."""
    return _field(lambda typed: typed.replace("\x00", "").strip()[:LONGEST], where, "")


def day(where: Where | None = None) -> Any:
    """A field that has a day, or None."""
    return _field(read_day, where, None)


def read_day(text: str) -> dt.date | None:
    """A day as a date field sends it; None for what is not one, or is too far away to have a time zone."""
    try:
        found = parse_date(text)
    except ValueError:
        return None
    return found if found and 1900 < found.year < 9000 else None


def _field(read: Callable[[str], Any], where: Where | None, default: Any) -> Any:
    return dataclasses.field(default=default, metadata={"read": read, "where": where})


@dataclasses.dataclass(frozen=True, kw_only=True)
class Filters:
    """The filters of a list, to be declared by choice(), text() and day(). What has its default was not chosen."""

    @classmethod
    def read(cls, query: QueryDict) -> Self:
        """The filters that an address names."""
        return cls(**{each.name: each.metadata["read"](query.get(each.name, "")) for each in dataclasses.fields(cls)})

    @property
    def chosen(self) -> dict[str, Any]:
        fields = dataclasses.fields(self)
        return {each.name: value for each in fields if (value := getattr(self, each.name)) != each.default}

    def query(self, **more: str) -> str:
        """The query of an address that names what is chosen, and whatever else is not empty."""
        return urlencode(self.chosen | {name: value for name, value in more.items() if value})

    def condition(self) -> Q:
        """The rows that the filters let through, as far as their fields say."""
        where = {each.name: each.metadata["where"] for each in dataclasses.fields(self) if each.metadata["where"]}
        return narrowed(where, vars(self))
