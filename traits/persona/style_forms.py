"""The form for a context's communication style: choices for the known elements, a row for each other one."""

import functools
import re
from typing import Any, cast

from django import forms
from django.forms.formsets import INITIAL_FORM_COUNT, TOTAL_FORM_COUNT, BaseFormSet, ManagementForm
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ptfi.texts import Text
from traits.decisions.styles import LARGEST, SPELLINGS, ContextStyles
from traits.forms import UncheckedField
from traits.models import MAX_LIST
from traits.models.styles import STYLE_ELEMENTS, STYLE_LABELS, emoji_words, value_text, value_words
from traits.text import name_key

SET = "set"
EMOJI = "EmojiPreference"
NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,15})?")
MOST_ROWS = 2 * MAX_LIST + 1


class ElementBoundField(forms.BoundField):
    """A known element on the page: its choices, and the value that applies everywhere, in words."""

    field: "ElementField"
    form: "StyleForm"

    @property
    def element(self) -> str:
        return self.field.element

    @property
    def inherited(self) -> str:
        return self.field.inherited

    @property
    def choices(self) -> list[tuple[str, Text, bool]]:
        """Value, words and whether it is chosen, for each choice."""
        chosen = self.form.chosen(self.element)
        return [(value, said, value == chosen) for value, said in self.field.choices]


class ElementField(UncheckedField):
    """The value of a known element; "" if it is not set."""

    def __init__(self, element: str, everywhere: dict[str, Any]) -> None:
        super().__init__(label=STYLE_LABELS[element])
        values: list[tuple[str, Text]] = [(value, value_words(element, value)) for value in STYLE_ELEMENTS[element]]
        self.element = element
        self.choices = [("", _("Not set")), *(values or [(SET, _("Set how often"))])]
        self.inherited = value_words(element, everywhere[element]) if element in everywhere else ""

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> ElementBoundField:
        return ElementBoundField(form, self, field_name)


class RowForm(forms.Form):
    """A custom element: its name, its value, and whether to remove it."""

    name = UncheckedField()
    value = UncheckedField()
    remove = forms.BooleanField(required=False)

    def __init__(self, *args: Any, held: dict[str, Any], everywhere: dict[str, Any], **options: Any) -> None:
        super().__init__(*args, **options)
        self.held, self.everywhere = held, everywhere

    def add_prefix(self, field_name: str) -> str:
        return f"{field_name}-{self.prefix}"

    @property
    def element(self) -> str:
        return str(self["name"].value() or "").strip()

    @property
    def text(self) -> str:
        return str(self["value"].value() or "")

    @property
    def removed(self) -> bool:
        return bool(self["remove"].value())

    @property
    def own(self) -> bool:
        """Whether this context sets the element itself, rather than inheriting the value that applies everywhere."""
        return self.element in self.held

    @property
    def fixed(self) -> bool:
        """Whether the name cannot be changed."""
        return self.own or self.element in self.everywhere

    @property
    def inherited(self) -> str:
        return value_text(self.everywhere[self.element]) if self.element in self.everywhere else ""

    @property
    def is_untouched(self) -> bool:
        return self.own and self.text == value_text(self.held[self.element])

    @property
    def is_given(self) -> bool:
        """Whether the row sets an element in this context."""
        return not self.removed and bool(self.text.strip() or self.is_untouched)

    @property
    def chosen(self) -> Any:
        return self.held[self.element] if self.is_untouched else parsed(self.text)


class BaseRows(BaseFormSet):  # type: ignore[type-arg]  # It takes no argument at run time.
    """The rows, numbered without gaps; the page sends no count. empty: the number of empty rows to append."""

    def __init__(self, data: QueryDict | None, *, empty: int, **options: Any) -> None:
        self.empty = self.extra = empty
        self.given = dict[str, Any]()
        super().__init__(data, **options)

    @functools.cached_property
    def management_form(self) -> ManagementForm:
        sent = next((number for number in range(MOST_ROWS) if f"name-{number}" not in self.data), MOST_ROWS)
        form = ManagementForm({TOTAL_FORM_COUNT: sent + self.empty, INITIAL_FORM_COUNT: 0})
        form.full_clean()
        return form

    def add_prefix(self, index: int | str) -> str:
        return str(index)

    def clean(self) -> None:
        """Collect the values of the rows, and report the faults that the form itself can detect at their rows."""
        for row in self.forms:
            if fault := self._fault(row):
                row.add_error(None, fault)
            elif row.is_given:
                self.given[row.element] = row.chosen

    def _fault(self, row: RowForm) -> str:
        """Return the row's fault, or ""."""
        if not row.is_given:
            return gettext("Enter a value.") if row.element and not row.fixed and not row.removed else ""
        if not row.element:
            return gettext("Enter a name.")
        if name_key(row.element) in SPELLINGS:
            return gettext("This is one of the settings above.")
        return gettext("This name is used twice.") if row.element in self.given else ""


Rows = cast(type[BaseRows], forms.formset_factory(RowForm, BaseRows, max_num=MOST_ROWS + 1, absolute_max=MOST_ROWS + 1))


