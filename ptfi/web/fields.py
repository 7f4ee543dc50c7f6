"""Form fields for texts that are stored on one line."""

from typing import Any

from django import forms

from ptfi.texts import one_line, shows_nothing


class LineField(forms.CharField):
    """A text on one line; one that shows nothing is empty."""

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value))
        return "" if shows_nothing(text) else one_line(text)
