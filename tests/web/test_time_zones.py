"""Every time zone of the list works on every page, whatever names PostgreSQL knows; days are those of the person."""

import datetime as dt
import zoneinfo
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse, reverse_lazy
from django.utils import timezone

from ptfi.accounts.models import User, time_zone_names
from tests.support.cast import Suggest, confirmed
from tests.support.pages import Html, text_of
from tests.support.review_pages import path
from traits.models import CandidateStatus
from traits.persona import overview

pytestmark = pytest.mark.django_db
LEGACY = ("Asia/Calcutta", "US/Pacific", "Asia/Saigon", "America/Coyhaique", "EST5EDT", "GMT0", "Zulu", "Etc/GMT+12")
PAGES = (
    "/persona/", "/review/", "/review/?tab=later", "/persona/history/", "/persona/past/?on=2026-11-30", "/traits/",
    "/persona/data/", "/persona/looks/", reverse_lazy("account_activity"), reverse_lazy("account_preferences"),
)  # fmt: skip
Now = Any


@pytest.fixture
def now_is(monkeypatch: pytest.MonkeyPatch) -> Now:
    def set_now(*moment: int) -> None:
        monkeypatch.setattr(timezone, "now", lambda: dt.datetime(*moment, tzinfo=dt.UTC))  # type: ignore[misc, arg-type]

    return set_now


@pytest.mark.slow
def test_every_zone_of_the_list_has_days_of_its_own(alice: User, now_is: Now) -> None:
    now_is(2026, 3, 1, 10, 30)
    confirmed(alice)
    now_is(2026, 12, 1, 23, 30)
    confirmed(alice, "Sails")
    for name in sorted(time_zone_names()):
        zone = zoneinfo.ZoneInfo(name)
        with timezone.override(zone):
            growth = overview.growth(alice)
        assert growth, name
        first, last = (
            dt.datetime(2026, *day, tzinfo=dt.UTC).astimezone(zone).date() for day in ((3, 1, 10, 30), (12, 1, 23, 30))
        )
        begins = [day - dt.timedelta(days=day.weekday()) for day in (first, last)]
        points = dict(growth.points)
        assert (growth.points[0], growth.points[-1]) == ((begins[0], 1), (begins[1], 2)), name
        assert points[begins[1] - dt.timedelta(days=7)] == 1, name


def test_days_change_with_summer_time(alice: User, now_is: Now) -> None:
    for moment in ((2026, 10, 24, 22, 30), (2026, 10, 25, 22, 30), (2026, 10, 25, 23, 30)):
        now_is(*moment)
        confirmed(alice, f"Likes {moment}")
    with timezone.override(zoneinfo.ZoneInfo("Europe/Zurich")):
        growth = overview.growth(alice)
    assert growth
    assert growth.points == [(dt.date(2026, 10, 25), 2), (dt.date(2026, 10, 26), 3)]


@pytest.mark.parametrize("name", LEGACY)
def test_pages_show_times_in_zones_with_old_names(as_alice: Client, alice: User, suggest: Suggest, name: str) -> None:
    answer = as_alice.post(reverse("account_preferences"), {"display_name": "Alice", "time_zone": name})
    assert answer.status_code == 302
    confirmed(alice)
    as_alice.post(path(suggest(alice, "Sails"), "snooze"), {"until": "tomorrow"})
    for page in PAGES:
        assert as_alice.get(page).status_code == 200, page


def test_a_zone_that_this_machine_does_not_know_counts_as_utc(as_alice: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(time_zone="Mars/Base")
    confirmed(alice)
    for page in PAGES:
        assert as_alice.get(page).status_code == 200, page


def test_a_snooze_names_its_year_unless_it_is_this_one(
    as_alice: Client, alice: User, suggest: Suggest, now_is: Now
) -> None:
    now_is(2026, 11, 30, 12)
    for name, day in (("Sails", "2026-12-24"), ("Knits", "2027-12-24")):
        as_alice.post(path(suggest(alice, name), "snooze"), {"until": "date", "date": f"{day}T09:00"})
    page = text_of(as_alice.get("/review/?tab=later"))
    assert "until 24 December, 09:00" in page
    assert "until 24 December 2027, 09:00" in page


@pytest.mark.parametrize(
    ("zone", "day", "offered"),
    [
        ("UTC", 28, ["tomorrow", "next_week", "evidence"]),
        ("UTC", 29, ["tomorrow", "evidence"]),
        ("UTC", 30, ["tomorrow", "next_week", "evidence"]),
        ("Pacific/Auckland", 28, ["tomorrow", "evidence"]),
        ("Pacific/Auckland", 29, ["tomorrow", "next_week", "evidence"]),
    ],
)
def test_no_two_choices_are_the_same_moment(
    as_alice: Client, alice: User, suggest: Suggest, now_is: Now, zone: str, day: int, offered: list[str]
) -> None:
    now_is(2026, 11, day, 12)
    User.objects.filter(pk=alice.pk).update(time_zone=zone)
    first = suggest(alice)
    buttons = Html(as_alice.get(path(first))).all('button[name="until"][data-digit]')
    assert [button.attributes["value"] for button in buttons] == offered
    assert [button.attributes["data-digit"] for button in buttons] == (
        ["1", "2", "3"] if len(offered) > 2 else ["1", "3"]
    )
    moments = set()
    for choice in offered:
        candidate = suggest(alice, f"Sails {choice}")
        as_alice.post(path(candidate, "snooze"), {"until": choice})
        candidate.refresh_from_db()
        assert candidate.status == CandidateStatus.AWAITING_REFINEMENT
        moments.add(candidate.deferred_until)
    assert len(moments) == len(offered)
