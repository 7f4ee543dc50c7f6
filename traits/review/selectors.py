"""Reads of the review queue: its tabs, filters, pages, counts and the history of a card."""

import dataclasses
import datetime as dt
import uuid
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Count,
    Exists,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    TextField,
)
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ptfi.accounts.models import User
from ptfi.web import keyset
from ptfi.web.filters import Filters, choice, identifier, text
from ptfi.web.keyset import Page
from traits.confidence import BAND_CHOICES, band_condition
from traits.decisions.merging import spelling_of
from traits.log.narration import Narrated, narrate, with_names
from traits.log.undoable import standing_ids, standing_of, with_standing
from traits.models import (
    ActorKind,
    CandidateStatus,
    Category,
    Decision,
    ExtractedTraitCandidate,
    Sitting,
    UserRefinedTrait,
)
from traits.review.order import sorts
from traits.review.order.recent import Recent
from traits.review.order.recent import recent as read_recent
from traits.review.order.sorts import SORTS, sort_of
from traits.search.query import OWN_WORDS, search_query
from traits.selectors import candidate, most_frequent, up_for_review
from traits.text import Spelling, best_spelling, name_key, once_each

TABS = {"review": _("To review"), "later": _("Snoozed"), "confirmed": _("Confirmed"), "rejected": _("Rejected")}


@dataclasses.dataclass(frozen=True, kw_only=True)
class QueueFilters(Filters):
    """The filters of the queue, and its order; band: of confidence, concept: in any spelling, q: a full-text search."""

    tab: str = choice(TABS, default="review")
    sort: str = choice(SORTS)
    sitting: str = identifier()
    category: str = choice(Category.values, "trait_category")
    band: str = choice(dict(BAND_CHOICES), band_condition)
    model: str = text(lambda name: Q(originating_models__contains=[name]))
    concept: str = text()
    q: str = text()

    @property
    def narrow(self) -> bool:
        """Whether any filter besides the tab and the category is set."""
        return any((self.band, self.model, self.concept, self.q))

    @property
    def order(self) -> str:
        """The order of the list: that of the sitting, or the chosen one, or the tab's default."""
        return sorts.SITTING if self.sitting else sort_of(self.tab, self.sort)


def tab_condition(tab: str, now: dt.datetime) -> Q:
    """Return the condition for a tab's candidates."""
    later = Q(status=CandidateStatus.AWAITING_REFINEMENT)
    conditions = {
        "review": up_for_review(now),
        "later": later & (Q(deferred_until=None) | Q(deferred_until__gt=now)) & Q(held_reason=""),
        "confirmed": Q(status__in=(CandidateStatus.CONFIRMED, CandidateStatus.REFINED)),
        "rejected": Q(status=CandidateStatus.REJECTED),
    }
    return conditions[tab]


def candidates(user: User, filters: QueueFilters) -> QuerySet[ExtractedTraitCandidate]:
    """Return the person's candidates that match the filters, unordered, without their evidence."""
    rows = ExtractedTraitCandidate.objects.filter(tab_condition(filters.tab, timezone.now()), user=user)
    rows = rows.filter(filters.condition())
    if filters.sitting:
        each = Func("candidate_ids", function="unnest", set_returning=True)
        theirs = Sitting.objects.filter(user=user, sitting_id=filters.sitting)
        rows = rows.filter(pk__in=theirs.annotate(each=each).values("each"))
    if filters.concept:
        rows = rows.filter(concepts__has_any_keys=_spellings(user, filters.concept))
    if filters.q:
        rows = rows.alias(words=OWN_WORDS).filter(words=search_query(filters.q))
    return rows.defer("search", "supporting_evidence")


def _spellings(user: User, concept: str) -> list[str]:
    """Return the spellings of a concept in the person's suggestions."""
    each = Func("concepts", function="jsonb_array_elements_text", output_field=TextField(), set_returning=True)
    named = ExtractedTraitCandidate.objects.filter(user=user).annotate(each=each).values_list("each", flat=True)
    key = name_key(concept)
    return [name for name in named.distinct() if name_key(name) == key]


@dataclasses.dataclass(frozen=True, kw_only=True)
class QueueRow:
    """A suggestion in the list, with its duplicates (same name key and category) that have no row of their own.

    is_behind: whether it comes after the requested place.
    """

    candidate: ExtractedTraitCandidate
    duplicates: list[ExtractedTraitCandidate]
    is_behind: bool


def queue(
    user: User,
    filters: QueueFilters,
    after: str = "",
    limit: int = keyset.PAGE,
    passed: str = "",
    recent: Recent | None = None,
) -> Page[QueueRow]:
    """Return one page of the queue in its order, paged by key. passed: the key of the place for is_behind."""
    rows = candidates(user, filters)
    grouped = filters.tab == "review" and not (filters.narrow or filters.sitting)
    if grouped:
        better = candidates(user, filters).filter(
            Q(evidence_count__gt=OuterRef("evidence_count"))
            | Q(evidence_count=OuterRef("evidence_count"), created_at__gt=OuterRef("created_at"))
            | Q(
                evidence_count=OuterRef("evidence_count"),
                created_at=OuterRef("created_at"),
                candidate_id__lt=OuterRef("candidate_id"),
            ),
            name_key=OuterRef("name_key"),
            trait_category=OuterRef("trait_category"),
        )
        rows = rows.filter(~Exists(better))
    if recent is None:
        recent = read_recent(user) if filters.order == sorts.RECOMMENDED else Recent([])
    page = sorts.page(user, rows, filters.order, recent, after=after, passed=passed, size=limit)
    others = _duplicates_of(user, filters, page.rows if grouped else [])
    found = [
        QueueRow(
            candidate=row,
            duplicates=others.get((row.name_key, row.trait_category), []),
            is_behind=row.is_behind,
        )
        for row in page.rows
    ]
    return Page(rows=found, next=page.next)


