"""What the forms of a suggestion and of a trait share: their fields, the evidence on them, and the form to edit one."""

import dataclasses
import functools
import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext_lazy as _

from traits.confidence import RATING, RATINGS
from traits.decisions.inputs import Changes, Evidence
from traits.errors import InvalidError
from traits.models import Category
from traits.models.persona import TRAIT_LABELS
from traits.web import lines, read_number

CHOOSE = _("Choose one from the list.")
VERDICT = "verdict-"
WRITTEN = tuple(field.name for field in dataclasses.fields(Changes))
"""What a person may write about a trait, in the order of the decisions' input."""


class LinesField(forms.CharField):
    """A list, one entry a line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        return value if isinstance(value, list) else lines(super().to_python(value) or "")

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def run_validators(self, value: Any) -> None:
        super().run_validators("\n".join(value))


class TextField(forms.CharField):
    """A text of several lines, with the line ends that PostgreSQL keeps, not the ones that browsers send."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class UncheckedField(TextField):
    """A text just as it was sent but for its line ends: the decisions say what is wrong with it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, strip=False, **options)

    def run_validators(self, value: Any) -> None:
        """None: a fault would be reported in other words than the API's."""


class VersionField(forms.Field):
    """The version that the page showed; None where it was left out."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False)

    def to_python(self, value: Any) -> int | None:
        return read_number(value, 0, 10**9) if value else None


class IdField(forms.UUIDField):
    """The id of something that the page offered to choose."""

    def __init__(self) -> None:
        super().__init__(error_messages={"required": CHOOSE, "invalid": CHOOSE})


class AboutTrait(NamedTuple):
    """An answer about a trait: what is said, and of which trait."""

    kind: str
    trait_id: uuid.UUID


class AboutTraitField(IdField):
    """The buttons that send "kind:trait id"; the value is an AboutTrait, or None where nothing was pressed."""

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
    """What a person sends; its faults are reported like those that a decision finds."""

    use_required_attribute = False

    @property
    def cleaned(self) -> dict[str, Any]:
        """The fields' values. Raises InvalidError with every fault by field."""
        if not self.is_valid():
            raise InvalidError(details={field: texts_of(faults) for field, faults in self.errors.items()})
        return self.cleaned_data


class VersionedForm(InputForm):
    """A decision about what the page showed, as it was then."""

    version = VersionField()


class EvidenceForm(VersionedForm):
    """A decision with verdicts on the evidence, and evidence of one's own in the field own_evidence."""

    @functools.cached_property
    def verdicts(self) -> dict[str, str]:
        """The verdict on each piece of evidence that was shown, by its id."""
        return {name.removeprefix(VERDICT): self.data.get(name, "") for name in self.data if name.startswith(VERDICT)}

    @property
    def evidence(self) -> Evidence:
        """The verdicts, and evidence of one's own: pieces have an empty line between them. Raises InvalidError."""
        return Evidence(verdicts=self.verdicts, own=re.split(r"\n[ \t]*\n", self.cleaned["own_evidence"]))


class TraitFieldsForm(EvidenceForm):
    """All that a person may write about a suggestion or trait. The decisions check lengths; here the shape is read."""

    name = forms.CharField(label=TRAIT_LABELS["name"], required=False)
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
        """The field of the person's own rating."""
        return self[RATING]

    def changes_from(self, shown: Mapping[str, Any] | None) -> Changes:
        """What differs from the values that the form showed first; all that was sent where it showed none."""
        first = self._untouched(shown) if shown is not None else {}
        sent = {field: self.cleaned_data[field] for field in WRITTEN if field in self.cleaned_data}
        return Changes(**{field: value for field, value in sent.items() if value != first.get(field)})

    def _untouched(self, shown: Mapping[str, Any]) -> dict[str, Any]:
        """What the form reads when nothing was changed in it; browsers and fields trim what they send."""
        untouched = TraitFieldsForm(data=shown)
        untouched.full_clean()
        return untouched.cleaned_data

    def add_details(self, details: dict[str, list[str]]) -> None:
        """Put the faults that a decision found at their fields; those without a field go on top."""
        for field, faults in details.items():
            for fault in faults:
                self.add_error(field if field in self.fields else None, fault)


def texts_of(faults: Iterable[Any]) -> list[str]:
    """The faults of a field in words, as InvalidError has them."""
    return [str(fault) for fault in faults]


def as_typed(value: Any) -> str:
    """A value as its field shows it: a list is one entry a line."""
    if isinstance(value, list):
        return "\n".join(" ".join(each.splitlines()) for each in value)
    return "" if value is None else str(value)
