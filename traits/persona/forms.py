"""The form of a trait that the person has, or adds."""

from typing import Any

from django import forms
from django.http import QueryDict

from ptfi.accounts.models import User
from traits.decisions.inputs import Changes, clean_changes
from traits.errors import InvalidError
from traits.forms import EditForm
from traits.models import Category, PersonaTrait
from traits.persona import concept_spelling as likeness
from traits.persona.concept_spelling import Question

TEXTS = ("name", "description", "category", "notes")
LISTS = {"concepts": "another_concept", "expression_contexts": "another_context"}


class TraitForm(EditForm):
    """All that a person may write about a trait; trait is None for one that is being added."""

    category = forms.ChoiceField(
        label="Category",
        choices=[("", "Choose one"), *Category.choices],
        error_messages={"required": "Choose a category.", "invalid_choice": "This is not one of the categories."},
    )
    another_concept = forms.CharField(label="Add a concept you use elsewhere", required=False)
    another_context = forms.CharField(label="Add a place you use elsewhere", required=False)

    def __init__(self, data: QueryDict | None = None, trait: PersonaTrait | None = None) -> None:
        self.trait = trait
        super().__init__(data, initial=shown_values(trait) if trait else {})
        if trait and trait.user_confidence:
            # A rating can be changed, not taken back.
            rating: Any = self.fields["user_confidence"]
            rating.choices = rating.choices[1:]
        for name in (*LISTS, *LISTS.values(), "description", "notes", "own_evidence"):
            self.fields[name].widget.attrs["dir"] = "auto"
        self.fields["another_concept"].widget.attrs["list"] = "own-concepts"
        self.fields["another_context"].widget.attrs["list"] = "own-contexts"

    def clean(self) -> dict[str, Any]:
        """Every fault at once, in the services' words."""
        for field, another in LISTS.items():
            if field in self.cleaned_data and self.cleaned_data.get(another):
                self.cleaned_data[field] = [*self.cleaned_data[field], self.cleaned_data[another]]
        self.typed_concepts = list(self.cleaned_data.get("concepts", []))
        meant = read_meant(self.data)
        if self.typed_concepts:
            self.cleaned_data["concepts"] = [meant.get(name) or name for name in self.typed_concepts]
        try:
            clean_changes(self.trait_changes())
        except InvalidError as error:
            self.add_details(error.details)
        return self.cleaned_data

    def questions(self, user: User) -> list[tuple[Question, str | None]]:
        """Concepts that may be slips of others, each with what the person said is meant.

        "" is the name as it was typed; None where they were not asked.
        """
        known = self.trait.concepts if self.trait else []
        meant = read_meant(self.data)
        asked = likeness.questions(user, getattr(self, "typed_concepts", []), known)
        return [(question, meant.get(question.name)) for question in asked]

    def trait_changes(self) -> Changes:
        """What differs from the trait; all that is given for a new one."""
        shown = self._shown()
        rating = self.cleaned_data.get("user_confidence")
        given = {
            field: self.cleaned_data[field]
            for field in (*TEXTS, *LISTS)
            if field in self.cleaned_data and self.cleaned_data[field] != shown.get(field)
        }
        return Changes(**given, user_confidence=int(rating) if rating else None)

    def _shown(self) -> dict[str, Any]:
        """The trait as its form reads when nothing was changed in it; browsers and fields trim what they send."""
        if self.trait is None:
            return {}
        untouched = EditForm(data=shown_values(self.trait))
        untouched.full_clean()
        return untouched.cleaned_data

    def differences(self) -> list[tuple[str, str]]:
        """Label and present value of each field that was sent with another one."""
        values = shown_values(self.trait) if self.trait else {}
        return [
            (str(field.label), shown)
            for name, field in EditForm.base_fields.items()
            if (shown := values.get(name)) and name in self.data and self._sent(name) != shown
        ]

    def _sent(self, name: str) -> str:
        return str(self.data.get(name, "")).replace("\r\n", "\n").strip()


def read_meant(data: Any) -> dict[str, str]:
    """What the person said that each concept is meant to be; "" is the name as it was typed."""
    names = data.getlist("unsure") if isinstance(data, QueryDict) else []
    return {name: data.get(f"meant-{place}", "") for place, name in enumerate(names[: likeness.MAX_NEW])}


def shown_values(trait: PersonaTrait) -> dict[str, str]:
    """The trait as its form shows it first."""
    return {
        "name": trait.name,
        "description": trait.description,
        "category": trait.category,
        "concepts": "\n".join(" ".join(concept.splitlines()) for concept in trait.concepts),
        "expression_contexts": "\n".join(" ".join(context.splitlines()) for context in trait.expression_contexts),
        "user_confidence": str(trait.user_confidence or ""),
        "notes": trait.notes,
        "own_evidence": "",
    }
