"""The form in which people choose their own keys."""

from collections import defaultdict
from typing import Any

from django import forms
from django.utils.translation import gettext

from traits.review.keys.actions import ACTIONS, ALLOWED, SIGNS, changed


class KeysForm(forms.Form):
    """A key for each action; an empty field stands for the usual one. No two actions may have the same key."""

    use_required_attribute = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for name, action in ACTIONS.items():
            widget = forms.TextInput(attrs={"autocapitalize": "off", "autocomplete": "off", "spellcheck": "false"})
            self.fields[name] = forms.CharField(
                label=action.words, required=False, max_length=1, widget=widget, validators=[_allowed]
            )

    def clean(self) -> dict[str, Any]:
        """Fill in the usual keys, and refuse collisions, at each of the actions concerned."""
        keys = {name: self.cleaned_data.get(name) or ACTIONS[name].key for name in ACTIONS if name not in self.errors}
        used = defaultdict[str, list[str]](list)
        for name, key in keys.items():
            used[key].append(name)
        for names in used.values():
            for name in names if len(names) > 1 else ():
                others = ", ".join(quoted(str(ACTIONS[other].words)) for other in names if other != name)
                self.add_error(name, gettext("The same key is for: %(others)s.") % {"others": others})
        return keys

    @property
    def own(self) -> dict[str, str]:
        """The keys that are not the usual ones, of a valid form."""
        return changed(self.cleaned_data)


def quoted(words: str) -> str:
    return gettext("“%(words)s”") % {"words": words}


def _allowed(key: str) -> None:
    if not ALLOWED.fullmatch(key):
        raise forms.ValidationError(
            gettext("Choose a letter from A to Z, or one of these signs: %(signs)s") % {"signs": SIGNS}
        )
