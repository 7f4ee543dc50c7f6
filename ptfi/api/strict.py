"""Reading requests: strict serializers, created once each, and bodies of limited size."""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any, ClassVar

import orjson
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request

from ptfi.api.errors import UnsupportedMediaTypeError
from ptfi.errors import RuleError, TooLargeError
from ptfi.parsing import (
    BYTE_ORDER_MARK,
    GZIP,
    DamagedError,
    PackedTooLargeError,
    RepeatedNameError,
    other_encoding,
    parse_id,
    parse_json,
    printable,
    unpack,
)

# float() and int() also read digits of other scripts, white space and underscores.
PLAIN_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True)
class Variant:
    """A shape that a request takes for one value of a field, for the document.

    name: its name there. takes: the fields besides those that all variants have. needs: those of them that it requires.
    shapes: field → a JSON Schema in the place of the field's own, or (by the name "*") one for the whole.
    """

    name: str
    takes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    shapes: Mapping[str, dict[str, Any]] = dataclasses.field(default_factory=dict)


class Strict(serializers.Serializer):
    """A serializer that refuses unknown fields by name."""

    schema_rules: ClassVar[list[dict[str, Any]]] = []
    """Further JSON Schemas in the document that requests must satisfy, too."""
    variant_field: ClassVar[str] = ""
    variants: ClassVar[Mapping[str, Variant]] = {}
    """Value of variant_field → the shape that it requires."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = data.keys() - self.fields.keys() if isinstance(data, dict) else ()
        if unknown:
            raise serializers.ValidationError(
                {printable(name): [gettext("This field is not known.")] for name in unknown}
            )
        return super().to_internal_value(data)


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


class QueryInteger(serializers.IntegerField):
    """A whole number in a query, in plain digits."""

    def to_internal_value(self, data: Any) -> Any:
        if not PLAIN_NUMBER.fullmatch(str(data)):
            self.fail("invalid")
        return super().to_internal_value(data)


class QueryNumber(serializers.FloatField):
    """A number in a query, in plain digits."""

    def to_internal_value(self, data: Any) -> Any:
        if not PLAIN_NUMBER.fullmatch(str(data)):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictBoolean(serializers.BooleanField):
    """true or false, not a text or number."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input="")
        return bool(data)


class QueryFlag(serializers.BooleanField):
    """true or false in a query."""

    def to_internal_value(self, data: Any) -> bool:
        if data not in ("true", "false"):
            self.fail("invalid")
        return bool(data == "true")


class Id(serializers.UUIDField):
    """A UUID as text in its usual form, in any case; numbers, braces and urn:uuid: are refused."""

    default_error_messages = {
        "invalid": _("Must be a UUID with hyphens, as in 123e4567-e89b-12d3-a456-426614174000."),
    }

    def to_internal_value(self, data: Any) -> Any:
        try:
            return parse_id(data)
        except ValueError:
            self.fail("invalid", value="")


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
    return parse(load_body(request, settings.DATA_UPLOAD_MAX_MEMORY_SIZE) if is_packed(request) else request.body)


def media_type(request: Request) -> str:
    kind: str = request.content_type
    return kind.partition(";")[0].strip().lower()


def parse(body: bytes) -> Any:
    """Parse JSON whose objects do not repeat a name. Raises RuleError otherwise."""
    fault = encoding_fault(body)
    try:
        if not fault:
            return parse_json(body.removeprefix(BYTE_ORDER_MARK))
    except orjson.JSONDecodeError as error:
        text = gettext("This is not JSON: %(fault)s, character %(number)d.")
        fault = text % {"fault": error.msg, "number": error.pos + 1}
    except RepeatedNameError as error:
        fault = gettext("The field %(name)s occurs more than once in an object.") % {"name": error}
    raise RuleError(details={"body": [fault]})


def encoding_fault(body: bytes) -> str:
    """Why the body cannot be read as text in UTF-8, as far as its beginning shows; "" if it can."""
    if body.startswith(GZIP):
        return gettext("This is packed with gzip. Send it with the header Content-Encoding: gzip.")
    if encoding := other_encoding(body):
        return gettext("This is text in %(encoding)s. Send it in UTF-8.") % {"encoding": encoding}
    return ""


def read_query(query: QueryDict, kind: type[Strict]) -> dict[str, Any]:
    """The query's parameters, validated; those that take several values are lists."""
    several = {name for name, field in _made(kind).fields.items() if isinstance(field, serializers.ListField)}
    values = {name: query.getlist(name) if name in several else query.get(name) for name in query}
    repeated = [name for name in query if name not in several and len(query.getlist(name)) > 1]
    if repeated:
        raise RuleError(details={printable(name): [gettext("Give this only once.")] for name in repeated})
    return read(kind, values)


def load_body(request: Request, most: int) -> bytes:
    """Read a body of at most this many bytes, which may exceed a page form's limit, and unpack it.

    What is packed may have so many bytes packed and unpacked. Raises TooLargeError, UnsupportedMediaTypeError,
    RuleError.
    """
    body: bytes = request.read(most + 1)
    if len(body) > most:
        raise TooLargeError
    if is_packed(request):
        body = _unpacked(body, most)
    # Django now treats it as the body that it has read itself.
    request._request._body = body
    return body


def is_packed(request: Request) -> bool:
    """Whether the body is packed with gzip. Raises UnsupportedMediaTypeError for any other Content-Encoding."""
    encoding = str(request.headers.get("Content-Encoding", "")).strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise UnsupportedMediaTypeError(details={"Content-Encoding": [gettext("Send gzip, or leave this header out.")]})
    return encoding.endswith("gzip")


def _unpacked(body: bytes, most: int) -> bytes:
    try:
        return unpack(body, most)
    except PackedTooLargeError:
        raise TooLargeError from None
    except DamagedError:
        raise RuleError(details={"body": [gettext("This is not packed with gzip, or it is cut off.")]}) from None
