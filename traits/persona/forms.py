"""Forms of the persona's pages: a trait's fields, and decisions about one or two traits."""

import functools
from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from ptfi.accounts.models import User
from ptfi.texts import one_line
from traits.confidence import RATING
from traits.decisions.inputs import Changes, Relation, clean_changes
from traits.errors import InvalidError
from traits.forms import (
    WRITTEN,
    AboutTraitField,
    InputForm,
    TraitFieldsForm,
    UncheckedField,
    VersionedForm,
    VersionField,
    as_typed,
)
from traits.models import Category, PersonaTrait
from traits.models.persona import TRAIT_LABELS
from traits.persona import concept_spelling
from traits.persona.concept_spelling import Question
from traits.web import lines

LISTS = {"concepts": "another_concept", "expression_contexts": "another_context"}


class TraitForm(TraitFieldsForm):
    """All fields that a person may write about a trait; trait is None when adding one."""

    category = forms.ChoiceField(
        label=TRAIT_LABELS["category"],
        choices=[("", _("Choose one")), *Category.choices],
        error_messages={"required": _("Choose a category."), "invalid_choice": _("Choose one of the categories.")},
    )
    another_concept = forms.CharField(label=_("Add an existing topic"), required=False)
    another_context = forms.CharField(label=_("Add an existing place"), required=False)

    def __init__(self, data: QueryDict | None = None, trait: PersonaTrait | None = None) -> None:
        self.trait = trait
        super().__init__(data, initial=shown_values(trait) if trait else {})
        if trait and self.initial[RATING]:
            # A rating can be changed but not withdrawn.
            rating: Any = self.fields[RATING]
            rating.choices = rating.choices[1:]
        for field in self.fields.values():
            if isinstance(field, forms.CharField):
                field.widget.attrs["dir"] = "auto"
        self.fields["another_concept"].widget.attrs["list"] = "own-concepts"
        self.fields["another_context"].widget.attrs["list"] = "own-contexts"

    def clean(self) -> dict[str, Any]:
        """Report all faults together, in the services' words."""
        for field, another in LISTS.items():
            if field in self.cleaned_data and self.cleaned_data.get(another):
                self.cleaned_data[field] = [*self.cleaned_data[field], self.cleaned_data[another]]
        self.typed_concepts = list(self.cleaned_data.get("concepts", []))
        if self.typed_concepts:
            self.cleaned_data["concepts"] = [self.meant.get(name) or name for name in self.typed_concepts]
        try:
            clean_changes(self.trait_changes())
        except InvalidError as error:
            self.add_details(error.details)
        return self.cleaned_data

    def questions(self, user: User) -> list[tuple[Question, str | None]]:
        """Return concepts that may be typos, each with the person's answer.

        The answer is "" for the name as typed, and None if the person was not asked.
        """
        known = self.trait.concepts if self.trait else []
        asked = concept_spelling.questions(user, getattr(self, "typed_concepts", []), known)
        return [(question, self.meant.get(question.name)) for question in asked]

    @functools.cached_property
    def meant(self) -> dict[str, str]:
        """The concept that the person meant, by typed name; "" stands for the name as typed."""
        names = self.data.getlist("unsure") if isinstance(self.data, QueryDict) else []
        return {
            name: self.data.get(f"meant-{place}", "") for place, name in enumerate(names[: concept_spelling.MAX_NEW])
        }

    def trait_changes(self) -> Changes:
        """Return the fields that differ from the trait; for a new one, all that were filled in."""
        return self.changes_from(shown_values(self.trait) if self.trait else None)

    def differences(self) -> list[tuple[str, str]]:
        """Return label and current value of each field that was sent with a different value."""
        values = shown_values(self.trait) if self.trait else {}
        return [
            (str(field.label), str(dict(getattr(field, "choices", ())).get(shown, shown)))
            for name, field in TraitFieldsForm.base_fields.items()
            if (shown := values.get(name)) and name in self.data and self._sent(name) != shown
        ]

    def _sent(self, name: str) -> str:
        return str(self.data.get(name, "")).replace("\r\n", "\n").strip()


def shown_values(trait: PersonaTrait) -> dict[str, str]:
    """Return the trait's values as the form shows them initially."""
    return {field: as_typed(getattr(trait, field)) for field in WRITTEN} | {"name": one_line(trait.name)}


class StatusForm(VersionedForm):
    """Make a trait active, dormant or experimental."""

    status = UncheckedField()


class RemoveForm(VersionedForm):
    """Remove a trait from the persona."""

    reason = UncheckedField()


class CompareForm(InputForm):
    """How two traits relate: the answer names the trait that stays unchanged."""

    answer = AboutTraitField()

    def __init__(self, both: Sequence[PersonaTrait], data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.both = both
        for trait in both:
            self.fields[f"contexts-{trait.pk}"] = UncheckedField(initial=as_typed(trait.expression_contexts))
            self.fields[f"version-{trait.pk}"] = VersionField()

    def contexts_shown(self, trait: PersonaTrait) -> str:
        """Return the contexts as typed, or else those of the trait."""
        name = f"contexts-{trait.pk}"
        return str(self.data.get(name, self.fields[name].initial))

    @property
    def kind(self) -> str:
        return str(self.cleaned["answer"].kind)

    def arguments(self) -> dict[str, Any]:
        """Return the decision's arguments, besides who decides. Raises InvalidError."""
        sent, kept = self.cleaned, self.cleaned["answer"].trait_id
        other = next((trait.pk for trait in self.both if trait.pk != kept), self.both[0].pk)
        contexts = {pk: lines(sent.get(f"contexts-{pk}", "")) for pk in (kept, other)}
        return {
            "trait_id": kept,
            "relation": Relation(trait_id=other, kind=self.kind, existing_contexts=contexts[other]),
            "contexts": contexts[kept],
            "version": sent.get(f"version-{kept}"),
            "other_version": sent.get(f"version-{other}"),
        }
