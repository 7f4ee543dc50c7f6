"""The OpenAPI description of a view's method: texts, shapes, and the rules that only it can break."""

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

from ptfi.api.shapes import example_of
from ptfi.api.strict import Strict
from ptfi.errors import RuleError

Method = TypeVar("Method", bound=Callable[..., Any])
Shape = Any
"""A serializer class or a JSON Schema."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Operation:
    """Describes a method; used as its decorator.

    bodies: media type → shape. body_examples: media type → name → value. returns: the description of the response.
    example: the name of the response's example, which is made from the shape; but_for: the values in it that differ.
    breaks: rules besides those that every method of its kind can break (see ptfi/api/openapi/schema.py).
    """

    id: str
    tag: str
    summary: str
    description: str = ""
    query: type[Strict] | None = None
    bodies: dict[str, Shape] = dataclasses.field(default_factory=dict)
    body_optional: bool = False
    body_examples: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    status: int = 200
    returns: str
    answer: Shape
    example: str
    but_for: dict[str, Any] = dataclasses.field(default_factory=dict)
    breaks: tuple[type[RuleError], ...] = ()

    @property
    def examples(self) -> dict[str, Any]:
        """Examples of the response: name → value."""
        return {
            self.example: example_of(self.answer, **self.but_for) if isinstance(self.answer, type) else self.but_for
        }

    def __call__(self, method: Method) -> Method:
        method.operation = self  # type: ignore[attr-defined]
        return method


def json_body(shape: Shape, **examples: Any) -> dict[str, Any]:
    """The fields of an Operation that describe its JSON body, with the examples by name."""
    return {"bodies": {JSON: shape}, "body_examples": {JSON: examples}}


JSON = "application/json"
