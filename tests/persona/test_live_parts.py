"""The parts that an open page requests again: the line about new suggestions, a trait's sign, the graph's state."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from ptfi.accounts.models import User
from tests.support.cast import Suggest, confirmed_trait
from tests.support.pages import Html, text_of
from traits.models import PersonaTrait

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def words(response: Any) -> str:
    assert response.status_code == 200
    return text_of(response)


def test_how_many_are_new(
    alice: User, as_alice: Client, suggest: Suggest, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert words(as_alice.get("/review/news/?total=0", headers=HTMX)) == "0 0 0 0"
    for number in range(3):
        suggest(alice, f"Likes {number}")
    suggest(alice, "Not here", held_reason="held")
    assert words(as_alice.get("/review/news/?total=2", headers=HTMX)).startswith("1 new suggestion Show 3")
    with django_assert_num_queries(4):
        answer = as_alice.get("/review/news/?total=0&category=Interest&q=jazz", headers=HTMX)
    assert words(answer).startswith("3 new suggestions Show")
    assert "/review/?category=Interest&q=jazz" in Html(answer).links()
    assert "new" not in words(as_alice.get("/review/news/?total=7", headers=HTMX))


@pytest.mark.parametrize("total", ["", "-1", "x", "9" * 40, "٣", "%00"])
def test_an_odd_total_is_answered(as_alice: Client, total: str) -> None:
    assert words(as_alice.get(f"/review/news/?total={total}", headers=HTMX)) == "0 0 0 0"


@pytest.mark.parametrize("version", ["", "-1", "x", "9" * 40, "٣", "%00"])
def test_an_odd_version_is_answered(as_alice: Client, version: str) -> None:
    assert words(as_alice.get(f"/traits/graph-badge/?version={version}", headers=HTMX)) == "in your persona"


def test_the_sign_asks_until_the_graph_shows_it(
    as_alice: Client, jazz: PersonaTrait, settings: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.EVENTS_URL = "/events"
    with django_assert_num_queries(3):
        coming = as_alice.get(f"/traits/graph-badge/?version={jazz.version}", headers=HTMX)
    assert words(coming) == "on its way"
    assert f'hx-get="/traits/graph-badge/?version={jazz.version}"' in coming.content.decode()
    there = as_alice.get("/traits/graph-badge/?version=0", headers=HTMX)
    assert "hx-get" not in there.content.decode()


def test_a_page_that_shows_everything_is_not_asked_to_look_again(alice: User, as_alice: Client) -> None:
    assert "HX-Trigger" not in as_alice.get("/traits/graph-state/?seen=0", headers=HTMX)
    assert as_alice.get("/traits/graph-state/?seen=7", headers=HTMX)["HX-Trigger"] == '{"graph-caught-up": {}}'
    confirmed_trait(alice)
    assert "HX-Trigger" not in as_alice.get("/traits/graph-state/?seen=7", headers=HTMX)


def test_without_events_a_page_names_none(as_alice: Client, jazz: PersonaTrait) -> None:
    for address in ("/review/", "/traits/", f"/traits/{jazz.pk}/"):
        page = as_alice.get(address).content.decode()
        assert "data-events" not in page
        assert "suggested from:body" not in page
        assert "graph-badge" not in page


def test_with_events_a_page_names_them_to_who_is_signed_in(as_alice: Client, settings: Any) -> None:
    settings.EVENTS_URL = "/events"
    assert 'data-events="/events"' in as_alice.get("/review/").content.decode()
    assert "data-events" not in Client().get("/accounts/login/").content.decode()
