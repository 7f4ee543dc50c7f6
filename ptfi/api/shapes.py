"""Derives from a serializer, once: an object's JSON, SQL that makes the same JSON, names, and an example.

A field's source is its attribute or column. Values are passed to orjson unchanged, except for fields with a method
to_json; a field whose SQL is not simply its column has a method to_sql.
"""

from collections.abc import Callable, Mapping
from operator import attrgetter, methodcaller
from typing import Any, ClassVar

from rest_framework import serializers

from ptfi.db import sql

Json = dict[str, Any]
Read = Callable[[Any], Any]
WHEN = "2026-11-22T09:30:00+00:00"
AN_ID = "123e4567-e89b-12d3-a456-426614174000"
BY_KIND: dict[type[serializers.Field], Any] = {
    serializers.ListField: [],
    serializers.DictField: {},
    serializers.DateTimeField: WHEN,
    serializers.UUIDField: AN_ID,
    serializers.BooleanField: False,
    serializers.IntegerField: 0,
    serializers.CharField: "",
}
"""Examples of fields, used if the shape has none."""


class Shape(serializers.Serializer):
    """A serializer that describes responses.

    of_mappings: the objects are mappings, not instances. example: values for fields whose type makes no good example.
    """

    of_mappings: ClassVar[bool] = False
    example: ClassVar[Json] = {}


class OptionalChoice(serializers.ChoiceField):
    """A choice that is stored as an empty text if none was made, which is null in JSON."""

    def __init__(self, choices: Any, **options: Any) -> None:
        super().__init__(choices, allow_null=True, **options)

    def to_json(self, value: str) -> str | None:
        return value or None

    def to_sql(self, text: str) -> str:
        return f"nullif({text}, '')"


class Hexadecimal(serializers.CharField):
    """Bytes as hexadecimal digits."""

    def to_json(self, value: bytes) -> str:
        return bytes(value).hex()


class Percentage(serializers.FloatField):
    """A percentage that is shown as a fraction of 1."""

    def to_json(self, value: int) -> float:
        return value / 100


def json_of(kind: type[serializers.Serializer], spread: str = "", **computed: Read) -> Callable[[Any], Json]:
    """A function from an object to its JSON.

    computed: functions for fields that are not attributes. spread: an attribute that holds a mapping; its items, in
    their own order, replace the fields whose sources are in it.
    """
    reads = {name: computed.get(name) or _read(field) for name, field in kind().fields.items()}
    if not spread:
        pairs = list(reads.items())
        return lambda item: {name: read(item) for name, read in pairs}
    inside = [name for name, field in kind().fields.items() if str(field.source).startswith(f"{spread}.")]
    names, mapping = list(reads), attrgetter(spread)
    first, last = names.index(inside[0]), names.index(inside[-1])
    head, tail = names[:first], names[last + 1 :]
    return lambda item: {
        **{name: reads[name](item) for name in head},
        **mapping(item),
        **{name: reads[name](item) for name in tail},
    }


def _read(field: serializers.Field) -> Read:
    get: Read = methodcaller("get", field.source) if _is_of_mappings(field) else _getter(str(field.source))
    if isinstance(field, serializers.ListSerializer):
        each = json_of(type(field.child))
        return lambda item: [each(inner) for inner in get(item)]
    if isinstance(field, serializers.Serializer):
        whole = json_of(type(field))
        return lambda item: None if (value := get(item)) is None else whole(value)
    convert = getattr(field, "to_json", None)
    return (lambda item: convert(get(item))) if convert else get


def _is_of_mappings(field: serializers.Field) -> bool:
    return isinstance(field.parent, Shape) and field.parent.of_mappings


def _getter(source: str) -> Read:
    """A function that reads the attribute; for a dotted path it returns None if a part of it is None."""
    first, _, rest = source.partition(".")
    if not rest:
        return attrgetter(first)
    outer, inner = attrgetter(first), _getter(rest)
    return lambda item: None if (value := outer(item)) is None else inner(value)


def sql_of(kind: type[serializers.Serializer], condition: str = "true") -> str:
    """SQL for the JSON of a row whose columns are named like the fields' sources.

    condition: SQL about a `piece` of a list of objects; only pieces that satisfy it are included.
    """
    return sql.json_object({name: _expression(field, condition) for name, field in kind().fields.items()})


def _expression(field: serializers.Field, condition: str) -> str:
    if isinstance(field, serializers.ListSerializer):
        return sql.json_list(sql_of(type(field.child)), str(field.source), condition)
    to_sql = getattr(field, "to_sql", None)
    if not _is_of_mappings(field):
        return to_sql(str(field.source)) if to_sql else str(field.source)
    return to_sql(f"piece->>'{field.source}'") if to_sql else f"piece->'{field.source}'"


def names_of(kind: type[serializers.Serializer]) -> dict[str, str]:
    """Source → JSON name; nested fields have a dotted path."""
    names = dict[str, str]()
    for name, field in kind().fields.items():
        names[str(field.source)] = name
        if isinstance(field, serializers.Serializer):
            names |= {source: f"{name}.{inner}" for source, inner in names_of(type(field)).items()}
    return names


def example_of(kind: type[serializers.Serializer], **changes: Any) -> Json:
    """An example of the shape for the document, without its optional fields; changes: field → another value."""
    given: Mapping[str, Any] = {**getattr(kind, "example", {}), **changes}
    fields = kind().fields.items()
    return {name: given[name] if name in given else _example(f) for name, f in fields if name in given or f.required}


def _example(field: serializers.Field) -> Any:
    if isinstance(field, serializers.ListSerializer):
        return [example_of(type(field.child))]
    if field.allow_null:
        return None
    if isinstance(field, serializers.Serializer):
        return example_of(type(field))
    if isinstance(field, serializers.ChoiceField):
        return next(iter(field.choices))
    return next((value for known, value in BY_KIND.items() if isinstance(field, known)), 0.5)
