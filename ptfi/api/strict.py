"""What requests are read with: strict serializers, made once each, and bodies of a bounded size."""

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
    """A serializer that refuses fields it does not know, by name."""

    schema_rules: ClassVar[list[dict[str, Any]]] = []
    """What else the document says of it, as schemas that all hold."""

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
    """Text that PostgreSQL can store; numbers are not taken for it."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if any("\ud800" <= char <= "\udfff" for char in data):
            raise serializers.ValidationError(gettext("This contains a character that can’t be stored."))
        text: str = super().to_internal_value(data)
        return text


class Choice(serializers.ChoiceField):
    """One of some texts; what stood there instead is not repeated."""

    default_error_messages = {"invalid_choice": _("This is not one of the choices.")}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice", input="")
        return super().to_internal_value(data)


class WholeNumber(serializers.IntegerField):
    """A JSON integer, as which 5.0 counts too; texts and truth values are not taken for it."""

    def to_internal_value(self, data: Any) -> int:
        if type(data) is float and data.is_integer():
            return int(data)
        if type(data) is not int:
            self.fail("invalid")
        number: int = data
        return number


class Id(serializers.UUIDField):
    """A UUID as text; a number is not taken for one."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


_readers: dict[tuple[type[Strict], str | None], Strict] = {}


def _made(kind: type[Strict]) -> Strict:
    # Making one costs more than reading with it. Reading leaves nothing behind in it but the language: DRF keeps some
    # messages as they were first said.
    key = (kind, get_language())
    if key not in _readers:
        _readers[key] = kind()
    return _readers[key]


def read(kind: type[Strict], data: Any) -> dict[str, Any]:
    """The fields that were given, checked. Raises DRF's ValidationError."""
    if not isinstance(data, dict):
        raise RuleError(details={"body": [gettext("This must be a JSON object.")]})
    values: dict[str, Any] = dict(_made(kind).run_validation(data))
    return values


def read_body(request: Request, kind: type[Strict]) -> dict[str, Any]:
    """The body's fields, checked. Raises ValidationError, UnsupportedMediaTypeError, RequestDataTooBig."""
    return read(kind, body_of(request))


def optional_body(request: Request, kind: type[Strict]) -> dict[str, Any]:
    """The body's fields where there is one; all of them may be left out."""
    return read_body(request, kind) if request.body else {}


def body_of(request: Request) -> Any:
    """The body, whatever JSON it is. Raises UnsupportedMediaTypeError, RequestDataTooBig."""
    if media_type(request) != "application/json":
        raise UnsupportedMediaTypeError
    return parse(request.body)


def media_type(request: Request) -> str:
    kind: str = request.content_type
    return kind.partition(";")[0].strip().lower()


def parse(body: bytes) -> Any:
    """JSON in which each object has each name once, or RuleError."""
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
    """An object in JSON has a name twice; readers differ in which of the two they take."""


def check_names(body: bytes) -> None:
    """Raise RepeatedNameError for a name that an object has twice; body is JSON that orjson has read."""
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
    """The query's parameters, checked; one that takes several values gets them as a list."""
    several = {name for name, field in _made(kind).fields.items() if isinstance(field, serializers.ListField)}
    values = {name: query.getlist(name) if name in several else query.get(name) for name in query}
    repeated = [name for name in query if name not in several and len(query.getlist(name)) > 1]
    if repeated:
        raise RuleError(details={printable(name): [gettext("Give this only once.")] for name in repeated})
    return read(kind, values)


def load_body(request: Request, most: int) -> bytes:
    """A body of at most so many bytes, where that is more than a page's form may have. Raises TooLargeError."""
    body: bytes = request.read(most + 1)
    if len(body) > most:
        raise TooLargeError
    # From now on Django takes it for the body that it has read itself.
    request._request._body = body
    return body
