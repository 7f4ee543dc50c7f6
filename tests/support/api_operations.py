"""All operations of the API, taken from its OpenAPI document, so that new ones are tested, too."""

import re
import uuid
from typing import Any

from drf_spectacular.generators import SchemaGenerator

SOME_ID = str(uuid.UUID(int=1))
DOCUMENT: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)


def operations() -> list[tuple[str, str]]:
    """Every method and address under /v1/; `{userID}` stays a placeholder, other ids are SOME_ID."""
    return [
        (method.upper(), "/".join(_filled(part) for part in path.removeprefix("/v1/").split("/")))
        for path, item in DOCUMENT["paths"].items()
        for method in item
    ]


def _filled(part: str) -> str:
    return SOME_ID if part.startswith("{") and part != "{userID}" else part


def documented(method: str, path: str) -> set[int]:
    """The statuses that the document lists for an operation of operations()."""
    found = [item for each, item in DOCUMENT["paths"].items() if _same(each.removeprefix("/v1/"), path)]
    return {int(status) for status in found[0][method.lower()]["responses"]}


def _same(template: str, path: str) -> bool:
    return [_filled(part) for part in template.split("/")] == path.split("/")


def pattern_of(method: str, path: str) -> re.Pattern[str]:
    """A pattern for calls of an operation of operations(), with any ids and query."""
    parts = ["[^/?]+" if part in ("{userID}", SOME_ID) else re.escape(part) for part in path.split("/")]
    return re.compile(rf"{method} /v1/{'/'.join(parts)}(\?.*)?")
