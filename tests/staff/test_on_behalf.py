"""Support acts on a person's behalf: with a ticket, over the same services; the person sees and can undo all of it."""

import datetime as dt
import logging
import smtplib
import uuid
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Permission
from django.core import mail
from django.test import Client
from django.utils import timezone

from ptfi.accounts.models import User
from tests.support.cast import SignedIn, acting_for_self, confirmed, confirmed_trait, make_candidate
from tests.support.decisions import assert_log_whole
from tests.support.on_behalf import START, TICKET, page_of, start, suggestion
from tests.support.pages import text_of
from tests.support.staff import in_roles
from traits import decisions
from traits.decisions.inputs import Changes
from traits.models import AccessEntry, PersonaTrait, UserRefinedTrait

pytestmark = pytest.mark.django_db


def trait_page(trait: PersonaTrait) -> str:
    return page_of(trait.user, f"traits/{trait.pk}/")


def newest(person: User) -> UserRefinedTrait:
    return UserRefinedTrait.objects.filter(user=person).latest("revision")


@pytest.mark.slow
def test_confirm_and_what_the_person_sees(
    acting: Client, alice: User, tina: User, as_alice: Client, mailoutbox: list[Any]
) -> None:
    candidate = make_candidate(alice, "Loves xylophones", evidence=["In the band."])
    assert "Loves xylophones" in text_of(acting.get(page_of(alice)))
    assert "In the band." in text_of(acting.get(suggestion(candidate)))
    answer = acting.post(suggestion(candidate), {"act": "confirm", "version": "1"}, follow=True)
    assert "Confirmed: log entry 1." in text_of(answer)
    entry = newest(alice)
    assert (entry.actor_id, entry.actor_kind, entry.reference) == (tina.pk, "staff", TICKET)
    assert PersonaTrait.objects.get(user=alice).name == "Loves xylophones"
    history = text_of(as_alice.get("/persona/history/"))
    assert "Staff confirmed “ Loves xylophones ”" in history
    assert f"ticket {TICKET}" in history
    assert f"ticket {TICKET}" in text_of(as_alice.get(f"/traits/{candidate.pk}/"))
    assert f"Ticket {TICKET}" in text_of(as_alice.get("/persona/looks/"))
    as_alice.post(f"/undo/{entry.pk}/")
    assert not PersonaTrait.objects.filter(user=alice).exists()
    (sent,) = mailoutbox
    assert sent.to == ["alice@example.com"]
    assert TICKET in sent.subject
    assert "/persona/history/?actor=staff" in sent.body
    assert "xylophones" not in sent.subject + sent.body
    assert_log_whole(alice)


@pytest.mark.slow
def test_every_decision(acting: Client, alice: User, mailoutbox: list[Any]) -> None:
    edited, refused, later = (make_candidate(alice, name) for name in ("Sails", "Knits", "Runs"))
    trait = confirmed_trait(alice, "Hums")
    changed = {"act": "edit", "version": "1", "name": "Sails alone", "description": "On lakes.", "category": "Skill"}
    posts: list[tuple[str, dict[str, str], str]] = [
        (suggestion(edited), changed, "confirmed_modified"),
        (
            suggestion(refused),
            {"act": "reject", "version": "1", "code": "outdated", "reason": "Not any more."},
            "rejected",
        ),
        (suggestion(refused), {"act": "reopen"}, "reopened"),
        (suggestion(later), {"act": "snooze", "version": "1", "until": "evidence"}, "deferred"),
        (trait_page(trait), {"act": "status", "status": "dormant", "version": str(trait.version)}, "status_changed"),
        (trait_page(trait), {"act": "remove", "reason": "Never was."}, "removed"),
    ]
    for address, data, decision in posts:
        assert acting.get(address).status_code == 200, decision
        assert acting.post(address, data).status_code == 302, decision
        entry = newest(alice)
        assert (entry.user_decision, entry.actor_kind, entry.reference) == (decision, "staff", TICKET)
    assert acting.post(page_of(alice, f"undo/{newest(alice).pk}/"))["Location"].endswith("?tab=history")
    assert newest(alice).user_decision == "undone"
    made = PersonaTrait.objects.get(pk=edited.pk)
    assert (made.name, made.description, made.category) == ("Sails alone", "On lakes.", "Skill")
    assert len(mailoutbox) == 1
    assert_log_whole(alice)


