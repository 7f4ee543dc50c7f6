"""The log in the admin: read only for everybody, texts after a reason, evidence with its own permission."""

import datetime as dt
import re
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.utils import timezone

from ptfi.accounts.models import User
from tests.support.cast import SignedIn, acting_for_self, confirmed, confirmed_trait, make_candidate
from tests.support.pages import Html, text_of
from tests.support.staff import give_reason, in_roles
from traits import decisions
from traits.decisions.inputs import Changes
from traits.erasure import parts as erasure_parts
from traits.log.entries import Actor
from traits.models import AccessEntry, PersonaTrait, UserRefinedTrait
from traits.staff import lists

LOG = "/admin/traits/userrefinedtrait/"
LOOKS = "/admin/traits/accessentry/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(sam: User, signed_in: SignedIn) -> Client:
    return signed_in(sam)


def entry_page(entry: UserRefinedTrait) -> str:
    return f"{LOG}{entry.pk}/change/"


def check_page(user: User) -> str:
    return f"{LOG}check/{user.pk}/"


def entries_on(response: Any) -> list[str]:
    return re.findall(rf'href="{LOG}([0-9a-f-]+)/change/"', response.content.decode())


def newest_first(*entries: UserRefinedTrait) -> list[str]:
    return [str(entry.pk) for entry in sorted(entries, key=lambda entry: entry.created_at, reverse=True)]


def permitted(bob: User, *codenames: str) -> User:
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    bob.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return User.objects.get(pk=bob.pk)


def test_the_list_shows_no_texts_and_is_on_record(staff: Client, alice: User, bob: User) -> None:
    confirmed(alice, "Loves xylophones", evidence=["xylophones!"])
    confirmed(bob, "Sails")
    page = staff.get(LOG)
    assert len(entries_on(page)) == 2
    assert not {"xylophones", "Sails", "alice@"} & {
        word for word in ("xylophones", "Sails", "alice@") if word in text_of(page)
    }
    assert list(AccessEntry.objects.values_list("subject_id", "kind", "number")) == [(None, "log", 2)]


@pytest.mark.slow
def test_the_log_shows_what_the_filters_let_through(staff: Client, alice: User, bob: User, sam: User) -> None:
    made = confirmed(alice).entries[0]
    other = confirmed(bob, "Sails", originating_models=["voice.v1", "x"]).entries[0]
    refused = decisions.reject(
        **acting_for_self(alice), candidate_id=make_candidate(alice, "Knits").pk, code="not_me"
    ).entries[0]
    trait = PersonaTrait.objects.get(user=alice)
    acting = Actor(user_id=sam.pk, kind="staff", reference="T-17")
    helped = decisions.set_status(user=alice, actor=acting, trait_id=trait.pk, status="dormant").entries[0]
    give_reason(staff, f"{LOG}?person={alice.pk}")
    today = timezone.now().date()
    cases: dict[str, list[UserRefinedTrait]] = {
        "": [made, other, refused, helped],
        f"person={alice.pk}": [made, refused, helped],
        f"person={alice.pk}&decision=rejected": [refused],
        f"person={uuid.uuid4()}&decision=rejected": [],
        "decision=rejected": [refused],
        "decision=status_changed": [helped],
        "model=voice.v1": [other],
        "model=voice": [],
        "by=person": [made, other, refused],
        "by=staff": [helped],
        f"staff={sam.pk}": [helped],
        f"staff={alice.pk}": [],
        f"since={today}&until={today}": [made, other, refused, helped],
        f"until={today - dt.timedelta(days=1)}": [],
    }
    for query, expected in cases.items():
        page = staff.get(f"{LOG}?{query}")
        if "Why do you need access" in page.content.decode():
            assert expected == []
        else:
            assert entries_on(page) == newest_first(*expected), query
    assert "T-17" in text_of(staff.get(f"{LOG}?by=staff"))


def test_people_are_found_without_their_address_in_one(staff: Client, alice: User, sam: User) -> None:
    User.objects.filter(pk=alice.pk).update(external_id="upstream-7")
    for name in ("alice@example.com", " Alice@Example.com ", "upstream-7", str(alice.pk)):
        sent = {"person": name, "staff": "sam@example.com", "decision": "rejected", "since": "2026-01-31"}
        where = f"{LOG}?person={alice.pk}&decision=rejected&staff={sam.pk}&since=2026-01-31"
        assert staff.post(LOG, sent)["Location"] == where
    answer = staff.post(LOG, {"person": "alice", "decision": "rejected"})
    assert answer.status_code == 400
    assert "No one has this" in text_of(answer)
    assert 'value="alice"' in answer.content.decode()


