"""What the lists say of suggestions agrees: choices with what they find, words with per cent, ages with times."""

import datetime as dt
import importlib
import re
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from ptfi.accounts.models import User
from tests.support.api import api_of
from tests.support.cast import SignedIn, Suggest, confirmed_trait
from tests.support.pages import Html, text_of
from tests.support.review_pages import names, path
from tests.support.staff import staff_of
from traits.confidence import BAND_CHOICES, whole_percent

pytestmark = pytest.mark.django_db
LIST = "/admin/traits/extractedtraitcandidate/"
LEAST = {"very likely": 85, "likely": 65, "possible": 45, "a guess": 0}


SPELLINGS = ["deep  learning", "deep learning", "tab\tstop", "two\nlines", "topic  model v2", '"quoted" <b> & co']


@pytest.mark.parametrize("field", ["model", "concept"])
def test_each_choice_finds_its_suggestions_whatever_its_spaces(
    as_alice: Client, suggest: Suggest, alice: User, field: str
) -> None:
    for number, each in enumerate(SPELLINGS):
        suggest(alice, f"Likes {number}", concepts=[each], originating_models=[each])
    options = Html(as_alice.get("/review/filters/")).all(f"select#{field} option")
    values = [option.attributes["value"] or "" for option in options][1:]
    # Spellings of one concept are one choice.
    shown = SPELLINGS if field == "model" else [each for each in SPELLINGS if each in values or each[:4] != "deep"]
    assert sorted(values) == sorted(shown)
    found = []
    for value in values:
        # As browsers send it.
        found += names(as_alice.get("/review/", {field: value.replace("\n", "\r\n")}))
        again = Html(as_alice.get("/review/filters/", {field: value})).all(f"select#{field} option[selected]")
        assert [option.attributes["value"] for option in again] == [value]
    assert sorted(found) == [f"Likes {number}" for number in range(len(SPELLINGS))]


def test_no_choice_on_any_page_goes_without_a_value(as_alice: Client, suggest: Suggest, alice: User) -> None:
    trait = confirmed_trait(alice)
    suggest(alice, "Sails", concepts=["deep  learning"])
    pages = ("/review/", "/review/filters/", "/review/filters/?concept=x%20%20y&model=z", "/traits/", "/traits/new/",
             f"/traits/{trait.pk}/", f"/traits/{trait.pk}/edit/", "/persona/history/", "/persona/graph/",
             "/persona/style/", "/accounts/preferences/")  # fmt: skip
    for page in pages:
        options = Html(as_alice.get(page)).all("option")
        assert [option.html for option in options if "value" not in option.attributes] == [], page


def test_what_an_earlier_release_took_from_the_future_does_not_stay_on_top(
    as_alice: Client, suggest: Suggest, alice: User
) -> None:
    arrived = timezone.now() - dt.timedelta(days=3)
    moments = {"Of 2099": 2099, "Of 9999": 9999, "Of tomorrow": None, "Of yesterday": None}
    for name, year in moments.items():
        row = suggest(alice, name, updated_at=arrived)
        if year:
            type(row).objects.filter(pk=row.pk).update(created_at=dt.datetime(year, 12, 31, 12, tzinfo=dt.UTC))
    type(row).objects.filter(trait_name="Of yesterday").update(created_at=timezone.now() - dt.timedelta(days=1))
    assert names(as_alice.get("/review/?sort=newest"))[:2] == ["Of 9999", "Of 2099"]
    for _ in range(2):
        with connection.cursor() as cursor:
            cursor.execute(importlib.import_module("traits.migrations.0032_moments_ahead").BOUNDED)
        assert names(as_alice.get("/review/?sort=newest"))[:2] == ["Of tomorrow", "Of yesterday"]
    kept = type(row).objects.filter(trait_name__in=["Of 2099", "Of 9999"]).values_list("created_at", "version")
    assert set(kept) == {(arrived, 1)}


@pytest.mark.parametrize(
    ("score", "shown", "band"),
    [
        (0.8461, 84, "likely"),
        (0.8499999, 84, "likely"),
        (0.84999999999, 84, "likely"),
        (0.85, 85, "very_likely"),
        (0.29, 29, "guess"),
        (0.57, 57, "possible"),
        (0.4449, 44, "guess"),
        (0.45, 45, "possible"),
        (0.6499, 64, "possible"),
        (0.65, 65, "likely"),
        (0.999, 99, "very_likely"),
        (1.0, 100, "very_likely"),
        (0.0, 0, "guess"),
        (5e-324, 0, "guess"),
    ],
)
def test_per_cent_words_and_filters_agree(
    as_alice: Client, signed_in: SignedIn, suggest: Suggest, alice: User, score: float, shown: int, band: str
) -> None:
    candidate = suggest(alice, confidence_score=score)
    words = str(dict(BAND_CHOICES)[band])
    card = text_of(as_alice.get(path(candidate)))
    assert f"Confidence {shown}%" in card
    assert f"Its confidence: {words}." in card
    assert f"Confidence: {shown}%" in as_alice.get(path(candidate)).content.decode()
    assert shown >= LEAST[words]
    for each, _ in BAND_CHOICES:
        assert bool(names(as_alice.get("/review/", {"band": each}))) is (each == band)
    staff = signed_in(staff_of("moderator", name="Mo"))
    address = f"{LIST}?band={band}"
    page = Html(staff.get(address))
    assert f"{shown}%" in page.texts('td[data-label="Confidence"]')


def test_every_whole_per_cent_is_shown_as_it_is() -> None:
    assert [whole_percent(number / 100) for number in range(101)] == list(range(101))


def test_a_time_of_the_future_has_no_age_of_zero(signed_in: SignedIn, suggest: Suggest, alice: User) -> None:
    now = timezone.now()
    suggest(alice, "From 2099", created_at=dt.datetime(2099, 1, 1, tzinfo=dt.UTC))
    suggest(alice, "Of a clock that is fast", created_at=now + dt.timedelta(seconds=20))
    ages = Html(signed_in(staff_of("moderator")).get(LIST)).texts("td time")
    assert ages == ["in the future", "0 min"]


@pytest.mark.parametrize("choice", ["confirm", "reject"])
def test_a_suggestion_from_the_future_leaves_the_top_when_it_is_decided(
    as_alice: Client, suggest: Suggest, alice: User, choice: str
) -> None:
    later = suggest(alice, "From 2099", candidate_id=uuid.uuid4(), created_at=dt.datetime(2099, 1, 1, tzinfo=dt.UTC))
    suggest(alice, "Sails")
    assert names(as_alice.get("/review/")) == ["From 2099", "Sails"]
    as_alice.post(path(later, choice), {"code": "not_me"})
    assert names(as_alice.get("/review/")) == ["Sails"]


def test_rows_tabs_api_and_staffs_list_add_up(
    as_alice: Client, signed_in: SignedIn, suggest: Suggest, alice: User
) -> None:
    """Suggestions that say the same are one row, which says how many more it stands for."""
    for name in ("Sails", "sails!", " SAILS", "Knits", "Bakes", "bakes"):
        suggest(alice, name)
    page = Html(as_alice.get("/review/"))
    more = [int(number) for facts in page.texts(".row-facts") for number in re.findall(r"(\d+) similar", facts)]
    assert len(page.all(".row-facts")) == 3
    assert sorted(more) == [1, 2]
    assert page.texts("#count-review") == ["6"]
    status, found = api_of(alice).get("/traits/candidates")
    assert (status, found["pagination"]["total"]) == (200, 6)
    assert len(Html(signed_in(staff_of("moderator")).get(LIST)).all("tbody tr")) == 6
