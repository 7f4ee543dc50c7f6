"""Staff say why before they see what is somebody's, and each look is on record."""

import datetime as dt
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Permission
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from ptfi.accounts.models import User
from tests.support.cast import SignedIn
from tests.support.pages import Html, text_of
from tests.support.persona_marker import erased, tables_with
from tests.support.staff import REASON, give_reason
from traits.models import AccessEntry, AccessKind
from traits.staff import access

pytestmark = pytest.mark.django_db


def persona_page(user: User) -> str:
    return f"/admin/traits/persona/{user.pk}/change/"


def account_page(user: User) -> str:
    return f"/admin/accounts/user/{user.pk}/change/"


def looks() -> list[tuple[Any, ...]]:
    return list(AccessEntry.objects.order_by("pk").values_list("staff_id", "subject_id", "kind", "reason"))


@pytest.fixture
def staff(sam: User, signed_in: SignedIn) -> Client:
    return signed_in(sam)


@pytest.mark.slow
def test_nothing_is_shown_before_a_reason(staff: Client, alice: User, sam: User) -> None:
    asked = staff.get(account_page(alice)).content.decode()
    assert "Why do you need access?" in asked
    assert "alice@example.com" not in asked
    assert looks() == []
    give_reason(staff, account_page(alice))
    assert "alice@example.com" in staff.get(account_page(alice)).content.decode()
    assert looks() == [(sam.pk, alice.pk, "account", REASON)]


@pytest.mark.parametrize("reason", ["", "  ", "ab", "x" * 201, "a\x00bc"])
def test_a_reason_that_is_none_is_typed_again(staff: Client, alice: User, reason: str) -> None:
    answer = staff.post(account_page(alice), {"access_reason": reason})
    assert answer.status_code == 400
    assert "errorlist" in answer.content.decode()
    assert ("x" * 201 in answer.content.decode()) == (len(reason) > 200)
    assert looks() == []


def test_once_a_person_and_session(staff: Client, alice: User, bob: User, sam: User, signed_in: SignedIn) -> None:
    give_reason(staff, account_page(alice))
    for _ in range(2):
        assert "Why do you need access" not in staff.get(account_page(alice)).content.decode()
        assert "Why do you need access" not in staff.get(persona_page(alice)).content.decode()
    assert "Why do you need access" in staff.get(account_page(bob)).content.decode()
    assert "Why do you need access" in signed_in(sam).get(account_page(alice)).content.decode()
    assert looks() == [(sam.pk, alice.pk, kind, REASON) for kind in ("account", "persona")]


