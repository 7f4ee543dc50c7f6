"""What the pages of the review send, read into the words of the selectors and the decisions."""

import datetime as dt

from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from traits import confidence
from traits.confidence import LOWEST_BAND
from traits.decisions.inputs import Changes, Relation
from traits.errors import InvalidError
from traits.models import RejectionCode
from traits.review.selectors import QueueFilters
from traits.web import lines, read_id

BANDS = {name: words for name, words, _ in (*confidence.BANDS, LOWEST_BAND)}
LATER = {
    "tomorrow": "Tomorrow, 6:00",
    "next_week": "Next week, Monday 6:00",
    "evidence": "When there is new evidence",
    "date": "At a time of my own",
}
MORNING = dt.time(6)


def read_filters(query: QueryDict) -> QueueFilters:
    """The filters that the address names."""
    return QueueFilters.read(query)


def filter_query(filters: QueueFilters, **more: str) -> str:
    """The filters as the query of an address, without what is not chosen."""
    return filters.query(**more)


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


def rejection_codes() -> list[tuple[int, str, str]]:
    """The reasons with the digit that chooses each."""
    return [(number, value, label) for number, (value, label) in enumerate(RejectionCode.choices, 1)]


def later_choices() -> list[tuple[int, str, str]]:
    """The times that need no date, with the digit that chooses each."""
    named = [(value, label) for value, label in LATER.items() if value != "date"]
    return [(number, value, label) for number, (value, label) in enumerate(named, 1)]