def _duplicates_of(
    user: User, filters: QueueFilters, rows: list[ExtractedTraitCandidate]
) -> dict[tuple[str, str], list[ExtractedTraitCandidate]]:
    """Return the rows' duplicates by name key and category."""
    others: dict[tuple[str, str], list[ExtractedTraitCandidate]] = {}
    if rows:
        keys = [row.name_key for row in rows]
        found = candidates(user, filters).filter(name_key__in=keys).exclude(pk__in=[row.pk for row in rows])
        for other in found.order_by("-created_at"):
            others.setdefault((other.name_key, other.trait_category), []).append(other)
    return others


def opened(user: User, candidate_id: uuid.UUID) -> ExtractedTraitCandidate:
    """Return the person's candidate for its card, with its duplicates() and whether the log knows it (in_log).

    Raises NotFoundError like candidate().
    """
    same = ExtractedTraitCandidate.objects.filter(
        tab_condition("review", timezone.now()),
        user=user,
        name_key=OuterRef("name_key"),
        trait_category=OuterRef("trait_category"),
    ).exclude(pk=OuterRef("pk"))
    fields = JSONObject(pk="candidate_id", name="trait_name", pieces="evidence_count", score="confidence_score")
    named = same.order_by("-created_at").values(named=fields)
    entries = UserRefinedTrait.objects.filter(user=user, original_candidate=OuterRef("pk"))
    return candidate(user, candidate_id, same=ArraySubquery(named), in_log=Exists(entries))


def duplicates(opened: ExtractedTraitCandidate) -> list[Spelling]:
    """Return the other suggestions to review with the same name key and category, the newest first."""
    same: list[dict[str, Any]] = opened.same  # type: ignore[attr-defined]
    return [Spelling(**each) for each in same]


def spelling(opened: ExtractedTraitCandidate) -> str:
    """Return the spelling of its name that confirming gives the trait: that with most evidence."""
    return best_spelling(spelling_of(opened), duplicates(opened)).name


def facets(user: User, tab: str) -> dict[str, list[str]]:
    """Return the models and concepts of a tab's candidates, most frequent first, at most 100 each.

    A concept comes in one spelling only, as its filter finds the others too.
    """
    rows = ExtractedTraitCandidate.objects.filter(tab_condition(tab, timezone.now()), user=user)
    return {
        "models": _most_frequent(rows, "originating_models", "unnest"),
        "concepts": once_each(_most_frequent(rows, "concepts", "jsonb_array_elements_text")),
    }


def _most_frequent(rows: QuerySet[ExtractedTraitCandidate], column: str, function: str) -> list[str]:
    each = Func(column, function=function, output_field=TextField(), set_returning=True)
    return most_frequent(rows.annotate(each=each).values("each"), 100)


def decided_since(user: User, since: dt.datetime) -> dict[str, int]:
    """Count the person's decisions since then, by kind; undoing and undone decisions and notes do not count."""
    mine = UserRefinedTrait.objects.filter(user=user, actor_kind=ActorKind.PERSON, created_at__gte=since)
    undone = mine.exclude(undoes=None).values("undoes")
    decided = mine.exclude(user_decision=Decision.UNDONE).exclude(pk__in=undone)
    notes = Q(user_decision=Decision.REJECTED, content__before__candidate__status=CandidateStatus.REJECTED)
    rows = decided.exclude(notes).values("user_decision")
    return {row["user_decision"]: row["number"] for row in rows.annotate(number=Count("pk")).order_by("-number")}


@dataclasses.dataclass(kw_only=True)
class PastDecision(Narrated):
    """A past entry. can_undo: whether it can be undone; can_split: whether it is a merge that can be reverted."""

    can_undo: bool
    can_split: bool


def history(user: User, thing_id: uuid.UUID, limit: int = 20) -> list[PastDecision]:
    """Return the newest log entries about a candidate or trait."""
    rows = UserRefinedTrait.objects.filter(Q(trait_id_in_pkg=thing_id) | Q(original_candidate=thing_id), user=user)
    rows = with_names(with_standing(user, rows.annotate(suggestion_status=F("original_candidate__status"))))
    narrated = narrate(user, rows.order_by("-revision")[:limit])
    merges = _standing_merges([each.entry for each in narrated])
    return [
        PastDecision(
            entry=each.entry,
            phrase=each.phrase,
            can_undo=standing_of(each.entry).can_undo(each.entry),
            can_split=each.entry.pk in merges,
        )
        for each in narrated
    ]


def _standing_merges(entries: list[Any]) -> set[uuid.UUID]:
    """Return the newest merge of each suggestion that is still merged."""
    newest = {entry.original_candidate_id: entry for entry in reversed(entries)}.values()
    return {
        entry.pk
        for entry in newest
        if entry.user_decision == Decision.MERGED and entry.suggestion_status == CandidateStatus.REFINED
    }


def newest_undoable(user: User, look_back: int = 50) -> UserRefinedTrait | None:
    """Return the person's own newest entry that can be undone, or None."""
    rows = UserRefinedTrait.objects.filter(user=user, actor_kind=ActorKind.PERSON).exclude(
        user_decision__in=(Decision.UNDONE, Decision.EVIDENCE_ERASED)
    )
    entries = list(rows.defer("content").order_by("-revision")[:look_back])
    standing = standing_ids(user, entries)
    return next((entry for entry in entries if entry.pk in standing), None)
