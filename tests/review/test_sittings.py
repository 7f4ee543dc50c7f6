"""Sittings: a few suggestions in one go, their end page, and the last decisions with Undo."""

import itertools
import re
import uuid

import pytest
from django.test import Client

from ptfi.accounts.models import User
from ptfi.texts import isolated
from tests.support.cast import SignedIn, Suggest, confirmed, make_candidate
from tests.support.pages import Html, text_of
from tests.support.review_pages import HTMX, names, path
from traits.models import ExtractedTraitCandidate, Sitting
from traits.review.order.recent import PRIOR_SECONDS, recent
from traits.review.sittings.selectors import SIZE

pytestmark = pytest.mark.django_db


def begin(client: Client) -> str:
    """The address of a new sitting."""
    return str(client.post("/review/sitting/")["Location"])


def test_the_surest_are_offered_with_the_time_they_take(as_alice: Client, suggest: Suggest, alice: User) -> None:
    for number in range(SIZE + 5):
        suggest(alice, f"Number {number}", confidence_score=0.5 + number / 100)
    for page in ("/review/", "/persona/"):
        assert f"Start with the {SIZE} surest · about 3 minutes" in text_of(as_alice.get(page))
    assert "surest" not in text_of(as_alice.get("/review/?category=Interest"))
    listed = names(as_alice.get("/review/"))[:SIZE]
    response = as_alice.get(begin(as_alice))
    assert names(response) == listed
    assert f"1 of {SIZE} · about 3 minutes left" in text_of(response)


def test_a_sitting_is_worked_through_without_a_script(as_alice: Client, suggest: Suggest, alice: User) -> None:
    confirmed(alice, "Plays jazz", concepts=["jazz"])
    for number in range(3):
        suggest(alice, f"Number {number}", concepts=["jazz", f"topic {number}"])
    address = begin(as_alice)
    # What comes in the meantime is for the next sitting.
    suggest(alice, "Came later", confidence_score=0.99)
    suggest(alice, "Came last", confidence_score=0.99)
    response = as_alice.get(address)
    for place, button in enumerate(["confirm", "reject", "confirm"], 1):
        page = Html(response)
        assert f"{place} of 3" in page.text
        assert "Came later" not in page.text
        fields = page.fields("#decide") | {"code": "not_me"}
        response = as_alice.post(page.attribute("#decide", "action").replace("/confirm/", f"/{button}/"), fields)
        response = as_alice.get(response["Location"])
    end = text_of(response)
    assert "3 suggestions reviewed" in end
    assert "Your persona has 2 new traits." in end
    assert "1 rejected" in end
    assert "jazz 1 → 3 traits" in end
    assert re.search(r"topic \d new, 1 trait", end)
    page = Html(response)
    assert len(page.all("svg.grown circle.grown-now")) == 3
    assert page.link("Enough for today q") == "/persona/"
    assert "Start with the 2 surest" in end
    assert names(as_alice.get(begin(as_alice))) == ["Came last", "Came later"]
    # The one before is over.
    assert as_alice.get(address)["Location"] == "/review/"


def test_htmx_brings_the_progress_and_the_end(as_alice: Client, suggest: Suggest, alice: User) -> None:
    for number in range(2):
        suggest(alice, f"Number {number}")
    address = begin(as_alice)
    query = address.partition("?")[2]
    first = Html(as_alice.get(address)).attribute("[data-candidate]", "data-candidate")
    response = as_alice.post(f"/review/{first}/confirm/?{query}", {"version": 1}, headers=HTMX)
    assert "2 of 2" in Html(response).part("#sitting").text
    second = Html(response).attribute("[data-candidate]", "data-candidate")
    response = as_alice.post(f"/review/{second}/reject/?{query}", {"code": "other"}, headers=HTMX)
    assert "2 suggestions reviewed" in text_of(response)
    assert "1 new trait" in text_of(response)


def test_an_undo_goes_back_one_place(as_alice: Client, suggest: Suggest, alice: User) -> None:
    for number in range(3):
        suggest(alice, f"Number {number}")
    address = begin(as_alice)
    page = Html(as_alice.get(address))
    as_alice.post(page.attribute("#decide", "action"), page.fields("#decide"))
    assert "2 of 3" in text_of(as_alice.get(address))
    undo = Html(as_alice.get(address)).attribute(".strip form", "action")
    response = as_alice.post(undo, follow=True)
    assert "1 of 3" in text_of(response)


def test_the_last_three_decisions_can_be_undone_each(as_alice: Client, suggest: Suggest, alice: User) -> None:
    made = [suggest(alice, f"Number {number}") for number in range(5)]
    for candidate in made[:4]:
        as_alice.post(path(candidate, "confirm"), {"version": 1})
    page = Html(as_alice.get("/review/"))
    assert page.texts(".strip-name bdi") == ["Number 3", "Number 2", "Number 1"]
    third = page.all(".strip form")[1].attributes["action"] or ""
    response = as_alice.post(third, follow=True)
    assert f"Undone. “{isolated('Number 2')}” is back in your queue." in response.content.decode()
    assert Html(as_alice.get("/review/")).texts(".strip-name bdi") == ["Number 3", "Number 1", "Number 0"]


def test_a_bulk_is_one_decision_of_the_strip(as_alice: Client, suggest: Suggest, alice: User) -> None:
    ids = [str(suggest(alice, f"Number {number}").pk) for number in range(3)]
    as_alice.post("/review/bulk/", {"decision": "reject", "apply": "1", "candidate_ids": ids, "code": "other"})
    as_alice.post(path(suggest(alice, "Last"), "confirm"), {"version": 1})
    page = Html(as_alice.get("/review/"))
    assert len(page.all(".strip li")) == 2
    as_alice.post(page.all(".strip form")[1].attributes["action"] or "", follow=True)
    assert len(names(as_alice.get("/review/"))) == 3


def test_the_estimate_does_not_jump(as_alice: Client, suggest: Suggest, alice: User) -> None:
    """Each decision moves it by a little; a person who takes twice as long is known after some."""
    seconds = [recent(alice).seconds_per_decision]
    for number in range(12):
        as_alice.post(path(suggest(alice, f"Number {number}"), "confirm"), {"version": 1})
        seconds.append(recent(alice).seconds_per_decision)
    assert seconds[0] == PRIOR_SECONDS
    # Decisions within the same second do not count as reading.
    assert all(abs(after - before) <= 2 for before, after in itertools.pairwise(seconds))


def test_bob_has_no_part_in_alices_sitting(as_alice: Client, signed_in: SignedIn, alice: User, bob: User) -> None:
    for number in range(3):
        make_candidate(alice, f"Secret {number}")
    address = begin(as_alice)
    client = signed_in(bob)
    assert client.get(address)["Location"] == "/review/"
    assert begin(client) == "/review/"
    assert client.get(f"/review/?sitting={uuid.uuid4()}")["Location"] == "/review/"
    assert client.get("/review/?sitting=nonsense").status_code == 200
    assert Sitting.objects.get().user == alice
    assert ExtractedTraitCandidate.objects.filter(user=bob).count() == 0