class StyleForm(forms.Form):
    """The style of a context as stored, or as typed (data). empty: the number of empty rows to append."""

    emoji = UncheckedField()
    emoji_unset = UncheckedField()

    def __init__(self, held: ContextStyles, data: QueryDict | None = None, empty: int = 1) -> None:
        super().__init__(data or None)
        self.held = held
        self.inherited = held.everywhere if held.context else {}
        for element in STYLE_ELEMENTS:
            self.fields[f"known-{element}"] = ElementField(element, self.inherited)
            self.initial[f"known-{element}"] = str(held.own.get(element, ""))
        kept = {"held": held.own, "everywhere": self.inherited}
        self.rows = Rows(data or None, empty=empty, initial=self._held_rows(), form_kwargs=kept)

    def _held_rows(self) -> list[dict[str, str]]:
        own = self.held.own
        names = sorted({*own, *self.inherited} - STYLE_ELEMENTS.keys(), key=str.casefold)
        return [{"name": name, "value": value_text(own[name]) if name in own else ""} for name in names]

    @property
    def known(self) -> list[ElementBoundField]:
        return [field for field in self if isinstance(field, ElementBoundField)]

    def chosen(self, element: str) -> str:
        """Return the element's selected choice; "" for none."""
        if element == EMOJI:
            return SET if self.emoji_preference is not None else ""
        return str(self[f"known-{element}"].value() or "")

    @property
    def emoji_preference(self) -> float | None:
        """The selected emoji preference; None if none is set."""
        held: float | None = self.held.own.get(EMOJI)
        if not self.is_bound:
            return held
        position, unset_at = self["emoji"].value() or "", self["emoji_unset"].value() or ""
        # Without scripts, moving the slider does not select "set how often", so a moved slider counts as selecting it.
        moved = unset_at != "" and position != unset_at
        if self[f"known-{EMOJI}"].value() != SET and not moved:
            return None
        if held is not None and position == str(round(held * 100)):
            return held
        # An invalid position becomes -1, which the decision refuses.
        return int(position) / 100 if position.isascii() and position.isdigit() and len(position) < 4 else -1

    @property
    def position(self) -> int:
        """The slider's position in per cent: if nothing is set, the value that applies everywhere, else 0."""
        preference = self.emoji_preference
        value = preference if preference is not None else self.inherited.get(EMOJI, 0)
        return min(max(round(value * 100), 0), 100)

    @property
    def step(self) -> int:
        """The slider's step. Browsers snap to the nearest step, so a position between two of them needs finer steps."""
        return 1 if self.position % 5 else 5

    @property
    def emoji_said(self) -> str:
        return emoji_words(self.position / 100)

    @property
    def emoji_ends(self) -> list[str]:
        """The meaning of the slider's left end, middle and right end."""
        return [str(emoji_words(place)) for place in (0, 0.5, 1)]

    @functools.cached_property
    def values(self) -> dict[str, Any]:
        """The selected values by element, without rows that have a fault."""
        if not self.is_bound:
            return dict(self.held.own)
        # Values outside the choices are passed on; the decision refuses them and lists the valid ones.
        found: dict[str, Any] = {e: chosen for e in STYLE_ELEMENTS if e != EMOJI and (chosen := self.chosen(e))}
        if self.emoji_preference is not None:
            found[EMOJI] = self.emoji_preference
        self.rows.full_clean()
        return found | self.rows.given

    @property
    def faulty(self) -> bool:
        return any((self.errors, *(row.errors for row in self.rows)))

    @property
    def faults_by_field(self) -> list[tuple[str, str, str]]:
        """Field id, label and fault of each field with a fault."""
        known = [(f"field-{each.element}", each.label, fault) for each in self.known for fault in each.errors]
        own = [
            (f"value-{number}", row.element or gettext("Custom"), fault)
            for number, row in enumerate(self.rows)
            for fault in row.non_field_errors()
        ]
        return [(field, str(label), str(fault)) for field, label, fault in known + own]

    def add_details(self, details: dict[str, list[str]]) -> None:
        """Attach the faults that the decision found to their elements; the rest goes to the top."""
        rows = {row.element: row for row in self.rows if not row.removed}
        for name, faults in details.items():
            for fault in faults:
                if name in STYLE_ELEMENTS or name not in rows:
                    self.add_error(f"known-{name}" if name in STYLE_ELEMENTS else None, fault)
                else:
                    rows[name].add_error(None, fault)

    def differences(self) -> list[tuple[str, str]]:
        """Return label and current value of each element that was sent with a different value."""
        sent, held = self.values, self.held.own
        names = sorted(name for name in {*sent, *held} if sent.get(name) != held.get(name))
        return [
            (str(STYLE_LABELS.get(name, name)), value_words(name, held[name]) if name in held else gettext("Not set"))
            for name in names
        ]


def parsed(text: str) -> str | int | float:
    """Convert text that reads as a number to a number."""
    text = text.strip()
    if not NUMBER.fullmatch(text) or abs(float(text)) > LARGEST:
        return text
    return float(text) if "." in text else int(text)
