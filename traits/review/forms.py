"""What the pages of the review send: one form for each decision."""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ptfi.web.language import Text
from traits import decisions
from traits.decisions.bulk import MOST
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
from traits.web import lines

LATER: dict[str, Text] = {
    "tomorrow": _("Tomorrow, 6:00"),
    "next_week": _("Next week, Monday 6:00"),
    "evidence": _("When there is new evidence"),
    "date": _("At a date and time I pick"),
}
MORNING = dt.time(6)
MANY = {"confirm": Decision.CONFIRMED_ASIS, "reject": Decision.REJECTED, "snooze": Decision.DEFERRED}
"""The decisions about many suggestions, by the buttons under the list."""


class CardForm(EvidenceForm):
    """What a card sends, whichever of its buttons is pressed."""

    decide: ClassVar[Callable[..., decisions.Outcome]]
    """The service of the decision, which takes the arguments."""

    own_evidence = UncheckedField()

    def arguments(self) -> dict[str, Any]:
        """What the decision takes beside who decides and the suggestion. Raises InvalidError."""
        return {"evidence": self.evidence, "version": self.cleaned["version"]}


class ReopenForm(VersionedForm):
    """Review it again: it is back in the queue, and open."""

    decide = staticmethod(decisions.reopen)

    def arguments(self) -> dict[str, Any]:
        return self.cleaned


class RelationForm(CardForm):
    """A decision that may say how the suggestion goes with a trait that it clashes with."""

    relation = AboutTraitField(required=False)

    def arguments(self) -> dict[str, Any]:
        about = self.cleaned["relation"]
        contexts = self.typed_lines("existing_contexts")
        relation = Relation(trait_id=about.trait_id, kind=about.kind, existing_contexts=contexts) if about else None
        return super().arguments() | {"relation": relation}

    def typed_lines(self, field: str) -> list[str]:
        """What was typed in one of the fields of the trait that the answer is about; they carry its id."""
        about = self.cleaned["relation"]
        return lines(self.data.get(f"{field}-{about.trait_id}", "")) if about else []


class ConfirmForm(RelationForm):
    """Confirm as it is, or with the contexts in which it is true beside a trait that clashes with it."""

    decide = staticmethod(decisions.confirm)

    def arguments(self) -> dict[str, Any]:
        return super().arguments() | {"changes": Changes(expression_contexts=self.typed_lines("new_contexts") or None)}


class RejectForm(RelationForm):
    """Reject for a reason; one who says that the new one is wrong beside a trait need give no other."""

    decide = staticmethod(decisions.reject)

    code = UncheckedField()
    reason = UncheckedField()

    def arguments(self) -> dict[str, Any]:
        code = self.cleaned["code"] or ("not_me" if self.cleaned["relation"] else "")
        return super().arguments() | {"code": code, "reason": self.cleaned["reason"]}


class LaterForm(InputForm):
    """When to be asked again: until names a time or new evidence, or says that date is the person's own time."""

    until = UncheckedField()
    date = UncheckedField()

    @property
    def is_later(self) -> bool:
        """Whether it is said at all when to be asked again."""
        return True

    def clean(self) -> dict[str, Any]:
        """deferred_until is the time in the person's time zone; None is when there is new evidence."""
        if self.is_later:
            try:
                self.cleaned_data["deferred_until"] = _later(self.cleaned_data["until"], self.cleaned_data["date"])
            except (ValueError, OverflowError):
                self.add_error("until", _("Choose a date and a time."))
        return self.cleaned_data


def _later(choice: str, date: str) -> dt.datetime | None:
    """Raises ValueError, OverflowError for what is no time of this age."""
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
    """Snoozed until a time or new evidence."""

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
"""The decisions that one press of a button makes, by the name of their address."""


class EditForm(TraitFieldsForm):
    """A suggestion, changed before it is confirmed."""

    def __init__(self, candidate: ExtractedTraitCandidate, data: QueryDict | None = None) -> None:
        self.candidate = candidate
        super().__init__(data, initial=shown_values(candidate))

    def arguments(self) -> dict[str, Any]:
        """What confirming takes, with what differs from the suggestion. Raises InvalidError."""
        changes = self.changes_from(shown_values(self.candidate))
        return {"changes": changes, "evidence": self.evidence, "version": self.cleaned["version"]}


def shown_values(candidate: ExtractedTraitCandidate) -> dict[str, str]:
    """The suggestion as the form shows it first."""
    return {
        "name": candidate.trait_name,
        "description": candidate.trait_description,
        "category": candidate.trait_category,
        "concepts": as_typed(candidate.concepts),
    }


class IdsField(forms.Field):
    """The ids of what was chosen in a list, each once."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Iterable[str] | None) -> list[uuid.UUID]:
        try:
            return [uuid.UUID(text) for text in dict.fromkeys(value or [])]
        except ValueError:
            raise forms.ValidationError(CHOOSE) from None


class BulkForm(LaterForm):
    """One decision about many suggestions, previewed first."""

    candidate_ids = IdsField(required=False)
    code = UncheckedField()
    reason = UncheckedField()

    @property
    def decision(self) -> str:
        """Which decision; "" for none of those about many."""
        return MANY.get(self.data.get("decision", ""), "")

    @property
    def is_later(self) -> bool:
        return self.decision == Decision.DEFERRED

    @property
    def applies(self) -> bool:
        """Whether it was previewed, and is to be done."""
        return "apply" in self.data and "preview" not in self.data

    @property
    def chosen(self) -> list[uuid.UUID]:
        """The suggestions. Raises InvalidError for none, too many, or what is no id."""
        if faults := self.errors.get("candidate_ids"):
            raise InvalidError(details={"candidate_ids": texts_of(faults)})
        ids: list[uuid.UUID] = self.cleaned_data["candidate_ids"]
        if not 1 <= len(ids) <= MOST:
            raise InvalidError(gettext("Select up to %(most)s suggestions at a time.") % {"most": MOST})
        return ids

    def arguments(self) -> dict[str, Any]:
        """What the decision takes beside who decides. Raises InvalidError."""
        return {
            "candidate_ids": self.chosen,
            "decision": self.decision,
            "code": self.cleaned["code"],
            "reason": self.cleaned["reason"],
            "until": self.cleaned.get("deferred_until"),
        }


def rejection_codes() -> list[tuple[int, str, Text]]:
    """The reasons with the digit that chooses each."""
    return [(number, value, label) for number, (value, label) in enumerate(RejectionCode.choices, 1)]


def later_choices() -> list[tuple[int, str, Text]]:
    """The times that need no date, with the digit that chooses each."""
    named = [(value, label) for value, label in LATER.items() if value != "date"]
    return [(number, value, label) for number, (value, label) in enumerate(named, 1)]
