"""The form in which a person ticks what an app may see and do; the same on the consent page and afterwards."""

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from traits.models import EVERYWHERE, Category
from traits.models.candidates import SENSITIVE
from traits.sharing.grants import FLAGS, LEAST, Terms
from traits.text import name_key, once_each

LABELS = {
    "evidence": _("The evidence behind them: quotes of what you wrote and said"),
    "styles": _("How programs that speak for you should sound"),
    "suggest": _("Suggest traits to you, which you then decide on"),
    "write": _("See your suggestions, decide on them and change your traits for you"),
}
ORDERED = [*(value for value in Category.values if value not in SENSITIVE), *sorted(SENSITIVE)]
"""The categories, sensitive ones last."""


class TermsForm(forms.Form):
    """What is granted, within what may be. most: what the app asked for; terms: what is ticked at first.

    contexts: those that the person's traits name. with_write: whether the form asks about writing, too; on the consent
    page a scope does.
    """

    categories = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    contexts = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        most: Terms,
        terms: Terms | None,
        contexts: Sequence[str],
        with_write: bool,
    ) -> None:
        super().__init__(data, initial=_initial(terms or LEAST.within(most)), prefix="share")
        self.most = most
        names = dict(Category.choices)
        # Choices and what is ticked are never wider than what was asked for.
        self.fields["categories"].choices = [(each, names[each]) for each in ORDERED if each in most.categories]  # type: ignore[attr-defined]
        self.fields["contexts"].choices = list(_contexts(most, contexts, terms))  # type: ignore[attr-defined]
        for name in FLAGS:
            if getattr(most, name) and (name != "write" or with_write):
                self.fields[name] = forms.BooleanField(label=LABELS[name], required=False)

    @property
    def sensitive(self) -> list[str]:
        return sorted(SENSITIVE)

    def flags(self) -> list[forms.BoundField]:
        return [self[name] for name in ("styles", "evidence", "suggest", "write") if name in self.fields]

    def terms(self, **fixed: Any) -> Terms:
        """What the valid form grants."""
        return Terms(**({name: self.cleaned_data.get(name, False) for name in FLAGS} | self._lists() | fixed)).cleaned()

    def _lists(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("categories", "contexts")}


def _initial(terms: Terms) -> dict[str, Any]:
    return {name: getattr(terms, name) for name in ("categories", "contexts", *FLAGS)}


def _contexts(most: Terms, own: Sequence[str], terms: Terms | None) -> Iterator[tuple[str, Any]]:
    """The contexts to choose from: everywhere, then single ones as the person spells them."""
    if EVERYWHERE in most.contexts:
        yield EVERYWHERE, _("Everywhere, also traits that name no context")
        wanted = once_each([*own, *(terms.contexts if terms else ())])
    else:
        spelled = {name_key(each): each for each in own}
        wanted = [spelled.get(name_key(each), each) for each in most.contexts]
    yield from ((each, each) for each in wanted if name_key(each) != EVERYWHERE)
