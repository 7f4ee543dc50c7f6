"""Forms that are sent after their session has ended, without a script: what was typed is there after signing in."""

from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from ptfi.accounts.models import User
from ptfi.web import forms
from tests.support.account_pages import sign_in
from tests.support.cast import PASSWORD, SignedIn, Suggest, confirmed_trait
from tests.support.forms import Form, form_of, send
from tests.support.pages import Html, said, text_of
from tests.support.review_pages import path as card
from tests.support.trait_pages import path
from traits.models import CandidateStatus, PersonaTrait, UserRefinedTrait

pytestmark = pytest.mark.django_db
NOTES = "Ten lines\nabout jazz, <b>in full</b>, ä ö ü"
WHY = "You were signed out, so this was not sent."


def without_session(**options: Any) -> Client:
    return Client(**options)


def after_sign_in(form: Form, user: User, **typed: Any) -> tuple[Any, Client]:
    """The page that a person sees who sends the form without a session and then signs in, and their browser."""
    visitor = without_session()
    asked = send(visitor, form, **typed)
    assert asked["Location"].startswith("/accounts/login/?next=")
    assert "what you typed will be there again" in text_of(visitor.get(asked["Location"]))
    answer = visitor.post(asked["Location"], {"login": user.email, "password": PASSWORD})
    assert answer["Location"] == form.action
    return visitor.get(answer["Location"]), visitor


def test_an_edited_trait_is_there_again_and_can_be_saved(as_alice: Client, alice: User) -> None:
    trait = confirmed_trait(alice)
    form = form_of(as_alice, path(trait, "edit"))
    page, visitor = after_sign_in(form, alice, notes=NOTES)
    assert Html(page).values("notes") == [NOTES]
    assert WHY in text_of(page)
    assert PersonaTrait.objects.get(pk=trait.pk).notes == ""
    shown = Form(form.action, Html(page).fields("main form[method=post]"))
    assert send(visitor, shown)["Location"] == path(trait)
    assert PersonaTrait.objects.get(pk=trait.pk).notes == NOTES
    # Only once: the address shows the trait as it is from then on.
    assert WHY not in text_of(visitor.get(form.action))


def test_a_new_trait_is_there_again(as_alice: Client, alice: User) -> None:
    page, _ = after_sign_in(form_of(as_alice, "/traits/new/"), alice, name="Sails", category="Skill", notes=NOTES)
    assert (Html(page).values("name"), Html(page).values("notes")) == (["Sails"], [NOTES])
    assert WHY in text_of(page)
    assert not UserRefinedTrait.objects.exists()


def test_reasons_are_there_again(as_alice: Client, suggest: Suggest, alice: User) -> None:
    trait, candidate = confirmed_trait(alice), suggest(alice, "Sails")
    removal = form_of(as_alice, path(trait, "remove"))
    assert Html(after_sign_in(removal, alice, reason=NOTES)[0]).values("reason") == [NOTES]
    decide = form_of(as_alice, card(candidate), "#decide")
    page, _ = after_sign_in(decide._replace(action=card(candidate, "reject")), alice, code="other", reason=NOTES)
    assert Html(page).part("#decide").values("reason") == [NOTES]
    assert WHY in text_of(page)
    assert UserRefinedTrait.objects.count() == 1


def test_an_edit_of_a_suggestion_is_there_again(as_alice: Client, suggest: Suggest, alice: User) -> None:
    form = form_of(as_alice, card(suggest(alice), "edit"), "#edit")
    page, _ = after_sign_in(form, alice, description=NOTES)
    assert Html(page).values("description") == [NOTES]
    assert WHY in text_of(page)


def test_a_button_is_pressed_again_by_the_person_only(as_alice: Client, alice: User) -> None:
    trait = confirmed_trait(alice)
    form = form_of(as_alice, path(trait), f'form[action="{path(trait, "status")}"]')
    page, visitor = after_sign_in(form, alice, status="dormant")
    assert PersonaTrait.objects.get(pk=trait.pk).status == "active"
    again = Form(form.action, Html(page).fields("form.unsent"))
    assert send(visitor, again)["Location"] == path(trait)
    assert PersonaTrait.objects.get(pk=trait.pk).status == "dormant"


def test_nobody_else_sees_what_was_typed(as_alice: Client, bob: User, alice: User) -> None:
    form = form_of(as_alice, "/traits/new/")
    visitor = without_session()
    send(visitor, form, name="Sails", notes=NOTES)
    assert "Ten lines" not in str([row.get_decoded() for row in Session.objects.all()])
    sign_in(visitor, bob.email or "")
    assert Html(visitor.get("/traits/new/")).values("notes") == [""]
    visitor.post("/accounts/logout/")
    sign_in(visitor, alice.email or "")
    assert Html(visitor.get("/traits/new/")).values("notes") == [""]


