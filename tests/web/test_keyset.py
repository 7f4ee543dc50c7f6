"""Paging by key, over rows of PostgreSQL: every row once, in order, whatever the order's columns are."""

import datetime as dt
import uuid

import pytest
from django.db.models import QuerySet

from ptfi.accounts.models import User
from ptfi.web.keyset import Page, cut, key_of, page
from tests.support.cast import Suggest
from traits.models import Category, ExtractedTraitCandidate, Suppression

NOON = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)
ORDERS = (
    ("-created_at", "candidate_id"),
    ("created_at", "-candidate_id"),
    ("-confidence_score", "candidate_id"),
    ("version", "confidence_score", "pk"),
)
NOT_KEYS = (
    *("x", "_", "\x00", "2026_x", "0001-01-01T00:00:00+23:59_" + "0" * 32, "9" * 30),
    *(f"{uuid.UUID(int=1)}", f"2026-05-01T12:00:00_{uuid.UUID(int=1)}_1"),
)


@pytest.fixture
def candidates(alice: User, suggest: Suggest) -> QuerySet[ExtractedTraitCandidate]:
    """Nine, of which several share a time, a confidence and both."""
    for number in range(9):
        suggest(
            alice, f"No. {number}", created_at=NOON + dt.timedelta(days=number // 4), confidence_score=number % 2 / 4
        )
    return ExtractedTraitCandidate.objects.filter(user=alice)


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order[0])
def test_every_row_comes_once(candidates: QuerySet[ExtractedTraitCandidate], order: tuple[str, ...]) -> None:
    found, after = list[ExtractedTraitCandidate](), ""
    while True:
        part = page(candidates, order, after, 2)
        assert len(part.rows) <= 2
        found += part.rows
        if not (after := part.next):
            break
    assert found == list(candidates.order_by(*order))


@pytest.mark.parametrize("after", NOT_KEYS)
def test_what_is_no_key_starts_at_the_beginning(candidates: QuerySet[ExtractedTraitCandidate], after: str) -> None:
    whole = list(candidates.order_by(*ORDERS[0]))
    assert page(candidates, ORDERS[0], after) == Page(rows=whole)


def test_a_page_goes_on_where_its_last_row_was(candidates: QuerySet[ExtractedTraitCandidate]) -> None:
    first = page(candidates, ORDERS[0], size=3)
    assert first.next == key_of(first.rows[-1], ORDERS[0])
    remaining = list(candidates.order_by(*ORDERS[0]))[3:]
    ExtractedTraitCandidate.objects.filter(pk=first.rows[-1].pk).update(trait_name="Renamed", confidence_score=1)
    assert page(candidates.exclude(pk=first.rows[-1].pk), ORDERS[0], first.next).rows == remaining


def test_a_list_by_name_has_no_name_in_its_key(alice: User, bob: User) -> None:
    order = ("name_key", "category")
    names = [(name, category) for name in ("anger", "jazz") for category in (Category.INTEREST, Category.SKILL)]
    for user in (alice, bob):
        for name, category in reversed(names):
            Suppression.objects.create(user=user, name_key=name, category=category)
    mine = Suppression.objects.filter(user=alice)
    first = page(mine, order, size=3)
    assert first.next == str(first.rows[-1].pk)
    rest = page(mine, order, first.next, size=3)
    assert [(row.name_key, row.category) for row in first.rows + rest.rows] == names
    other = str(Suppression.objects.filter(user=bob).latest("pk").pk)
    for unknown in (other, "x", "1_1", str(2**70)):
        assert page(mine, order, unknown, size=3) == first


def test_what_was_read_by_other_means() -> None:
    assert cut([1, 2, 3], 2, lambda row: 10 * row) == Page(rows=[1, 2], next="20")
    assert cut([1, 2], 2, str) == Page(rows=[1, 2])
