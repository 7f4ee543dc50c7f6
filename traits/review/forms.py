"""Forms of the review's pages: one for each decision."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from ptfi.texts import Text, one_line
from traits import decisions
from traits.decisions.bulk import MOST_IN_PARTS
from traits.decisions.inputs import Changes, Relation
from traits.errors import InvalidError
from traits.forms import (
    CHOOSE,
    AboutTraitField,
    EvidenceForm,
    IdField,
    InputForm,
    TraitFieldsForm,
    UncheckedField,
    VersionedForm,
    as_typed,
    texts_of,
)
from traits.models import Decision, ExtractedTraitCandidate, RejectionCode
from traits.review.notices import LEFT_OUT
from traits.web import lines, read_number

LATER: dict[str, Text] = {
    "tomorrow": _("Tomorrow, 6:00"),
    "next_week": _("Next week, Monday 6:00"),
    "evidence": _("When there is new evidence"),
    "date": _("At a date and time I pick"),
}
MORNING = dt.time(6)
SUNDAY = 6
MANY = {"confirm": Decision.CONFIRMED_ASIS, "reject": Decision.REJECTED, "snooze": Decision.DEFERRED}
"""Decisions about many suggestions, by the buttons below the list."""


class CardForm(EvidenceForm):
    """The fields that a card sends with each of its buttons."""

    decide: ClassVar[Callable[..., decisions.Outcome]]
    """The decision's service, called with arguments()."""

    own_evidence = UncheckedField()
    alone = UncheckedField()

    def arguments(self) -> dict[str, Any]:
        """Return the decision's arguments, besides who decides and the suggestion. Raises InvalidError."""
        cleaned = self.cleaned
        return {"evidence": self.evidence, "alone": bool(cleaned["alone"]), "version": cleaned["version"]}


class ReopenForm(VersionedForm):
    """Return a decided suggestion to the queue, and open it."""

    decide = staticmethod(decisions.reopen)

    def arguments(self) -> dict[str, Any]:
        return self.cleaned


class RelationForm(CardForm):
    """A decision that may state how the suggestion relates to a trait that it conflicts with."""

    relation = AboutTraitField(required=False)

    def arguments(self) -> dict[str, Any]:
        about = self.cleaned["relation"]
        contexts = self.typed_lines("existing_contexts")
        relation = Relation(trait_id=about.trait_id, kind=about.kind, existing_contexts=contexts) if about else None
        return super().arguments() | {"relation": relation}

    def typed_lines(self, field: str) -> list[str]:
        """Return the lines of one of the fields of the trait that the answer is about; their names contain its id."""
        about = self.cleaned["relation"]
        return lines(self.data.get(f"{field}-{about.trait_id}", "")) if about else []


class ConfirmForm(RelationForm):
    """Confirm as it is, or with the contexts in which it is true alongside a conflicting trait."""

    decide = staticmethod(decisions.confirm)

    def arguments(self) -> dict[str, Any]:
        return super().arguments() | {"changes": Changes(expression_contexts=self.typed_lines("new_contexts") or None)}


class RejectForm(RelationForm):
    """Reject for a reason.

    The answer that the new one is wrong, given about a conflicting trait, is a reason by itself.
    """

    decide = staticmethod(decisions.reject)

    code = UncheckedField()
    reason = UncheckedField()

    def arguments(self) -> dict[str, Any]:
        code = self.cleaned["code"] or ("not_me" if self.cleaned["relation"] else "")
        return super().arguments() | {"code": code, "reason": self.cleaned["reason"]}


class LaterForm(InputForm):
    """When to ask again. until: a time, new evidence, or "date" for the person's own time in date."""

    until = UncheckedField()
    date = UncheckedField()

    @property
    def is_later(self) -> bool:
        """Whether the form says when to ask again."""
        return True

    def clean(self) -> dict[str, Any]:
        """Set deferred_until to a time in the person's time zone, or None for "when there is new evidence"."""
        if self.is_later:
            try:
                self.cleaned_data["deferred_until"] = _later(self.cleaned_data["until"], self.cleaned_data["date"])
            except (ValueError, OverflowError):
                self.add_error("until", _("Choose a date and a time."))
        return self.cleaned_data


def _later(choice: str, date: str) -> dt.datetime | None:
    """Return the time of a choice. Raises ValueError, OverflowError for invalid times and implausible years."""
    today = timezone.localdate()
    if choice == "evidence":
        return None
    if choice == "tomorrow":
        return _morning(today + dt.timedelta(days=1))
    if choice == "next_week":
        return _morning(today + dt.timedelta(days=7 - today.weekday()))
    own = parse_datetime(date) if choice == "date" else None
    if own is None or not 1900 < own.year < 9000:
        raise ValueError(date)
    return timezone.make_aware(own) if own.tzinfo is None else own


def _morning(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, MORNING, tzinfo=timezone.get_current_timezone())


class SnoozeForm(LaterForm, CardForm):
    """Snooze until a time or new evidence."""

    decide = staticmethod(decisions.snooze)

    def arguments(self) -> dict[str, Any]:
        return super().arguments() | {"until": self.cleaned["deferred_until"]}