def kept_in(client: Client) -> bool:
    """Whether the stored session of the browser has a form that was not sent."""
    return forms.KEPT in client.session


def test_it_goes_when_somebody_else_signs_in(as_alice: Client, bob: User, alice: User) -> None:
    form = form_of(as_alice, "/traits/new/")
    for user, stays in ((alice, True), (bob, False)):
        visitor = without_session()
        send(visitor, form, name="Sails", notes=NOTES)
        sign_in(visitor, user.email or "")
        assert kept_in(visitor) == stays


def test_it_goes_with_any_request_after_an_hour_or_of_somebody_else(as_alice: Client, bob: User, alice: User) -> None:
    for user, age, stays in ((alice, 3_500, True), (alice, 3_601, False), (bob, 0, False)):
        visitor = without_session()
        send(visitor, form_of(as_alice, "/traits/new/"), notes=NOTES)
        kept = visitor.session[forms.KEPT]
        visitor.force_login(user)
        session = visitor.session
        session[forms.KEPT] = kept | {"at": kept["at"] - age}
        session.save()
        visitor.get("/review/")
        assert kept_in(visitor) == stays


def test_it_goes_with_the_persona(as_alice: Client, alice: User) -> None:
    form, browsers = form_of(as_alice, "/traits/new/"), [without_session() for _ in range(2)]
    for browser in browsers:
        send(browser, form, notes=NOTES)
        sign_in(browser, alice.email or "")
        assert kept_in(browser)
    asked = form_of(browsers[0], "/persona/erasures/new/")
    assert send(browsers[0], asked, confirm=alice.email)["Location"].startswith("/persona/erasures/")
    assert [kept_in(browser) for browser in browsers] == [False, False]


def test_it_ends_after_an_hour(as_alice: Client, alice: User) -> None:
    visitor = without_session()
    send(visitor, form_of(as_alice, "/traits/new/"), notes=NOTES)
    session = visitor.session
    session[forms.KEPT] |= {"at": session[forms.KEPT]["at"] - 3_601}
    session.save()
    visitor.force_login(alice)
    assert Html(visitor.get("/traits/new/")).values("notes") == [""]


def test_only_forms_of_ours_are_kept(alice: User) -> None:
    visitor = without_session()
    for key in ("", "x", "x.y.z", "x..", forms.new_key(User())[:20]):
        visitor.post("/traits/new/", {"name": "Sails", forms.FIELD: key})
        assert forms.KEPT not in visitor.session
    visitor.post("/accounts/password/change/", {"oldpassword": "secret", forms.FIELD: forms.new_key(alice)})
    assert forms.KEPT not in visitor.session


def test_what_is_too_long_is_said_to_be_lost(as_alice: Client) -> None:
    form = form_of(as_alice, "/traits/new/")
    visitor = without_session()
    answer = send(visitor, form, notes="x" * forms.MOST_KEPT)
    assert said(answer) == ["You were signed out, so nothing was sent."]


@pytest.fixture
def strict(alice: User, signed_in: SignedIn) -> Client:
    """Alice's browser, whose forms need the token."""
    client = without_session(enforce_csrf_checks=True)
    client.cookies[settings.SESSION_COOKIE_NAME] = signed_in(alice).cookies[settings.SESSION_COOKIE_NAME].value
    return client


def test_a_page_of_before_a_sign_in_can_be_sent_again(strict: Client, alice: User) -> None:
    """Signing in elsewhere changes the token that the page has."""
    form = form_of(strict, "/traits/new/")
    strict.cookies[settings.CSRF_COOKIE_NAME] = "b" * 32
    page = send(strict, form, name="Sails", category="Skill", notes=NOTES)
    assert page.status_code == 403
    assert "about jazz" in text_of(page)
    again = Form("/traits/new/", Html(page).fields("form.unsent"))
    strict.cookies[settings.CSRF_COOKIE_NAME] = page.cookies[settings.CSRF_COOKIE_NAME].value
    assert send(strict, again).status_code == 302
    assert PersonaTrait.objects.get(user=alice).notes == NOTES


