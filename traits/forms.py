"""What the pages of the review send, read into the words of selectors.py and services.py."""

import datetime as dt
import re
import uuid
from collections.abc import Container
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from traits import selectors
from traits.decisions.inputs import Changes, Evidence, Relation
from traits.errors import InvalidError
from traits.models import MAX_NAME, Category, ExtractedTraitCandidate, RejectionCode

BANDS = {name: words for name, words, _ in (*selectors.BANDS, selectors.LOWEST_BAND)}
RATINGS = {"": "not rated", "1": "hardly me", "2": "a little", "3": "partly", "4": "mostly", "5": "very much me"}
LATER = {
    "tomorrow": "Tomorrow, 6:00",
    "next_week": "Next week, Monday 6:00",
    "evidence": "When there is new evidence",
    "date": "At a time of my own",
}
MORNING = dt.time(6)
VERDICT = "verdict-"


def read_filters(query: QueryDict) -> selectors.Filters:
    """The filters that the address names; what is not one of the choices counts as not chosen."""
    return selectors.Filters(
        tab=read_choice(query, "tab", selectors.TABS) or "review",
        category=read_choice(query, "category", Category.values),
        band=read_choice(query, "band", BANDS),
        model=read_name(query, "model"),
        concept=read_name(query, "concept"),
        q=read_name(query, "q"),
    )


def read_choice(query: QueryDict, name: str, choices: Container[str]) -> str:
    """What was chosen; "" for what is not one of the choices."""
    value = query.get(name, "")
    return value if value in choices else ""


def read_name(query: QueryDict, name: str) -> str:
    """What was typed, as far as a name of ours may be that long."""
    return query.get(name, "").replace("\x00", "").strip()[:MAX_NAME]


def filter_query(filters: selectors.Filters, **more: str) -> str:
    """The filters as the query of an address, without what is not chosen."""
    chosen = {"category": filters.category, "band": filters.band, "model": filters.model, "concept": filters.concept}
    values = {"tab": filters.tab, **chosen, "q": filters.q, **more}
    return urlencode({key: value for key, value in values.items() if value and (key, value) != ("tab", "review")})


def read_number(text: str, least: int, most: int) -> int:
    """A number between the two; least where it is none."""
    return min(max(int(text), least), most) if text.isascii() and text.isdigit() and len(text) < 10 else least


def read_version(post: QueryDict) -> int | None:
    """The version that the page showed; a form from elsewhere may leave it out."""
    text = post.get("version", "")
    return read_number(text, 0, 10**9) if text else None


def read_verdicts(post: QueryDict) -> dict[str, str]:
    return {name.removeprefix(VERDICT): post.get(name, "") for name in post if name.startswith(VERDICT)}


def read_evidence(post: QueryDict) -> Evidence:
    """The verdicts, and evidence of one's own: pieces have an empty line between them."""
    own = re.split(r"\n[ \t]*\n", post.get("own_evidence", "").replace("\r\n", "\n"))
    return Evidence(verdicts=read_verdicts(post), own=own)


def read_id(field: str, text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise InvalidError(details={field: ["Choose one of the list."]}) from None


def read_relation(post: QueryDict) -> Relation | None:
    """relation is "kind:trait id"; the contexts of the trait one has are in a field that carries its id."""
    kind, _, trait_id = post.get("relation", "").partition(":")
    if not kind:
        return None
    contexts = lines(post.get(f"existing_contexts-{trait_id}", ""))
    return Relation(trait_id=read_id("relation", trait_id), kind=kind, existing_contexts=contexts)


def read_contexts(post: QueryDict) -> Changes:
    """Where the suggestion is true, when it was said beside a trait that clashes with it."""
    trait_id = post.get("relation", "").partition(":")[2]
    contexts = lines(post.get(f"new_contexts-{trait_id}", ""))
    return Changes(expression_contexts=contexts) if contexts else Changes()


def read_until(post: QueryDict) -> dt.datetime | None:
    """Until when a suggestion is put off, in the person's time zone; None is until there is new evidence."""
    choice, today = post.get("until", ""), timezone.localdate()
    if choice == "evidence":
        return None
    if choice == "tomorrow":
        return _morning(today + dt.timedelta(days=1))
    if choice == "next_week":
        return _morning(today + dt.timedelta(days=7 - today.weekday()))
    try:
        own = parse_datetime(post.get("date", "")) if choice == "date" else None
        aware = timezone.make_aware(own) if own and own.tzinfo is None else own
    except (ValueError, OverflowError):
        aware = None
    if aware is None or not 1900 < aware.year < 9000:
        raise InvalidError(details={"until": ["Choose a day and a time."]})
    return aware


def _morning(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, MORNING, tzinfo=timezone.get_current_timezone())


def lines(text: str) -> list[str]:
    """The lines that hold something."""
    return [line.strip() for line in text.splitlines() if line.strip()]


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


def rejection_codes() -> list[tuple[int, str, str]]:
    """The reasons with the digit that chooses each."""
    return [(number, value, label) for number, (value, label) in enumerate(RejectionCode.choices, 1)]


def later_choices() -> list[tuple[int, str, str]]:
    """The times that need no date, with the digit that chooses each."""
    named = [(value, label) for value, label in LATER.items() if value != "date"]
    return [(number, value, label) for number, (value, label) in enumerate(named, 1)]
