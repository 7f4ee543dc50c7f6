"""Reading requests: strict serializers, created once each, and bodies of limited size."""

import json
from typing import Any, ClassVar

import orjson
from django.http import QueryDict
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request

from ptfi.api.errors import UnsupportedMediaTypeError
from ptfi.errors import RuleError, TooLargeError


class Strict(serializers.Serializer):
    """A serializer that refuses unknown fields by name."""

    schema_rules: ClassVar[list[dict[str, Any]]] = []
    """Further JSON Schemas in the document that requests must satisfy, too."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = data.keys() - self.fields.keys() if isinstance(data, dict) else ()
        if unknown:
            raise serializers.ValidationError(
                {printable(name): [gettext("This field is not known.")] for name in unknown}
            )
        return super().to_internal_value(data)


def printable(name: str) -> str:
    return ascii(name[:40])[1:-1] or "(no name)"


class Text(serializers.CharField):
    """Text that PostgreSQL can store; numbers are refused."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if any("\ud800" <= char <= "\udfff" for char in data):
            raise serializers.ValidationError(gettext("This contains a character that can’t be stored."))
        text: str = super().to_internal_value(data)
        return text


class Choice(serializers.ChoiceField):
    """One of several texts; error messages do not repeat the invalid value."""

    default_error_messages = {"invalid_choice": _("This is not one of the choices.")}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice", input="")
        return super().to_internal_value(data)


class WholeNumber(serializers.IntegerField):
    """A JSON integer, also written as 5.0; texts and booleans are refused."""

    def to_internal_value(self, data: Any) -> int:
        if type(data) is float and data.is_integer():
            return int(data)
        if type(data) is not int:
            self.fail("invalid")
        number: int = data
        return number


class Id(serializers.UUIDField):
    """A UUID as text; numbers are refused."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


_readers: dict[tuple[type[Strict], str | None], Strict] = {}


def _made(kind: type[Strict]) -> Strict:
    # Creating a serializer costs more than reading with it, so they are kept. Reading leaves no state behind except the
    # language: DRF keeps some messages as first translated.
    key = (kind, get_language())
    if key not in _readers:
        _readers[key] = kind()
    return _readers[key]


def read(kind: type[Strict], data: Any) -> dict[str, Any]:
    """The given fields, validated. Raises DRF's ValidationError, and RuleError if it is not an object."""
    if not isinstance(data, dict):
        raise RuleError(details={"body": [gettext("This must be a JSON object.")]})
    values: dict[str, Any] = dict(_made(kind).run_validation(data))
    return values


def read_body(request: Request, kind: type[Strict]) -> dict[str, Any]:
    """The body's fields, validated. Raises ValidationError, UnsupportedMediaTypeError, RequestDataTooBig."""
    return read(kind, body_of(request))


def optional_body(request: Request, kind: type[Strict]) -> dict[str, Any]:
    """The fields of a body that may be missing, which then has none."""
    return read_body(request, kind) if request.body else {}


def body_of(request: Request) -> Any:
    """The body as any kind of JSON. Raises UnsupportedMediaTypeError, RequestDataTooBig."""
    if media_type(request) != "application/json":
        raise UnsupportedMediaTypeError
    return parse(request.body)


def media_type(request: Request) -> str:
    kind: str = request.content_type
    return kind.partition(";")[0].strip().lower()


def parse(body: bytes) -> Any:
    """Parse JSON whose objects do not repeat a name. Raises RuleError otherwise."""
    try:
        data = orjson.loads(body)
        check_names(body)
    except orjson.JSONDecodeError as error:
        raise RuleError(
            details={
                "body": [
                    gettext("This is not JSON: %(fault)s, character %(number)d.")
                    % {"fault": error.msg, "number": error.pos + 1}
                ]
            }
        ) from None
    except RepeatedNameError as error:
        raise RuleError(
            details={"body": [gettext("The field %(name)s occurs more than once in an object.") % {"name": error}]}
        ) from None
    return data


class RepeatedNameError(ValueError):
    """A JSON object repeats a name; parsers differ in which of the values they take."""


def check_names(body: bytes) -> None:
    """Raise RepeatedNameError if an object repeats a name; body is JSON that orjson has accepted."""
    try:
        json.loads(body, object_pairs_hook=_once_each)
    except RecursionError:
        raise RepeatedNameError(gettext("(nested too deeply to check)")) from None


def _once_each(pairs: list[tuple[str, Any]]) -> None:
    seen = set[str]()
    for name, _value in pairs:
        if name in seen:
            raise RepeatedNameError(printable(name))
        seen.add(name)


def read_query(query: QueryDict, kind: type[Strict]) -> dict[str, Any]:
    """The query's parameters, validated; those that take several values are lists."""
    several = {name for name, field in _made(kind).fields.items() if isinstance(field, serializers.ListField)}
    values = {name: query.getlist(name) if name in several else query.get(name) for name in query}
    repeated = [name for name in query if name not in several and len(query.getlist(name)) > 1]
    if repeated:
        raise RuleError(details={printable(name): [gettext("Give this only once.")] for name in repeated})
    return read(kind, values)


def load_body(request: Request, most: int) -> bytes:
    """Read a body of at most this many bytes, which may exceed a page form's limit. Raises TooLargeError."""
    body: bytes = request.read(most + 1)
    if len(body) > most:
        raise TooLargeError
    # Django now treats it as the body that it has read itself.
    request._request._body = body
    return body
