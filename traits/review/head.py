"""What the review's page says about the queue as a whole, and what changed in it since the page was made."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Case, Count, F, Subquery, When
from django.db.models.functions import JSONObject
from django.utils import timezone

from ptfi.accounts.models import User
from traits.models import UNDECIDED, ActorKind, ExtractedTraitCandidate, Persona, UserRefinedTrait
from traits.review.order.recent import PACED
from traits.review.selectors import TABS, tab_condition


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ahead:
    """A candidate whose card the browser has fetched ahead."""

    pk: str
    name: str
    name_key: str
    category: str
    concepts: list[str]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Head:
    """What the page says about the queue as a whole, read in one statement.

    counts: candidates by tab, and the numbers "decided" and "total". times: of the person's latest decisions, newest
    first. revision: that of the person's log. ahead: the undecided candidates that were asked about.
    """

    counts: dict[str, int]
    times: list[dt.datetime]
    revision: int
    ahead: list[Ahead]


def read_head(user: User, ahead: Iterable[uuid.UUID] = ()) -> Head:
    now, mine = timezone.now(), ExtractedTraitCandidate.objects.filter(user=user)
    tabs = {tab: Count("status", filter=tab_condition(tab, now)) for tab in TABS}
    latest = UserRefinedTrait.objects.filter(user=user, actor_kind=ActorKind.PERSON).order_by(F("revision").desc())
    columns = {"pk": "candidate_id", "name": "trait_name", "category": "trait_category"}
    asked = mine.filter(pk__in=list(ahead), status__in=UNDECIDED)
    fields = JSONObject(name_key="name_key", concepts="concepts", **columns)
    more = {
        "times": ArraySubquery(latest.values("created_at")[:PACED]),
        "revision": Subquery(Persona.objects.filter(user=user).values("revision")),
        "ahead": ArraySubquery(asked.values(fields=fields)),
    }
    rows: list[Any] = list(mine.values("user_id").annotate(**tabs).annotate(**more))
    row: dict[str, Any] = rows[0] if rows else {}
    found = {tab: row.get(tab, 0) for tab in TABS}
    decided = found["confirmed"] + found["rejected"]
    return Head(
        counts={**found, "decided": decided, "total": decided + found["review"] + found["later"]},
        times=row.get("times", []),
        revision=row.get("revision") or 0,
        ahead=[Ahead(**each) for each in row.get("ahead") or []],
    )


MOST_FOLLOWED = 200
"""Suggestions that a page follows one by one; with more changes it asks for its list again."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Changed:
    """Candidates whose place changed: ids that are not on the tab any more, and ids that are; all: too many to say."""

    gone: list[uuid.UUID]
    here: list[uuid.UUID]
    all: bool


def changed_since(user: User, tab: str, revision: int) -> Changed:
    """Return the candidates that entries after this revision of the log are about, by whether they are on the tab."""
    entries = UserRefinedTrait.objects.filter(user=user, revision__gt=revision).exclude(original_candidate=None)
    named = entries.order_by("revision").values("original_candidate")[: MOST_FOLLOWED + 1]
    on_tab = Case(When(tab_condition(tab, timezone.now()), then=True), default=False, output_field=BooleanField())
    rows = ExtractedTraitCandidate.objects.filter(user=user, pk__in=named).annotate(on_tab=on_tab)
    found = list(rows.values_list("pk", "on_tab"))
    return Changed(
        gone=[pk for pk, here in found if not here],
        here=[pk for pk, here in found if here],
        all=len(found) > MOST_FOLLOWED,
    )