class MergeForm(CardForm):
    """Merge into one of the person's traits."""

    decide = staticmethod(decisions.merge)
    into = IdField()

    def arguments(self) -> dict[str, Any]:
        return super().arguments() | {"into": self.cleaned["into"]}


BUTTONS: dict[str, type[CardForm | ReopenForm]] = {
    "confirm": ConfirmForm,
    "reject": RejectForm,
    "snooze": SnoozeForm,
    "reopen": ReopenForm,
}
"""Decisions made by a single press of a button, by their name in URLs."""


class NoteForm(InputForm):
    """A note on a rejection, added afterwards."""

    reason = UncheckedField()


class EditForm(TraitFieldsForm):
    """A suggestion, changed before it is confirmed. name: the spelling that confirming gives the trait."""

    alone = UncheckedField(widget=forms.HiddenInput)

    def __init__(self, candidate: ExtractedTraitCandidate, data: QueryDict | None = None, name: str = "") -> None:
        self.candidate = candidate
        self.values = shown_values(candidate, name)
        super().__init__(data, initial=self.values)

    def arguments(self) -> dict[str, Any]:
        """Return the arguments for confirming, with the differences from the suggestion. Raises InvalidError."""
        cleaned = self.cleaned
        alone = bool(cleaned["alone"])
        # On its own, it would get its own spelling.
        changes = self.changes_from(shown_values(self.candidate) if alone else self.values)
        return {"changes": changes, "evidence": self.evidence, "alone": alone, "version": cleaned["version"]}


def shown_values(candidate: ExtractedTraitCandidate, name: str = "") -> dict[str, str]:
    """Return the suggestion's values as the form shows them initially, with this name if there is one."""
    return {
        "name": one_line(name or candidate.trait_name),
        "description": candidate.trait_description,
        "category": candidate.trait_category,
        "concepts": as_typed(candidate.concepts),
    }


class IdsField(forms.Field):
    """The ids of the selected rows of a list, without repeats."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Iterable[str] | None) -> list[uuid.UUID]:
        try:
            return [uuid.UUID(text) for text in dict.fromkeys(value or [])]
        except ValueError:
            raise forms.ValidationError(CHOOSE) from None


class PackedIdsField(IdsField):
    """The same ids in one text, since requests have a limited number of fields."""

    def to_python(self, value: Iterable[str] | None) -> list[uuid.UUID]:
        return super().to_python([each for text in value or [] for each in text.split()])


class BulkForm(LaterForm):
    """One decision about many suggestions, previewed first, and made in parts.

    candidate_ids: the selected rows; ids: those of a preview; all: everything that matches the filters.
    batch and total: of the parts that were made before, and of the whole.
    """

    candidate_ids = IdsField(required=False)
    ids = PackedIdsField(required=False)
    code = UncheckedField()
    reason = UncheckedField()

    @property
    def decision(self) -> str:
        """The decision; "" if it cannot be made about many."""
        return MANY.get(self.data.get("decision", ""), "")

    @property
    def is_later(self) -> bool:
        return self.decision == Decision.DEFERRED

    @property
    def applies(self) -> bool:
        """Whether to make the decision, after its preview."""
        return "apply" in self.data and "preview" not in self.data

    @property
    def wants_all(self) -> bool:
        return "all" in self.data

    @property
    def chosen(self) -> list[uuid.UUID]:
        """The ids that were sent. Raises InvalidError if there are invalid ones."""
        for name in ("candidate_ids", "ids"):
            if faults := self.errors.get(name):
                raise InvalidError(details={"candidate_ids": texts_of(faults)})
        return [*self.cleaned_data["candidate_ids"], *self.cleaned_data["ids"]]

    @property
    def batch(self) -> uuid.UUID | None:
        """The batch of the parts that were made before, as it was sent."""
        try:
            return uuid.UUID(self.data.get("batch", ""))
        except ValueError:
            return None

    @property
    def total(self) -> int:
        return read_number(self.data.get("total", ""), 0, MOST_IN_PARTS)

    @property
    def left_out(self) -> Counter[str]:
        """How many were left out before, by outcome."""
        return Counter({name: read_number(self.data.get(name, ""), 0, MOST_IN_PARTS) for name in LEFT_OUT})

    def arguments(self) -> dict[str, Any]:
        """Return the decision's arguments, besides who decides and about what. Raises InvalidError."""
        return {
            "decision": self.decision,
            "code": self.cleaned["code"],
            "reason": self.cleaned["reason"],
            "until": self.cleaned.get("deferred_until"),
        }


def rejection_codes() -> list[tuple[int, str, Text]]:
    """Return the reasons, each with the digit key that chooses it."""
    return [(number, value, label) for number, (value, label) in enumerate(RejectionCode.choices, 1)]


def later_choices() -> list[tuple[int, str, Text]]:
    """Return the times that need no date, each with the digit key that chooses it."""
    offered = later_words()
    numbered = [(number, value, label) for number, (value, label) in enumerate(LATER.items(), 1)]
    return [each for each in numbered if each[1] in offered and each[1] != "date"]


def later_words() -> dict[str, Text]:
    """Return the times to choose from. On Sundays, next week begins tomorrow, which is a choice already."""
    is_sunday = timezone.localdate().weekday() == SUNDAY
    return {value: label for value, label in LATER.items() if value != "next_week" or not is_sunday}