@pytest.mark.parametrize(
    "query",
    ["decision=x", "person=x", "since=2026-02-31", "until=0001-01-01", "model=%00", "by=x"],
)
def test_a_bad_filter_is_answered_with_its_fault(staff: Client, query: str) -> None:
    page = staff.get(f"{LOG}?{query}")
    assert page.status_code == 400
    assert "errorlist" in page.content.decode()


@pytest.mark.parametrize("after", ["x", "2026-01-01T00:00:00Z_x", "_", "9999-12-31T23:59:59-23:59_" + "0" * 32, "%00"])
def test_a_key_that_is_none_starts_at_the_beginning(staff: Client, alice: User, after: str) -> None:
    made = confirmed(alice).entries[0]
    assert entries_on(staff.get(f"{LOG}?after={after}")) == [str(made.pk)]


def test_pages_by_key(staff: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "LONG_PAGE", 3)
    give_reason(staff, f"{LOG}?person={alice.pk}")
    made = [
        decisions.add_trait(**acting_for_self(alice), changes=Changes(name=f"Hums {n}", category="Skill")).entries[0]
        for n in range(8)
    ]
    for query in ("", f"person={alice.pk}&"):
        seen, after = list[str](), ""
        while True:
            page = staff.get(f"{LOG}?{after or query}")
            seen += entries_on(page)
            following = Html(page).next_page()
            if not following:
                break
            after = following.removeprefix("?")
        assert seen == newest_first(*made)


def test_an_entry_as_a_difference(staff: Client, alice: User) -> None:
    trait = confirmed_trait(alice, evidence=["At the club."])
    edited = decisions.edit_trait(
        **acting_for_self(alice), trait_id=trait.pk, changes=Changes(description="Because it is true.", notes="Ask me.")
    ).entries[0]
    assert "Why do you need access" in staff.get(entry_page(edited)).content.decode()
    give_reason(staff, entry_page(edited))
    text = text_of(staff.get(entry_page(edited)))
    for part in (
        "You edited “ Loves jazz ”",
        "Because it is was: said often new: true .",
        "Description changed Because it is said often. Because it is true.",
        "Notes changed – Ask me.",
        "At the club.",
        "Decided by The person",
    ):
        assert part in text, part
    gone = decisions.remove_trait(**acting_for_self(alice), trait_id=trait.pk, reason="No more.").entries[0]
    text = text_of(staff.get(entry_page(gone)))
    assert "After (no longer exists)" in text
    assert "No more." in text
    undone = decisions.undo(**acting_for_self(alice), action_id=gone.pk).entries[0]
    assert f'href="{entry_page(gone)}"' in staff.get(entry_page(undone)).content.decode()
    assert f'href="{entry_page(undone)}"' in staff.get(entry_page(gone)).content.decode()


def test_an_entry_shows_words_and_dates_of_the_reader(staff: Client, alice: User) -> None:
    until = timezone.now() + dt.timedelta(days=3)
    later = make_candidate(alice, "Knits")
    snoozed = decisions.snooze(**acting_for_self(alice), candidate_id=later.pk, until=until).entries[0]
    styled = decisions.put_styles(
        **acting_for_self(alice), context="work", styles={"FormalityLevel": "very_formal"}
    ).entries[0]
    give_reason(staff, entry_page(snoozed))
    texts = {
        language: " ".join(
            text_of(staff.get(entry_page(each), headers={"Accept-Language": language})) for each in (snoozed, styled)
        )
        for language in ("en", "de")
    }
    assert f"Snoozed until changed – {until:%-d %B %Y, %H:%M}" in texts["en"]
    assert "Element changed – How formal Context changed – At work Value changed – very formal" in texts["en"]
    assert until.isoformat()[:16] not in texts["en"] + texts["de"]
    assert "Kontext geändert – Bei der Arbeit Wert geändert – sehr förmlich" in texts["de"]


def test_evidence_has_a_permission_of_its_own(alice: User, bob: User, signed_in: SignedIn) -> None:
    entry = confirmed(alice, evidence=["xylophones!"]).entries[0]
    client = signed_in(permitted(bob, "view_userrefinedtrait"))
    give_reason(client, entry_page(entry))
    page = text_of(client.get(entry_page(entry)))
    assert "Loves jazz" in page
    assert "1 piece" in page
    assert "xylophones" not in page
    assert "Check that" not in page
    assert client.get(check_page(alice)).status_code == 403


def test_an_erased_text_is_said_to_be_gone(staff: Client, alice: User) -> None:
    entry = confirmed(alice, "Loves xylophones", trait_category="Skill").entries[0]
    erasure_parts.erase_category(**acting_for_self(alice), category="Skill")
    give_reason(staff, entry_page(entry))
    page = text_of(staff.get(entry_page(entry)))
    assert "was erased on request" in page
    assert "xylophones" not in page


