"""Filters of the queue: how many they find, how to leave them, and views that keep them."""

import pytest
from django.test import Client

from ptfi.accounts.models import User
from ptfi.texts import isolated
from tests.support.cast import SignedIn, Suggest, acting_for_self
from tests.support.pages import Html, text_of
from tests.support.review_pages import names, path
from traits.erasure.account import erase_account
from traits.erasure.persona import erase_persona
from traits.log.entries import Actor
from traits.models import ExtractedTraitCandidate, SavedView, Sitting

pytestmark = pytest.mark.django_db
LIVE = {"HX-Request": "true", "HX-Target": "workspace"}


def test_what_filters_find_is_counted_and_announced(as_alice: Client, suggest: Suggest, alice: User) -> None:
    for number in range(40):
        suggest(alice, f"Likes {number}", trait_category="Skill" if number % 10 else "Interest")
    suggest(alice, "likes 10!", trait_category="Interest")
    page = Html(as_alice.get("/review/"))
    assert page.attribute("#found", "role") == "status"
    assert page.part("#found").text == ""
    for filters, found in (("category=Interest", "5 of 41 found"), ("category=Skill", "36 of 41 found"),
                           ("q=nothing", "0 of 41 found"), ("band=likely", "41 of 41 found")):  # fmt: skip
        assert Html(as_alice.get(f"/review/?{filters}")).part("#found").text == found
        live = Html(as_alice.get(f"/review/?{filters}", headers=LIVE))
        assert found in live.part('[hx-swap-oob="innerHTML:#found"]').text
        # Clear is there after a live change as well, and keeps the order.
        assert live.has('[hx-swap-oob="innerHTML:#cleared"] a[href="/review/"]')
    page = Html(as_alice.get("/review/?category=Skill&sort=newest&tab=later"))
    assert page.link("Clear filters") == "/review/?tab=later&sort=newest"


def test_hits_are_marked_in_list_and_card(as_alice: Client, suggest: Suggest, alice: User) -> None:
    suggest(alice, "Softens criticism", evidence=["We went sailing on Sunday.", "Nothing else."])
    suggest(alice, "Sails on lakes")
    page = as_alice.get("/review/?q=sail")
    assert "<mark>Sail" in page.content.decode()
    rows = dict(zip(names(page), Html(page).texts(".row-item"), strict=True))
    assert "found in the evidence" in rows["Softens criticism"]
    assert "found in the evidence" not in rows["Sails on lakes"]
    softens = ExtractedTraitCandidate.objects.get(trait_name="Softens criticism")
    assert "We went <mark>sail" in as_alice.get(f"{path(softens)}?q=sail").content.decode()


def test_a_view_is_saved_opened_renamed_over_and_deleted(as_alice: Client, suggest: Suggest, alice: User) -> None:
    suggest(alice, "Sails", trait_category="Skill")
    suggest(alice, "Sings", trait_category="Interest")
    query = "category=Skill&sort=newest"
    link = Html(as_alice.get(f"/review/?{query}")).attribute("#filters-state a[hx-target='#views']", "href")
    page = Html(as_alice.get(link))
    action = next(each for each in page.actions() if each.startswith("/review/views/?"))
    response = as_alice.post(action, {"name": "  What I   can do "})
    assert response["Location"] == "/review/?sort=newest&category=Skill"
    assert f"Saved the view “{isolated('What I can do')}”." in as_alice.get(response["Location"]).content.decode()
    saved = Html(as_alice.get("/review/views/")).link("What I can do")
    assert names(as_alice.get(saved)) == ["Sails"]
    as_alice.post("/review/views/?category=Interest", {"name": "what i can do!"})
    view = SavedView.objects.get()
    assert (view.name, view.query) == ("what i can do!", "category=Interest")
    assert as_alice.post(f"/review/views/{view.pk}/delete/")["Location"] == "/review/views/"
    assert "You have no saved views yet." in text_of(as_alice.get("/review/views/"))


@pytest.mark.parametrize("name", ["", "  ", "\u200b", "a\u202eb", "x" * 81, "\x00"])
def test_a_bad_name_is_told_with_the_field_kept(as_alice: Client, name: str) -> None:
    response = as_alice.post("/review/views/?category=Skill", {"name": name})
    assert response.status_code == 400
    assert Html(response).has("#view-name[aria-invalid=true]")
    assert not SavedView.objects.exists()


def test_views_are_limited(as_alice: Client, alice: User) -> None:
    for number in range(SavedView.MOST):
        as_alice.post("/review/views/?q=x", {"name": f"View {number}"})
    response = as_alice.post("/review/views/?q=x", {"name": "One more"})
    assert response.status_code == 400
    assert f"You have {SavedView.MOST} views. Delete one first." in text_of(response)
    assert as_alice.post("/review/views/?q=y", {"name": "View 0"}).status_code == 302


def test_views_are_the_persons_own(as_alice: Client, signed_in: SignedIn, alice: User, bob: User) -> None:
    as_alice.post("/review/views/?q=secret", {"name": "Secret"})
    view, client = SavedView.objects.get(), signed_in(bob)
    assert "Secret" not in text_of(client.get("/review/views/"))
    assert client.post(f"/review/views/{view.pk}/delete/").status_code == 404
    client.post("/review/views/?q=other", {"name": "Secret"})
    view.refresh_from_db()
    assert view.query == "q=secret"


@pytest.mark.parametrize("whole_account", [False, True])
def test_an_erasure_takes_views_and_sitting_along(
    as_alice: Client, suggest: Suggest, alice: User, whole_account: bool
) -> None:
    suggest(alice)
    as_alice.post("/review/views/?q=secret", {"name": "Secret"})
    as_alice.post("/review/sitting/")
    assert Sitting.objects.exists()
    if whole_account:
        erase_account(user=alice, actor=Actor(user_id=alice.pk), confirm_email=alice.email)
    else:
        erase_persona(**acting_for_self(alice))
    assert not SavedView.objects.exists()
    assert not Sitting.objects.exists()