@pytest.mark.slow
def test_what_cannot_be_done_keeps_what_was_typed(acting: Client, alice: User) -> None:
    candidate = make_candidate(alice, "Sails")
    before = UserRefinedTrait.objects.count()
    cases: list[tuple[dict[str, str], int, str]] = [
        ({"act": "edit", "name": "x" * 300, "category": "Skill", "notes": "Typed."}, 400, "Typed."),
        ({"act": "edit", "name": "Fine", "category": "Nonsense", "notes": "Typed."}, 400, "Typed."),
        ({"act": "reject", "code": "none", "reason": "Typed."}, 400, "Typed."),
        ({"act": "reject", "code": "other", "reason": "x" * 20_000}, 400, "x" * 20_000),
        ({"act": "snooze", "until": "date", "date": "nonsense"}, 400, "Choose a date and a time."),
        ({"act": "nonsense"}, 400, "Choose an action."),
        ({}, 400, "Choose an action."),
        ({"act": "confirm", "version": "7"}, 409, "This has changed"),
    ]
    for data, status, expected in cases:
        answer = acting.post(suggestion(candidate), data)
        assert answer.status_code == status, data
        assert expected in text_of(answer), data
    assert UserRefinedTrait.objects.count() == before
    decisions.confirm(**acting_for_self(alice), candidate_id=candidate.pk)
    answer = acting.post(suggestion(candidate), {"act": "confirm", "version": "1"})
    assert answer.status_code == 409
    assert "already decided" in text_of(answer)
    trait = PersonaTrait.objects.get(pk=candidate.pk)
    for data in ({"act": "status", "status": "nonsense"}, {"act": "status", "status": "active"}, {"act": "x"}):
        assert acting.post(trait_page(trait), data).status_code == 400
    assert acting.post(trait_page(trait), {"act": "remove", "version": "0"}).status_code == 409


@pytest.mark.slow
def test_an_undo_that_cannot_be(acting: Client, alice: User) -> None:
    outcome = confirmed(alice)
    assert outcome.trait
    decisions.edit_trait(**acting_for_self(alice), trait_id=outcome.trait.pk, changes=Changes(notes="New."))
    answer = acting.post(page_of(alice, f"undo/{outcome.action_id}/"), follow=True)
    assert "Superseded by a later decision" in text_of(answer)
    assert acting.post(page_of(alice, f"undo/{uuid.uuid4()}/"), follow=True).status_code == 200
    assert UserRefinedTrait.objects.count() == 2


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"reference": ""}, "This field is required."),
        ({"reference": "she wrote to us"}, "A reference has only letters"),
        ({"reference": "T\x00"}, "Null characters"),
        ({"reference": "T" * 81}, "at most 80"),
        ({"asked": ""}, "You can only act on behalf of a person who asked"),
        ({"person": "nobody@example.com"}, "No one has this"),
        ({"person": "alice"}, "No one has this"),
    ],
)
def test_it_takes_a_person_a_ticket_and_that_they_asked(
    support: Client, alice: User, fields: dict[str, str], fault: str
) -> None:
    answer = start(support, "alice@example.com", **fields)
    assert answer.status_code == 400
    assert fault in text_of(answer)
    assert acted_looks() == []
    assert support.get(page_of(alice))["Location"] == START


def acted_looks() -> list[tuple[Any, ...]]:
    return list(AccessEntry.objects.order_by("pk").values_list("subject_id", "kind", "reason"))


@pytest.mark.slow
def test_each_look_is_on_record(acting: Client, alice: User) -> None:
    candidate = make_candidate(alice)
    for address in (page_of(alice), suggestion(candidate), page_of(alice, "?tab=traits")):
        acting.get(address)
    assert acted_looks() == [(alice.pk, kind, f"Ticket {TICKET}") for kind in ("acting", "suggestion")]


def test_nobody_acts_for_themselves_nor_for_staff(
    support: Client, tina: User, sam: User, alice: User, signed_in: SignedIn
) -> None:
    for person, fault in ((tina, "your own behalf"), (sam, "other staff")):
        answer = start(support, str(person.pk))
        assert answer.status_code == 400
        assert fault in text_of(answer)
        assert support.get(page_of(person)).status_code == 403
    boss = signed_in(sam)
    assert start(boss, str(tina.pk)).status_code == 302
    assert start(boss, str(sam.pk)).status_code == 400
    candidate = make_candidate(alice)
    assert start(support, str(alice.pk)).status_code == 302
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    assert support.post(suggestion(candidate), {"act": "confirm"}).status_code == 403
    User.objects.filter(pk=alice.pk).update(is_staff=False, is_active=False)
    assert support.get(page_of(alice)).status_code == 404
    assert start(support, str(alice.pk)).status_code == 400
    assert not UserRefinedTrait.objects.exists()


@pytest.mark.parametrize("roles", [[], ["moderator"], ["auditor"]])
def test_other_roles_cannot_act_for_a_person(roles: list[str], alice: User, tina: User, signed_in: SignedIn) -> None:
    client = signed_in(in_roles(tina, *roles))
    candidate, trait = make_candidate(alice, "Sails"), confirmed_trait(alice)
    rest = ("", "end/", f"suggestions/{candidate.pk}/", f"traits/{trait.pk}/", f"undo/{newest(alice).pk}/")
    for address in (START, *(page_of(alice, each) for each in rest)):
        assert client.get(address).status_code == 403, address
        assert client.post(address, {"act": "confirm", "access_reason": "Curious."}).status_code == 403, address
    assert UserRefinedTrait.objects.count() == 1
    assert acted_looks() == []


