"""The communication style of a context: element → value."""

from ptfi.api.shapes import Shape
from ptfi.api.strict import Strict, Text
from traits.api.serializers.fields import MESSAGE, SYNC, StyleMap
from traits.decisions.inputs import MAX_CONTEXT
from traits.decisions.styles import LARGEST, MAX_ELEMENT, MAX_VALUE
from traits.models import MAX_LIST
from traits.models.styles import STYLE_ELEMENTS

EXAMPLE = {"FormalityLevel": "formal", "EmojiPreference": 0.2}
ODD = r":\u0000-\u001f\u007f-\u009f"
"""A colon and the control characters, written for a regular expression."""
STYLES = {
    "type": "object",
    "description": "Element → value. These elements take what is said of them; others a text or a number.",
    "maxProperties": MAX_LIST,
    "propertyNames": {"minLength": 1, "maxLength": MAX_ELEMENT, "pattern": rf"^[^{ODD}\s]([^{ODD}]*[^{ODD}\s])?$"},
    "properties": {name: {"enum": list(values)} for name, values in STYLE_ELEMENTS.items() if values}
    | {"EmojiPreference": {"type": "number", "minimum": 0, "maximum": 1}},
    "additionalProperties": {
        "oneOf": [
            {"type": "string", "maxLength": MAX_VALUE},
            {"type": "number", "minimum": -LARGEST, "maximum": LARGEST},
        ]
    },
}
"""The request body, for the API's document; the service checks the values."""


class StyleQuerySerializer(Strict):
    """Which context."""

    context = Text(
        max_length=MAX_CONTEXT,
        default="",
        allow_blank=True,
        help_text="Where it holds, such as work, without control characters; empty is everywhere.",
    )


class StylesSavedSerializer(Shape):
    """The styles of a context as they are now."""

    example = {"message": "Saved.", "updatedStyles": EXAMPLE}

    message = MESSAGE()
    updatedStyles = StyleMap(source="styles", help_text="Element → value, a text or a number.")
    pkgSync = SYNC()