def test_a_new_row_each_hour(staff: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    give_reason(staff, account_page(alice))
    staff.get(account_page(alice))
    assert len(looks()) == 1
    later = timezone.now() + dt.timedelta(minutes=61)
    monkeypatch.setattr(timezone, "now", lambda: later)
    for _ in range(2):
        staff.get(account_page(alice))
    assert len(looks()) == 2


def test_after_hours_it_asks_again_and_offers_the_same_reason(
    staff: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_reason(staff, account_page(alice))
    later = timezone.now() + dt.timedelta(hours=4, minutes=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    page = Html(staff.get(account_page(alice)))
    assert page.values("access_reason") == [REASON]
    assert len(looks()) == 1
    give_reason(staff, account_page(alice), "T-18")
    assert [reason for *_, reason in looks()] == [REASON, "T-18"]


def test_nobody_is_asked_about_themselves(staff: Client, sam: User) -> None:
    assert "sam@example.com" in staff.get(account_page(sam)).content.decode()
    assert looks() == []


def test_what_was_posted_without_a_reason_is_not_done(staff: Client, alice: User) -> None:
    form = {"display_name": "Taken over", "time_zone": "UTC"}
    assert "was not carried out" in staff.post(account_page(alice), form).content.decode()
    alice.refresh_from_db()
    assert alice.display_name == "Alice"


def test_it_comes_back_to_the_same_address_only(staff: Client, alice: User) -> None:
    address = account_page(alice) + "?next=https://elsewhere.example/"
    data = {"access_reason": REASON, "next": "https://elsewhere.example/"}
    assert staff.post(address, data)["Location"] == address


@pytest.mark.slow
def test_a_reason_gives_no_permission(alice: User, bob: User, signed_in: SignedIn) -> None:
    bob.is_staff = True
    bob.save()
    his = signed_in(bob)
    for address in (account_page(alice), persona_page(alice)):
        assert his.get(address).status_code == 403
        assert his.post(address, {"access_reason": REASON}).status_code == 403
    bob.user_permissions.add(Permission.objects.get(codename="view_persona"))
    assert "Why do you need access" in his.get(persona_page(alice)).content.decode()
    assert looks() == []


def test_a_list_of_many(sam: User, rf: Any) -> None:
    request = rf.get("/")
    request.user = sam
    access.looked_at_many(request, AccessKind.SUGGESTIONS, 100)
    assert list(AccessEntry.objects.values_list("subject_id", "number")) == [(None, 100)]


LOOKS = "/persona/looks/"


@pytest.mark.slow
def test_the_person_sees_who_looked(
    staff: Client, as_alice: Client, alice: User, sam: User, bob: User, signed_in: SignedIn
) -> None:
    assert "Nobody has looked at your persona." in text_of(as_alice.get(LOOKS))
    give_reason(staff, account_page(alice), "T-17, <b>أحب الجاز</b>")
    give_reason(staff, account_page(bob), "Not hers.")
    staff.get(persona_page(alice))
    text = text_of(as_alice.get(LOOKS))
    assert f"The state of the graph · Staff {str(sam.pk)[:8]} T-17, <b>أحب الجاز</b>" in text
    assert "The account" in text
    assert not [word for word in ("Not hers.", "Sam", "sam@example.com") if word in text]
    assert "2 times" in text_of(as_alice.get("/persona/data/"))
    assert "Not hers." in text_of(signed_in(bob).get(LOOKS))


def test_looks_are_paged(as_alice: Client, alice: User, sam: User, django_assert_num_queries: Any) -> None:
    now = timezone.now()
    rows = [
        AccessEntry(staff_id=sam.pk, subject_id=alice.pk, kind="trait", reason=f"No. {n}.", created_at=now)
        for n in range(70)
    ]
    AccessEntry.objects.bulk_create(rows)
    seen, after = list[str](), ""
    while True:
        with django_assert_num_queries(4):
            page = as_alice.get(LOOKS + after)
        seen += re.findall(r"No\. (\d+)\.", text_of(page))
        after = Html(page).next_page()
        if not after:
            break
    assert seen == [str(n) for n in reversed(range(70))]
    for odd in ("x", "-1", "9" * 30, "\x00", "²"):
        assert "No. 69." in as_alice.get(LOOKS, {"after": odd}).content.decode()


@pytest.mark.usefixtures("alice")
def test_the_list_of_accounts_is_on_record(staff: Client, sam: User, alice: User) -> None:
    assert "alice@example.com" in text_of(staff.get("/admin/accounts/user/"))
    found = "/admin/accounts/user/?q=alice@example.com"
    assert "Why do you need access" in text_of(staff.get(found))
    give_reason(staff, found)
    assert "alice@example.com" in text_of(staff.get(found))
    staff.get("/admin/accounts/user/?q=nobody@example.com")
    entries = AccessEntry.objects.order_by("pk").values_list("staff_id", "subject_id", "kind", "number")
    assert list(entries) == [(sam.pk, None, "account", 2), (sam.pk, alice.pk, "account", None)]


def test_accounts_are_found_by_the_whole_of_what_names_them(staff: Client, alice: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(external_id="Crew:Bob")
    for typed, found in {
        " Alice@Example.com ": {alice.pk},
        "Crew:Bob": {bob.pk},
        "crew:bob": set(),
        "alice": set(),
        "%": set(),
        "\0": {alice.pk, bob.pk},
    }.items():
        if len(found) == 1:
            staff.post(f"/admin/accounts/user/?{urlencode({'q': typed})}", {"access_reason": REASON})
        page = staff.get("/admin/accounts/user/", {"q": typed})
        assert page.status_code == 200
        assert {row.pk for row in page.context["cl"].result_list} & {alice.pk, bob.pk} == found, typed


@pytest.mark.owner
def test_the_record_is_insert_only(staff: Client, alice: User) -> None:
    give_reason(staff, account_page(alice))
    mine = AccessEntry.objects.filter(subject_id=alice.pk)
    for tampering in (lambda: mine.delete(), lambda: mine.update(reason=""), lambda: mine.update(kind="log")):
        with pytest.raises(DatabaseError, match="insert-only"), transaction.atomic():
            tampering()


def test_an_erasure_takes_the_reason_alone(staff: Client, alice: User, bob: User, sam: User) -> None:
    give_reason(staff, account_page(alice), "About xylophones")
    give_reason(staff, account_page(bob))
    erased(alice)
    assert looks() == [(sam.pk, alice.pk, "account", ""), (sam.pk, bob.pk, "account", REASON)]
    assert tables_with("About xylophones") == set()
    # Within the hour the page is still open; another kind of page asks again.
    assert "Why do you need access" in staff.get(persona_page(alice)).content.decode()