def test_without_any_cookie_it_is_kept_too(as_alice: Client, alice: User) -> None:
    form = form_of(as_alice, "/traits/new/")
    visitor = without_session(enforce_csrf_checks=True)
    answer = send(visitor, form, name="Sails", notes=NOTES)
    assert answer["Location"] == "/accounts/login/?next=%2Ftraits%2Fnew%2F"
    visitor.force_login(alice)
    assert Html(visitor.get("/traits/new/")).values("notes") == [NOTES]


def test_a_forged_form_is_refused_and_not_repeated(strict: Client, bob: User) -> None:
    for key, status_code in (("", 403), ("x.y.z", 403), (forms.new_key(bob), 409)):
        page = strict.post("/traits/new/", {"name": "Forged words", forms.FIELD: key})
        assert page.status_code == status_code
        assert not Html(page).has("form.unsent button")


HTMX = {"HX-Request": "true", "HX-Target": "open", "HX-Current-URL": "http://testserver/review/"}


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
@pytest.mark.parametrize("address", ["/traits/new/", "/traits/nothing/here/", "/accounts/preferences/"])
def test_a_page_of_another_account_has_no_effect_and_shows_nothing(
    as_alice: Client, bob: User, strict: Client, address: str, headers: dict[str, str]
) -> None:
    """Bob signed in in Alice's browser while a page of hers was open."""
    form = form_of(as_alice, "/traits/new/")._replace(action=address)
    strict.force_login(bob)
    token = strict.get("/accounts/session/").json()["token"]
    for sent in (form.fields | {forms.CSRF_FIELD: token}, form.fields):
        page = send(strict, form._replace(fields=sent), headers=headers, name="Sails", category="Skill", notes=NOTES)
        assert page.status_code == (404 if "nothing" in address else 409)
        assert "about jazz" not in text_of(page)
        assert ("Nothing was done" in text_of(page)) == (page.status_code == 409)
    assert not UserRefinedTrait.objects.exists()


def test_staff_and_account_pages_refuse_forms_of_another_account_too(
    alice: User, sam: User, signed_in: SignedIn
) -> None:
    theirs = signed_in(sam)
    for address in ("/accounts/email/", "/admin/traits/persona/", "/accounts/logout/"):
        answer = theirs.post(address, {forms.FIELD: forms.new_key(alice), "email": "typed@example.com"})
        assert (answer.status_code, "typed@example.com" in text_of(answer)) == (409, False)
    assert "_auth_user_id" in theirs.session


def test_the_token_can_be_asked_for(strict: Client, alice: User) -> None:
    page = strict.get("/traits/new/")
    now = strict.get(Html(page).attribute("meta[name=account]", "data-url")).json()
    assert now["account"] == Html(page).attribute("meta[name=account]", "content") == forms.account_mark(alice)
    form = Form("/traits/new/", Html(page).fields("main form[method=post]") | {forms.CSRF_FIELD: now["token"]})
    assert send(strict, form, name="Sails", category="Skill").status_code == 302
    visitor = Client().get("/accounts/session/")
    assert (visitor.json()["account"], "no-store" in visitor["Cache-Control"]) == ("", True)


def test_what_cannot_be_done_any_more_shows_what_was_typed(as_alice: Client, suggest: Suggest, alice: User) -> None:
    candidate = suggest(alice)
    form = form_of(as_alice, card(candidate, "edit"), "#edit")
    decide = form_of(as_alice, card(candidate), "#decide")
    type(candidate).objects.filter(pk=candidate.pk).update(status=CandidateStatus.ARCHIVED)
    page = send(as_alice, form, description=NOTES)
    assert page.status_code == 404
    assert "It may have been replaced or held back. Nothing was saved." in text_of(page)
    assert "about jazz" in text_of(page)
    page = send(as_alice, decide._replace(action=card(candidate, "reject")), code="other", reason=NOTES)
    assert (page.status_code, "about jazz" in text_of(page)) == (404, True)


def test_an_edit_of_what_was_decided_meanwhile_keeps_its_fields(
    as_alice: Client, suggest: Suggest, alice: User
) -> None:
    candidate = suggest(alice)
    form = form_of(as_alice, card(candidate, "edit"), "#edit")
    reject = form_of(as_alice, card(candidate), "#decide")._replace(action=card(candidate, "reject"))
    send(as_alice, form_of(as_alice, card(candidate), "#decide"))
    page = send(as_alice, form, description=NOTES)
    assert (page.status_code, Html(page).values("description")) == (409, [NOTES])
    assert "already decided" in text_of(page)
    page = send(as_alice, reject, code="other", reason=NOTES)
    assert (page.status_code, "about jazz" in text_of(page)) == (409, True)
