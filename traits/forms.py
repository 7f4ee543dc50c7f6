"""Base forms for suggestions and traits: their fields, verdicts on evidence, and the form that edits either."""

import dataclasses
import functools
import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext_lazy as _

from ptfi.texts import composed, one_line
from ptfi.web.fields import LineField
from traits.confidence import RATING, RATINGS
from traits.decisions.inputs import Changes, Evidence
from traits.errors import InvalidError
from traits.models import Category
from traits.models.persona import TRAIT_LABELS
from traits.web import lines, read_number

CHOOSE = _("Choose one from the list.")
VERDICT = "verdict-"
WRITTEN = tuple(field.name for field in dataclasses.fields(Changes))
"""The fields that a person may write, in the order of the decisions' input."""


class LinesField(forms.CharField):
    """A list, one entry per line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        return value if isinstance(value, list) else list(map(one_line, lines(super().to_python(value) or "")))

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def run_validators(self, value: Any) -> None:
        super().run_validators("\n".join(value))


class TextField(forms.CharField):
    """A text of several lines, with line feeds instead of the CRLF that browsers send."""

    def to_python(self, value: Any) -> str:
        return composed(str(super().to_python(value)).replace("\r\n", "\n"))


class UncheckedField(TextField):
    """A text as it was sent, apart from line ends; the decisions validate it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, strip=False, **options)

    def run_validators(self, value: Any) -> None:
        """Skip them: their faults would be worded differently from the API's."""


class VersionField(forms.Field):
    """The version that the page showed; None if it was not sent."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False)

    def to_python(self, value: Any) -> int | None:
        return read_number(value, 0, 10**9) if value else None


class IdField(forms.UUIDField):
    """The id of a choice that the page offered."""

    def __init__(self) -> None:
        super().__init__(error_messages={"required": CHOOSE, "invalid": CHOOSE})


class AboutTrait(NamedTuple):
    """An answer about a trait: the kind of answer, and the trait's id."""

    kind: str
    trait_id: uuid.UUID


class AboutTraitField(IdField):
    """Buttons that send "kind:trait id". The value is an AboutTrait; None if none was pressed."""

    def __init__(self, *, required: bool = True) -> None:
        super().__init__()
        self.required = required

    def to_python(self, value: Any) -> AboutTrait | None:  # type: ignore[override]
        kind, _colon, text = (value or "").partition(":")
        trait_id = super().to_python(text) if kind else None
        if kind and trait_id is None:
            raise forms.ValidationError(CHOOSE)
        return AboutTrait(kind, trait_id) if trait_id else None


class InputForm(forms.Form):
    """A form whose faults are reported in the same way as those found by a decision."""

    use_required_attribute = False

    @property
    def cleaned(self) -> dict[str, Any]:
        """The fields' values. Raises InvalidError with all faults by field."""
        if not self.is_valid():
            raise InvalidError(details={field: texts_of(faults) for field, faults in self.errors.items()})
        return self.cleaned_data


class VersionedForm(InputForm):
    """A decision about a certain version, the one that the page showed."""

    version = VersionField()


class EvidenceForm(VersionedForm):
    """A decision with verdicts on evidence, and the person's own evidence in the field own_evidence."""

    @functools.cached_property
    def verdicts(self) -> dict[str, str]:
        """The verdicts on the pieces shown, by evidence id."""
        return {name.removeprefix(VERDICT): self.data.get(name, "") for name in self.data if name.startswith(VERDICT)}

    @property
    def evidence(self) -> Evidence:
        """The verdicts, and own evidence, whose pieces are separated by blank lines. Raises InvalidError."""
        return Evidence(verdicts=self.verdicts, own=re.split(r"\n[ \t]*\n", self.cleaned["own_evidence"]))


class TraitFieldsForm(EvidenceForm):
    """All fields that a person may write about a suggestion or trait.

    This form checks only their shape; the decisions check lengths.
    """

    name = LineField(label=TRAIT_LABELS["name"], required=False)
    description = TextField(label=TRAIT_LABELS["description"], required=False, widget=forms.Textarea(attrs={"rows": 4}))
    category = forms.ChoiceField(label=TRAIT_LABELS["category"], choices=Category.choices)
    user_confidence = forms.TypedChoiceField(
        label=_("How well does this describe you?"),
        required=False,
        choices=list(RATINGS.items()),
        widget=forms.RadioSelect,
        coerce=int,
        empty_value=None,
    )
    concepts = LinesField(label=TRAIT_LABELS["concepts"], required=False, help_text=_("One per line."))
    expression_contexts = LinesField(
        label=TRAIT_LABELS["expression_contexts"],
        required=False,
        help_text=_("One per line, e.g. at work, with friends"),
    )
    notes = TextField(
        label=TRAIT_LABELS["notes"],
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Saved with this decision."),
    )
    own_evidence = TextField(
        label=_("Your own evidence"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Leave a blank line between pieces."),
    )

    @property
    def rating(self) -> forms.BoundField:
        """The field with the person's own rating."""
        return self[RATING]

    def changes_from(self, shown: Mapping[str, Any] | None) -> Changes:
        """Return the values that differ from those shown initially; without any, all that were sent."""
        first = self._untouched(shown) if shown is not None else {}
        sent = {field: self.cleaned_data[field] for field in WRITTEN if field in self.cleaned_data}
        return Changes(**{field: value for field, value in sent.items() if value != first.get(field)})

    def _untouched(self, shown: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values as this form reads them when unchanged: browsers and fields strip what is sent."""
        untouched = TraitFieldsForm(data=shown)
        untouched.full_clean()
        return untouched.cleaned_data

    def add_details(self, details: dict[str, list[str]]) -> None:
        """Add the faults that a decision found to their fields; those without a field go to the top."""
        for field, faults in details.items():
            for fault in faults:
                self.add_error(field if field in self.fields else None, fault)


def texts_of(faults: Iterable[Any]) -> list[str]:
    """Return the faults of a field as texts, as InvalidError expects them."""
    return [str(fault) for fault in faults]


def as_typed(value: Any) -> str:
    """Return a value as its field shows it: a list has one entry per line."""
    if isinstance(value, list):
        return "\n".join(map(one_line, value))
    return "" if value is None else str(value)
