"""The persona on a past date, from the log alone."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ptfi.accounts.models import User
from tests.support.cast import acting_for_self, confirmed_trait, make_candidate
from tests.support.pages import Html, text_of
from tests.support.trait_pages import queries_of
from traits import decisions
from traits.decisions.inputs import Changes
from traits.history import past
from traits.models import PersonaTrait, UserRefinedTrait

pytestmark = pytest.mark.django_db
PAST = "/persona/past/"
At = Callable[[int], None]


@pytest.fixture
def on_day(monkeypatch: pytest.MonkeyPatch) -> At:
    """Decisions are made at noon of that day in May 2026."""

    def set_day(day: int) -> None:
        monkeypatch.setattr("traits.models.persona.timezone.now", lambda: dt.datetime(2026, 5, day, 12, tzinfo=dt.UTC))

    return set_day


@pytest.fixture
def may(alice: User, on_day: At) -> dict[str, PersonaTrait]:
    """1 May: jazz, tea and boats. 3 May: tea is changed, boats are removed. 5 May: chess."""
    on_day(1)
    found = {name: confirmed_trait(alice, name) for name in ("Loves jazz", "Likes tea", "Builds boats")}
    decisions.put_styles(**acting_for_self(alice), context="work", styles={"Pacing": "slow"})
    decisions.reject(**acting_for_self(alice), candidate_id=make_candidate(alice, "Knits").pk, code="not_me")
    on_day(3)
    decisions.edit_trait(**acting_for_self(alice), trait_id=found["Likes tea"].pk, changes=Changes(name="Loves tea"))
    decisions.remove_trait(**acting_for_self(alice), trait_id=found["Builds boats"].pk)
    decisions.put_styles(**acting_for_self(alice), context="work", styles={"Pacing": "fast"})
    on_day(5)
    found["chess"] = confirmed_trait(alice, "Plays chess")
    return found


def names(response: Any) -> list[str]:
    return Html(response).texts("h3 [dir=auto]")


def numbers(response: Any) -> dict[str, str]:
    return dict(
        re.findall(r"(Traits then|Unchanged|Changed since|Removed since|Added since) ([\d,]+)", text_of(response))
    )


def test_each_day_has_its_persona(as_alice: Client, may: dict[str, PersonaTrait]) -> None:
    first = as_alice.get(PAST, {"day": "2026-05-01"})
    assert "This is what you had confirmed by the end of 1 May 2026." in text_of(first)
    assert names(first) == ["Builds boats", "Likes tea", "Loves jazz"]
    wanted = {"Traits then": "3", "Unchanged": "1", "Changed since": "1", "Removed since": "1", "Added since": "1"}
    assert numbers(first) == wanted
    assert "Pace ( At work ) slow" in text_of(first)
    assert "Knits" not in text_of(first)
    assert names(as_alice.get(PAST, {"day": "2026-05-03"})) == ["Loves jazz", "Loves tea"]
    assert "Pace ( At work ) fast" in text_of(as_alice.get(PAST, {"day": "2026-05-04"}))
    assert names(as_alice.get(PAST, {"day": "2026-05-05"})) == ["Loves jazz", "Loves tea", "Plays chess"]
    before = as_alice.get(PAST, {"day": "2026-04-30"})
    assert "You had not decided anything by then. Today your persona has 3 traits." in text_of(before)


def test_a_time_of_the_day_in_the_persons_zone(as_alice: Client, alice: User, may: dict[str, PersonaTrait]) -> None:
    alice.time_zone = "Asia/Tokyo"
    alice.save()
    assert len(names(as_alice.get(PAST, {"day": "2026-05-03", "time": "20:59"}))) == 3
    assert len(names(as_alice.get(PAST, {"day": "2026-05-03", "time": "21:00"}))) == 2


def test_undoing_is_part_of_the_past(as_alice: Client, alice: User, on_day: At) -> None:
    on_day(1)
    outcome = decisions.confirm(**acting_for_self(alice), candidate_id=make_candidate(alice, "Loves jazz").pk)
    on_day(2)
    decisions.undo(**acting_for_self(alice), action_id=outcome.action_id)
    assert names(as_alice.get(PAST, {"day": "2026-05-01"})) == ["Loves jazz"]
    assert "Your persona had no traits then." in text_of(as_alice.get(PAST, {"day": "2026-05-02"}))


def test_an_edit_that_was_undone_is_no_change(as_alice: Client, alice: User, on_day: At) -> None:
    on_day(1)
    jazz = confirmed_trait(alice)
    on_day(2)
    outcome = decisions.edit_trait(**acting_for_self(alice), trait_id=jazz.pk, changes=Changes(name="Hates jazz"))
    decisions.undo(**acting_for_self(alice), action_id=outcome.action_id)
    assert numbers(as_alice.get(PAST, {"day": "2026-05-01"}))["Unchanged"] == "1"


@pytest.mark.parametrize(
    "query", [{}, {"day": "x"}, {"day": "2026-02-30"}, {"day": "0001-01-01"}, {"day": "\x00"}, {"day": "9999-12-31"}]
)
def test_no_day_is_asked_for_again(as_alice: Client, may: dict[str, PersonaTrait], query: dict[str, str]) -> None:
    page = as_alice.get(PAST, query)
    assert page.status_code == 200
    assert names(page) == []
    assert ("Enter a day, such as" in text_of(page)) == bool(query)


def test_odd_times_and_keys_do_no_harm(as_alice: Client, may: dict[str, PersonaTrait]) -> None:
    for query in (
        {"time": "25:00"},
        {"time": "\x00"},
        {"after": "x"},
        {"after": "\x00"},
        {"after": str(may["chess"].pk)},
    ):
        assert len(names(as_alice.get(PAST, {"day": "2026-05-01", **query}))) == 3, query


def test_pages_and_queries(as_alice: Client, alice: User) -> None:
    for number in range(60):
        decisions.add_trait(**acting_for_self(alice), changes=Changes(name=f"Trait {number:02}", category="Other"))
    today = f"{PAST}?day={timezone.localdate()}"
    first = as_alice.get(today)
    second = as_alice.get(PAST + Html(first).next_page())
    assert names(first) + names(second) == [f"Trait {number:02}" for number in range(60)]
    # The moment, the persona then, its styles, and the head.
    assert queries_of(as_alice, today, "traits_") == 6


def test_the_place_is_found_by_halving(alice: User, bob: User, on_day: At) -> None:
    for day in (1, 1, 2, 4, 4, 4, 9):
        on_day(day)
        decisions.add_trait(**acting_for_self(alice), changes=Changes(name=f"Trait {day}", category="Other"))
    for day in range(12):
        at = dt.datetime(2026, 5, 1, tzinfo=dt.UTC) + dt.timedelta(days=day - 1, hours=12)
        expected = UserRefinedTrait.objects.filter(user=alice, created_at__lte=at).count()
        assert past.revision_at(alice, at) == expected
    assert past.revision_at(bob, timezone.now()) == 0


def test_bob_sees_nothing(may: dict[str, PersonaTrait], bob: User, client: Client) -> None:
    client.force_login(bob)
    page = client.get(PAST, {"day": "2026-05-05", "after": str(may["chess"].pk)})
    assert "You have not decided anything yet." in text_of(page)
    assert "jazz" not in text_of(page)
