"""The form of a context's communication style: the known elements as choices, any others as names and values."""

import dataclasses
import functools
import re
from typing import Any

from django.http import QueryDict

from traits.decisions.styles import LARGEST, SPELLINGS, ContextStyles
from traits.models import MAX_LIST
from traits.models.styles import STYLE_ELEMENTS, STYLE_LABELS, emoji_words, value_text, value_words
from traits.text import name_key

SET = "set"
NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,15})?")


@dataclasses.dataclass(kw_only=True)
class Known:
    """A known element: its choices are (value, words, is it chosen); inherited is what holds everywhere, in words."""

    element: str
    label: str
    choices: list[tuple[str, str, bool]]
    inherited: str = ""
    faults: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(kw_only=True)
class Free:
    """An element of the person's own; fixed: its name is not to be changed; inherited as in Known."""

    name: str = ""
    text: str = ""
    fixed: bool = False
    own: bool = False
    removed: bool = False
    inherited: str = ""
    faults: list[str] = dataclasses.field(default_factory=list)


class StyleForm:
    """What the page shows of a context, or what was typed (data); rows: how many empty ones to add."""

    def __init__(self, held: ContextStyles, data: QueryDict | None = None, rows: int = 1) -> None:
        self.held, self.data = held, data
        self.inherited = held.everywhere if held.context else {}
        self.known = [self._known(element) for element in STYLE_ELEMENTS]
        self.free = self._typed_rows() if data else self._held_rows()
        self.free += [Free() for _ in range(rows)]
        self.faults: list[str] = []

    def _known(self, element: str) -> Known:
        chosen = self._chosen(element)
        values = [(each, value_words(element, each)) for each in STYLE_ELEMENTS[element]] or [(SET, "set how often")]
        choices = [("", "not set"), *values]
        inherited = value_words(element, self.inherited[element]) if element in self.inherited else ""
        return Known(
            element=element,
            label=STYLE_LABELS[element],
            choices=[(each, said, each == chosen) for each, said in choices],
            inherited=inherited,
        )

    def _chosen(self, element: str) -> str:
        if element == "EmojiPreference":
            return SET if self.emoji is not None else ""
        if self.data is not None:
            return self.data.get(f"known-{element}", "")
        return str(self.held.own.get(element, ""))

    @property
    def emoji(self) -> float | None:
        """The emoji preference that is chosen; None where none is."""
        held: float | None = self.held.own.get("EmojiPreference")
        if self.data is None:
            return held
        position, unset_at = self.data.get("emoji", ""), self.data.get("emoji_unset", "")
        # Without a script nothing ticks "set how often" when the slider is moved: moving it says so.
        moved = unset_at != "" and position != unset_at
        if self.data.get("known-EmojiPreference") != SET and not moved:
            return None
        if held is not None and position == str(round(held * 100)):
            return held
        # What is no position is refused by the service.
        return int(position) / 100 if position.isascii() and position.isdigit() and len(position) < 4 else -1

    @property
    def position(self) -> int:
        """Where the slider stands, in per cent: where nothing is set, at what holds everywhere, or never."""
        value = self.emoji if self.emoji is not None else self.inherited.get("EmojiPreference", 0)
        return min(max(round(value * 100), 0), 100)

    @property
    def step(self) -> int:
        """Browsers move a slider to its nearest step: one that stands between two needs finer ones."""
        return 1 if self.position % 5 else 5

    @property
    def emoji_said(self) -> str:
        return emoji_words(self.position / 100)

    def _held_rows(self) -> list[Free]:
        names = sorted({*self.held.own, *self.inherited} - STYLE_ELEMENTS.keys(), key=str.casefold)
        return [self._row(name, value_text(self.held.own[name]) if name in self.held.own else "") for name in names]

    def _row(self, name: str, text: str) -> Free:
        inherited = value_text(self.inherited[name]) if name in self.inherited else ""
        own = name in self.held.own
        return Free(name=name, text=text, fixed=own or name in self.inherited, own=own, inherited=inherited)

    def _typed_rows(self) -> list[Free]:
        rows = []
        for number in range(2 * MAX_LIST + 1):
            name = self.data.get(f"name-{number}") if self.data else None
            if name is None or self.data is None:
                break
            row = self._row(name.strip(), self.data.get(f"value-{number}", ""))
            row.removed = f"remove-{number}" in self.data
            rows.append(row)
        return rows

    @functools.cached_property
    def values(self) -> dict[str, Any]:
        """The map that is chosen; what the form itself can tell to be wrong is put at its row, and left out."""
        # What is none of the choices goes along: the service says what they are.
        found: dict[str, Any] = {e: v for e in STYLE_ELEMENTS if e != "EmojiPreference" and (v := self._chosen(e))}
        if self.emoji is not None:
            found["EmojiPreference"] = self.emoji
        for row in self.free:
            if not row.removed and (row.text.strip() or self._is_untouched(row)):
                self._add(found, row)
            elif row.name and not row.fixed and not row.removed:
                row.faults.append("Give it a value.")
        return found

    def _is_untouched(self, row: Free) -> bool:
        return row.own and row.text == value_text(self.held.own[row.name])

    def _add(self, found: dict[str, Any], row: Free) -> None:
        if not row.name:
            row.faults.append("Give it a name.")
        elif name_key(row.name) in SPELLINGS:
            row.faults.append("This is one of those above.")
        elif row.name in found:
            row.faults.append("This name is there twice.")
        else:
            found[row.name] = self.held.own[row.name] if self._is_untouched(row) else parsed(row.text)

    @property
    def faulty(self) -> bool:
        return any((self.faults, *(known.faults for known in self.known), *(row.faults for row in self.free)))

    @property
    def faults_by_field(self) -> list[tuple[str, str, str]]:
        """The id of each field that has a fault, what it is called, and the fault."""
        known = [(f"field-{each.element}", each.label, fault) for each in self.known for fault in each.faults]
        rows = enumerate(self.free)
        own = [(f"value-{n}", row.name or "Of your own", fault) for n, row in rows for fault in row.faults]
        return known + own

    def add_details(self, details: dict[str, list[str]]) -> None:
        """Put the faults that the service found at their elements; the rest goes on top."""
        places: dict[str, Known | Free] = {row.name: row for row in self.free if not row.removed}
        places |= {known.element: known for known in self.known}
        for name, faults in details.items():
            (places[name].faults if name in places else self.faults).extend(faults)

    def differences(self) -> list[tuple[str, str]]:
        """Label and present value of each element that was sent with another one."""
        sent, held = self.values, self.held.own
        names = sorted(name for name in {*sent, *held} if sent.get(name) != held.get(name))
        return [
            (STYLE_LABELS.get(name, name), value_words(name, held[name]) if name in held else "not set")
            for name in names
        ]


def parsed(text: str) -> str | int | float:
    """What reads as a number is one."""
    text = text.strip()
    if not NUMBER.fullmatch(text) or abs(float(text)) > LARGEST:
        return text
    return float(text) if "." in text else int(text)