def test_people_may_not(as_alice: Client, alice: User) -> None:
    candidate = make_candidate(alice)
    for address in (START, page_of(alice), suggestion(candidate)):
        assert as_alice.post(address, {"act": "confirm"}).status_code == 302
    assert not UserRefinedTrait.objects.exists()


def test_only_what_is_the_persons(acting: Client, alice: User, sam: User) -> None:
    candidate, trait = make_candidate(sam), confirmed_trait(sam, "Sails")
    held = make_candidate(alice, "Held", held_reason="unsafe")
    for rest in (f"suggestions/{candidate.pk}/", f"traits/{trait.pk}/", f"suggestions/{held.pk}/"):
        assert acting.get(page_of(alice, rest)).status_code == 404, rest
        assert acting.post(page_of(alice, rest), {"act": "confirm"}).status_code == 404, rest
    acting.post(page_of(alice, f"undo/{newest(sam).pk}/"))
    assert UserRefinedTrait.objects.count() == 1


def test_a_ticket_holds_for_an_hour_and_ends(acting: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    candidate = make_candidate(alice)
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now + dt.timedelta(minutes=59))
    assert acting.get(suggestion(candidate)).status_code == 200
    monkeypatch.setattr(timezone, "now", lambda: now + dt.timedelta(minutes=61))
    assert acting.post(suggestion(candidate), {"act": "confirm"})["Location"] == START
    assert "A ticket is valid for one hour" in text_of(acting.get(START))
    assert start(acting, str(alice.pk), reference="T-18").status_code == 302
    assert acting.get(suggestion(candidate)).status_code == 200
    assert acting.post(page_of(alice, "end/"))["Location"] == START
    assert acting.get(suggestion(candidate))["Location"] == START
    assert not UserRefinedTrait.objects.exists()


def test_without_a_mail_it_is_done_all_the_same(
    acting: Client, alice: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise smtplib.SMTPServerDisconnected

    with monkeypatch.context() as patch:
        patch.setattr(mail.get_connection().__class__, "send_messages", refuse)
        answer = acting.post(suggestion(make_candidate(alice, "Sails")), {"act": "confirm"}, follow=True)
    assert "could not be sent" in text_of(answer)
    assert newest(alice).user_decision == "confirmed_asis"
    assert "Sails" not in caplog.text
    assert "alice@" not in caplog.text
    acting.post(suggestion(make_candidate(alice, "Runs")), {"act": "confirm"})
    assert len(mail.outbox) == 1


def test_no_mail_to_an_address_that_nobody_proved(acting: Client, alice: User) -> None:
    EmailAddress.objects.filter(user=alice).update(verified=False)
    answer = acting.post(suggestion(make_candidate(alice)), {"act": "confirm"}, follow=True)
    assert "could not be sent" not in text_of(answer)
    assert mail.outbox == []


def test_the_notice_of_staff_quotes_nothing(acting: Client, alice: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    acting.post(suggestion(make_candidate(alice, "Xylophones")), {"act": "confirm"})
    assert "Xylophones" not in str(dict(acting.session))
    assert "Xylophones" not in caplog.text


def test_evidence_needs_its_permission(acting: Client, alice: User, tina: User) -> None:
    tina.groups.clear()
    tina.user_permissions.set(Permission.objects.filter(codename="act_for_person"))
    page = text_of(acting.get(suggestion(make_candidate(alice, evidence=["In the band."]))))
    assert "In the band." not in page
    assert "Your role does not let you read evidence" in page


@pytest.mark.slow
def test_pages_and_queries(acting: Client, alice: User, django_assert_max_num_queries: Any) -> None:
    for number in range(35):
        decisions.add_trait(**acting_for_self(alice), changes=Changes(name=f"Hums {number:02}", category="Skill"))
    for tab, most in {"review": 10, "later": 10, "rejected": 10, "traits": 10, "history": 13}.items():
        acting.get(page_of(alice, f"?tab={tab}"))
        with django_assert_max_num_queries(most):
            page = acting.get(page_of(alice, f"?tab={tab}"))
        assert page.status_code == 200
    first = acting.get(page_of(alice, "?tab=traits"))
    assert "Hums 29" in text_of(first)
    assert "Hums 30" not in text_of(first)
    second = acting.get(page_of(alice, f"?tab=traits&after={first.context['next']}"))
    assert text_of(second).count("Hums") == 5
    newer = acting.get(page_of(alice, "?tab=history"))
    older = acting.get(page_of(alice, f"?tab=history&after={newer.context['next']}"))
    assert [response.content.decode().count("<bdi>Hums") for response in (newer, older)] == [30, 5]
    for odd in ("x", "-1", "9" * 40):
        assert acting.get(page_of(alice, f"?tab=traits&after={odd}")).status_code == 200
        assert acting.get(page_of(alice, f"?tab=history&after={odd}")).status_code == 200
