"""The form of a suggestion or trait, its fields, and the verdicts on evidence."""

import re
from typing import Any

from django import forms
from django.http import QueryDict

from traits.confidence import RATINGS
from traits.decisions.inputs import Changes, Evidence
from traits.models import Category, ExtractedTraitCandidate
from traits.web import lines

VERDICT = "verdict-"


def read_verdicts(post: QueryDict) -> dict[str, str]:
    return {name.removeprefix(VERDICT): post.get(name, "") for name in post if name.startswith(VERDICT)}


def read_evidence(post: QueryDict) -> Evidence:
    """The verdicts, and evidence of one's own: pieces have an empty line between them."""
    own = re.split(r"\n[ \t]*\n", post.get("own_evidence", "").replace("\r\n", "\n"))
    return Evidence(verdicts=read_verdicts(post), own=own)


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


class EditForm(forms.Form):
    """A suggestion, changed before it is confirmed. The services check lengths; here only the shape is read."""

    use_required_attribute = False
    name = forms.CharField(label="Name", required=False)
    description = TextField(label="Description", required=False, widget=forms.Textarea(attrs={"rows": 4}))
    category = forms.ChoiceField(label="Category", choices=Category.choices)
    user_confidence = forms.ChoiceField(
        label="How much is this you?", required=False, choices=list(RATINGS.items()), widget=forms.RadioSelect
    )
    concepts = LinesField(label="Concepts", required=False, help_text="One a line.")
    expression_contexts = LinesField(
        label="Where it shows", required=False, help_text="One a line, such as: at work, with friends."
    )
    notes = TextField(
        label="Notes", required=False, widget=forms.Textarea(attrs={"rows": 3}), help_text="Kept with your decision."
    )
    own_evidence = TextField(
        label="Evidence of your own",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="An empty line starts another piece.",
    )

    def changes(self, candidate: ExtractedTraitCandidate) -> Changes:
        """What differs from the suggestion."""
        rating = self.cleaned_data["user_confidence"]
        shown = EditForm(data=shown_values(candidate))
        shown.full_clean()
        fields = ("name", "description", "category", "concepts", "expression_contexts", "notes")
        given = {
            field: self.cleaned_data[field]
            for field in fields
            if self.cleaned_data[field] != shown.cleaned_data.get(field)
        }
        return Changes(**given, user_confidence=int(rating) if rating else None)

    def add_details(self, details: dict[str, list[str]]) -> None:
        """Put the faults that a service found at their fields; those without a field go on top."""
        for field, faults in details.items():
            for fault in faults:
                self.add_error(field if field in self.fields else None, fault)


def shown_values(candidate: ExtractedTraitCandidate) -> dict[str, Any]:
    """The suggestion as the edit form shows it first."""
    return {
        "name": candidate.trait_name,
        "description": candidate.trait_description,
        "category": candidate.trait_category,
        "concepts": "\n".join(" ".join(concept.splitlines()) for concept in candidate.concepts),
        "expression_contexts": "",
        "user_confidence": "",
        "notes": "",
        "own_evidence": "",
    }
