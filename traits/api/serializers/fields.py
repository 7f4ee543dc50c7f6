"""Fields that several shapes share."""

from functools import partial
from typing import Any

from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema_field
from rest_framework.serializers import (
    CharField,
    ChoiceField,
    DictField,
    Field,
    FloatField,
    IntegerField,
    ListField,
    UUIDField,
    ValidationError,
)

from ptfi.api.shapes import Shape
from ptfi.api.strict import QueryInteger, Strict, Text, WholeNumber
from ptfi.errors import RuleError
from ptfi.web.keyset import reveal
from traits.models import MAX_LIST

PERSON = "0b6c1a52-3c39-4d9a-9f5e-7f0f5d6f1a10"
JAZZ = "7d9f4c9e-5b1c-4f6e-8a36-2f1d9a0b7c11"
SWING = "a3d0c6f2-1c2b-4f0e-9a58-6f1f2a7b9c12"
PIECE = "5f0c2f0e-6a1d-5b7c-8d2e-3a4b5c6d7e8f"
ACTION = "c1a7d6e5-8b9c-4d0e-a1f2-3b4c5d6e7f80"
"""Ids used in examples: a person, two traits, a piece of evidence and an entry."""


class Words(CharField):
    """A text in an answer, which may be empty."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_blank": True} | options)


class OptionalText(Words):
    """A text that is stored as an empty text if there is none, which is null in JSON."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_null=True, **options)

    def to_json(self, value: str) -> str | None:
        return value or None


class Texts(ListField):
    child = Words()


class Ids(ListField):
    child = UUIDField()


@extend_schema_field({"type": ["string", "number"]})
class StyleValue(Field):
    """A text or a number."""


class StyleMap(DictField):
    child = StyleValue()


def share(help_text: str, **options: Any) -> FloatField:
    return FloatField(min_value=0, max_value=1, help_text=help_text, **options)


def texts(longest: int, help_text: str, **options: Any) -> ListField:
    child = Text(max_length=longest)
    return ListField(child=child, max_length=MAX_LIST, help_text=help_text, **options)


class VersionSerializer(Strict):
    """Which version was seen."""

    version = WholeNumber(
        min_value=0,
        max_value=2**62,
        required=False,
        help_text="The one that was seen; with a newer one nothing is done.",
    )


class NothingSerializer(Strict):
    """No fields at all."""


class PageSerializer(Strict):
    limit = QueryInteger(min_value=1, max_value=100, default=20, help_text="How many on a page.")
    offset = QueryInteger(
        min_value=0,
        max_value=1_000_000,
        default=0,
        help_text="How many to leave out before. What leaves the list meanwhile moves the pages: see `cursor`.",
    )
    cursor = Text(
        max_length=2_000,
        default="",
        allow_blank=True,
        help_text="The `next` of the previous page, unchanged and in the same order: the page goes on behind that "
        "page's last item, whatever has left the list or come into it. Empty for the first page; without `offset`.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["cursor"] and attrs["offset"]:
            raise ValidationError({"cursor": [gettext("Give a cursor or an offset, not both.")]})
        return attrs


def place_of(cursor: str) -> tuple[str, str] | None:
    """What hide() made the cursor of; None for the first page. Raises NoCursorError for a cursor that no page had."""
    place = reveal(cursor)
    if cursor and place is None:
        raise NoCursorError
    return place


class NoCursorError(RuleError):
    """A cursor is not the `next` of a page of this list."""

    def __init__(self) -> None:
        super().__init__(details={"cursor": [gettext("This is not the “next” value of a page.")]})


class PaginationSerializer(Shape):
    """Where this page is."""

    example = {"limit": 20, "total": 1}

    offset = IntegerField(help_text="How many were left out before, by `offset`.")
    limit = IntegerField(help_text="How many there are on a page.")
    total = IntegerField(help_text="How many there are in all.")
    next = Words(help_text="The value of `cursor` for the next page; null on the last one.", allow_null=True)


SYNC_STATES = ["pending", "synced"]
SYNC = partial(
    ChoiceField,
    SYNC_STATES,
    help_text="`pending`: the graph has yet to follow. `synced`: nothing had to change.",
)
MESSAGE = partial(Words, help_text="For a person.")
