"""The list of traits, from the graph, and without one."""

import datetime as dt
import time

import pytest
from django.test import Client
from django.utils import timezone

from ptfi.accounts.models import User
from tests.support.cast import acting_for_self, confirmed
from tests.support.graph_helpers import project
from tests.support.pages import Html, text_of
from tests.support.trait_pages import HTMX, path, queries_of
from traits import decisions
from traits.decisions.inputs import Changes
from traits.models import Persona, PersonaTrait

pytestmark = pytest.mark.graph


def test_the_list_shows_what_the_graph_holds(as_alice: Client, alice: User, bob: User, jazz: PersonaTrait) -> None:
    confirmed(bob, "Bob's own")
    project(bob)
    page = as_alice.get("/traits/")
    assert "Your persona starts with you" in text_of(page)
    assert "1 change is on its way to your graph." in text_of(page)
    project(alice)
    page = as_alice.get("/traits/")
    text = text_of(page)
    for part in ("1 trait", jazz.name, "Interest", "confirmed by you", "jazz", "2 pieces of evidence"):
        assert part in text, part
    assert "on its way" not in text
    assert "Bob's own" not in text
    assert f'href="{path(jazz)}"' in page.content.decode()


def test_filters_stay_in_the_address(as_alice: Client, alice: User) -> None:
    for name, category in (("Loves jazz", "Interest"), ("Plays jazz", "Skill"), ("Sails", "Skill")):
        confirmed(alice, name, trait_category=category, concepts=[name.split()[-1]])
    project(alice)

    def names(query: str) -> list[str]:
        return Html(as_alice.get(f"/traits/?{query}")).texts("h2.trait-row-name a")

    assert names("") == ["Loves jazz", "Plays jazz", "Sails"]
    assert names("q=JAZZ") == ["Loves jazz", "Plays jazz"]
    assert names("q=jazz&category=Skill") == ["Plays jazz"]
    assert names("concept=Sails") == ["Sails"]
    assert names("status=dormant") == []
    for nonsense in ("q=%00", "category=x&status=y", "after=zzz", "after=W10=", "after=%F0%9F%8E%B7", "limit=-1"):
        assert names(nonsense) == ["Loves jazz", "Plays jazz", "Sails"]
    page = Html(as_alice.get("/traits/?q=nothing&category=Skill"))
    assert page.values("q") == ["nothing"]
    assert Html(as_alice.get("/traits/?q=jaz")).texts("h2.trait-row-name mark") == ["jazz", "jazz"]
    assert page.chosen("category") == ["Skill"]
    assert "Nothing matches" in page.text


def test_the_list_is_paged_by_key(as_alice: Client, alice: User) -> None:
    for number in range(60):
        decisions.add_trait(**acting_for_self(alice), changes=Changes(name=f"Trait {number:02}", category="Other"))
    project(alice)
    # The persona, and the page's traits.
    assert queries_of(as_alice, "/traits/?category=Other") == 2
    # A search asks for the traits that have the words, too.
    assert queries_of(as_alice, "/traits/?q=trait") == 3
    first = Html(as_alice.get("/traits/?category=Other"))
    following = first.next_page()
    assert "category=Other" in following
    assert "Trait" not in following
    second = Html(as_alice.get("/traits/" + following))
    rows = "h2.trait-row-name a"
    assert first.texts(rows) + second.texts(rows) == [f"Trait {number:02}" for number in range(60)]
    assert second.next_page() == ""


def test_htmx_gets_the_list_alone(as_alice: Client, alice: User, jazz: PersonaTrait) -> None:
    project(alice)
    part = as_alice.get("/traits/?q=jazz", headers=HTMX)
    assert "<html" not in part.content.decode()
    assert jazz.name in text_of(part)
    assert "HX-Request" in part.headers["Vary"]
    restored = as_alice.get("/traits/", headers={**HTMX, "HX-History-Restore-Request": "true"})
    assert "<html" in restored.content.decode()


def test_the_line_about_the_graph(as_alice: Client, alice: User, jazz: PersonaTrait) -> None:
    behind = as_alice.get("/traits/graph-state/", headers=HTMX)
    assert "1 change is on its way to your graph." in text_of(behind)
    assert "hx-trigger" in behind.content.decode()
    for late in ({"attempts": 2}, {"last_entry_at": timezone.now() - dt.timedelta(seconds=11), "attempts": 0}):
        Persona.objects.filter(user=alice).update(**late)
        waiting = as_alice.get("/traits/graph-state/", headers=HTMX)
        assert "1 change is waiting: your graph is temporarily unavailable." in text_of(waiting)
        assert "HX-Trigger" not in waiting.headers
    project(alice)
    there = as_alice.get("/traits/graph-state/", headers=HTMX)
    assert there.headers["HX-Trigger"] == '{"graph-caught-up": {}}'
    assert "hx-get" not in there.content.decode()


def test_head_is_answered_like_get(as_alice: Client, alice: User, jazz: PersonaTrait) -> None:
    project(alice)
    for address in ("/traits/", "/traits/graph-state/", path(jazz), path(jazz, "edit"), "/traits/new/"):
        assert as_alice.head(address).status_code == 200, address


@pytest.mark.usefixtures("jazz")
def test_a_page_without_its_list_hears_that_the_graph_is_back(as_alice: Client) -> None:
    """Also while it is behind: the list that comes back says so itself."""
    back = as_alice.get("/traits/graph-state/?away=1", headers=HTMX)
    assert back.headers["HX-Trigger"] == '{"graph-caught-up": {}}'
    assert "1 change is on its way to your graph." in text_of(back)


@pytest.mark.slow
@pytest.mark.usefixtures("no_graph")
def test_without_the_graph_pages_say_so_and_deciding_goes_on(as_alice: Client, jazz: PersonaTrait) -> None:
    started = time.monotonic()
    page = as_alice.get("/traits/?q=jazz&category=Interest")
    assert time.monotonic() - started < 5
    assert page.status_code == 503
    text = text_of(page)
    assert "Your knowledge graph is temporarily unavailable." in text
    assert "Continue reviewing" in text
    assert 'href="/traits/?q=jazz&amp;category=Interest"' in page.content.decode()
    assert 'value="jazz"' in page.content.decode()
    assert "1 change is waiting: your graph is temporarily unavailable." in text
    assert 'hx-get="/traits/graph-state/?away=1"' in page.content.decode()
    still = as_alice.get("/traits/graph-state/?away=1", headers=HTMX)
    assert "HX-Trigger" not in still.headers
    assert 'hx-get="/traits/graph-state/?away=1"' in still.content.decode()
    started = time.monotonic()
    assert as_alice.get("/traits/", headers=HTMX).status_code == 503
    assert as_alice.get(path(jazz)).status_code == 200
    assert as_alice.post(path(jazz, "status"), {"status": "dormant"}).status_code == 302
    assert time.monotonic() - started < 3