def test_nobody_changes_it(staff: Client, alice: User) -> None:
    entry = confirmed(alice).entries[0]
    give_reason(staff, entry_page(entry))
    assert staff.get(f"{LOG}add/").status_code in (403, 404)
    assert staff.post(f"{LOG}add/", {"user_decision": "rejected"}).status_code in (403, 404)
    assert staff.post(f"{LOG}{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    staff.post(entry_page(entry), {"user_decision": "rejected"})
    staff.post(LOG, {"action": "delete_selected", "_selected_action": str(entry.pk), "post": "yes"})
    assert list(UserRefinedTrait.objects.values_list("pk", "user_decision")) == [(entry.pk, "confirmed_asis")]
    assert staff.get(f"{LOG}{uuid.uuid4()}/change/").status_code == 404
    assert staff.get(f"{LOG}x/change/").status_code == 404


def test_which_roles_read_the_log(alice: User, bob: User, as_alice: Client, signed_in: SignedIn) -> None:
    entry = confirmed(alice).entries[0]
    pages = (LOG, entry_page(entry), f"{LOG}{entry.pk}/history/", check_page(alice), LOOKS, f"{LOOKS}1/change/")
    nobody = signed_in(in_roles(bob, "moderator"))
    for page in pages:
        assert nobody.get(page).status_code == 403, page
        assert as_alice.get(page).status_code == 302, page
    his = signed_in(in_roles(bob, "auditor"))
    for page in pages:
        assert his.get(page).status_code in (200, 302), page


def test_the_check_of_a_log(staff: Client, alice: User) -> None:
    for number in range(3):
        confirmed(alice, f"Likes {number}")
    give_reason(staff, check_page(alice))
    assert "Verify now" in text_of(staff.get(check_page(alice)))


@pytest.mark.django_db(transaction=True)
def test_the_check_finds_what_was_touched(staff: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [confirmed(alice, f"Likes {number}").entries[0] for number in range(3)]
    give_reason(staff, check_page(alice))
    whole = text_of(staff.get(f"{check_page(alice)}?after=0"))
    assert "3 entries, unbroken from" in whole
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE traits_userrefinedtrait DISABLE TRIGGER log_is_insert_only")
        cursor.execute(
            "UPDATE traits_userrefinedtrait SET user_decision = 'edited' WHERE refinement_action_id = %s",
            [entries[1].pk],
        )
        cursor.execute("ALTER TABLE traits_userrefinedtrait ENABLE TRIGGER log_is_insert_only")
    assert "revision 2: a column was changed" in text_of(staff.get(f"{check_page(alice)}?after=0"))
    fragment = staff.get(f"{check_page(alice)}?after=0", headers={"HX-Request": "true"}).content.decode()
    assert "Verification failed" in fragment
    assert "<html" not in fragment


def test_the_looks_for_auditors(alice: User, bob: User, sam: User, staff: Client, signed_in: SignedIn) -> None:
    entry = confirmed(alice).entries[0]
    give_reason(staff, entry_page(entry), "T-17, she asked.")
    staff.get(LOG)
    his = signed_in(in_roles(bob, "auditor"))
    text = text_of(his.get(LOOKS))
    assert f"{sam.pk} {alice.pk} A decision in the log T-17, she asked." in text
    assert "several people A list of decisions · 1 row" in text
    give_reason(his, f"{LOOKS}?person={alice.pk}")
    for query, number in {
        # Hers, and the auditor's own.
        f"person={alice.pk}": 2,
        f"person={bob.pk}": 0,
        f"staff={sam.pk}": 2,
        "kind=log": 1,
        f"since={timezone.now().date() + dt.timedelta(days=1)}": 0,
    }.items():
        assert his.get(f"{LOOKS}?{query}").content.decode().count("<time") == number, query
    assert his.post(LOOKS, {"person": "alice@example.com"})["Location"] == f"{LOOKS}?person={alice.pk}"
    assert his.get(f"{LOOKS}1/change/")["Location"] == LOOKS
    assert staff.post(f"{LOOKS}add/", {}).status_code == 403


@pytest.mark.slow
def test_an_entry_costs_few_queries(
    alice: User, bob: User, signed_in: SignedIn, django_assert_max_num_queries: Any
) -> None:
    entries = [confirmed(alice, f"Likes {number}").entries[0] for number in range(3)]
    his = signed_in(in_roles(bob, "auditor"))
    give_reason(his, entry_page(entries[0]))
    for page in (LOG, f"{LOG}?person={alice.pk}", f"{LOG}?model=x&by=staff", LOOKS):
        his.get(page)
        with django_assert_max_num_queries(10):
            his.get(page)
    with django_assert_max_num_queries(13):
        his.get(entry_page(entries[0]))
