"""What the API's document says about one method of a view: words, shapes, and the rules that only it can break."""

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

from ptfi.api.shapes import example_of
from ptfi.api.strict import Strict
from ptfi.errors import RuleError

Method = TypeVar("Method", bound=Callable[..., Any])
Shape = Any
"""A serializer's class, or a JSON Schema."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Operation:
    """As a decorator it ties itself to the method.

    bodies: media type → shape. body_examples: media type → name → value. returns is said of the answer. example: the
    name of the answer's example, which the shape gives; but_for: what is otherwise in it. breaks: rules besides those
    that any method like it can break (ptfi/api/openapi/schema.py knows them).
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
        """Of the answer: name → value."""
        return {
            self.example: example_of(self.answer, **self.but_for) if isinstance(self.answer, type) else self.but_for
        }

    def __call__(self, method: Method) -> Method:
        method.operation = self  # type: ignore[attr-defined]
        return method


def json_body(shape: Shape, **examples: Any) -> dict[str, Any]:
    """The fields of an Operation that say what its body in JSON is; the examples by name."""
    return {"bodies": {JSON: shape}, "body_examples": {JSON: examples}}


JSON = "application/json"
