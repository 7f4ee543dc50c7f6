"""Filters on one person, searches and files: each asks why, and everybody whose rows it shows finds it on record."""

import datetime as dt
import json
import uuid
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from ptfi.accounts.models import User
from tests.support.cast import SignedIn, Suggest, acting_for_self
from tests.support.pages import Html, text_of
from tests.support.persona_marker import erased, tables_with
from tests.support.staff import REASON, file_of, give_reason, staff_of
from traits.erasure import account
from traits.models import AccessEntry, ExtractedTraitCandidate, ModerationAction, ModerationEntry
from traits.moderation import services as moderation
from traits.privacy import export

pytestmark = pytest.mark.django_db

LIST = "/admin/traits/extractedtraitcandidate/"
MINE = "/persona/looks/"
ALL = "/admin/traits/accessentry/"
ENTRIES = "/admin/traits/moderationentry/"


def search(words: str, **more: str) -> str:
    return f"{LIST}?{urlencode({'q': words} | more)}"


def looks() -> list[tuple[Any, ...]]:
    rows = AccessEntry.objects.order_by("pk")
    return [(row.kind, row.subject_id, set(row.people), row.words, row.reason) for row in rows]


@pytest.fixture
def support(db: None, signed_in: SignedIn) -> Client:
    return signed_in(staff_of("support", name="Sue"))


@pytest.fixture
def auditor(db: None, signed_in: SignedIn) -> Client:
    return signed_in(staff_of("auditor", name="Ann"))


def test_a_filter_on_one_person_is_a_look_at_them(
    support: Client, alice: User, bob: User, suggest: Suggest, as_alice: Client
) -> None:
    User.objects.filter(pk=alice.pk).update(external_id="spc:alice")
    suggest(alice, "Loves jazz")
    suggest(bob, "Loves rock")
    of_alice = f"{LIST}?person={alice.pk}"
    assert support.get(f"{LIST}?person=spc%3Aalice")["Location"] == of_alice
    asked = text_of(support.get(of_alice))
    assert "Why do you need access?" in asked
    assert "Loves jazz" not in asked
    give_reason(support, of_alice)
    page = text_of(support.get(of_alice))
    assert "Loves jazz" in page
    assert "Loves rock" not in page
    assert looks() == [("suggestions", alice.pk, set(), "", REASON)]
    assert "A list of suggestions" in text_of(as_alice.get(MINE))


def test_a_search_is_on_record_of_everybody_it_finds(
    support: Client, alice: User, bob: User, suggest: Suggest, as_alice: Client, signed_in: SignedIn
) -> None:
    suggest(alice, "Reads", evidence=["The county library, at last."])
    suggest(bob, "Walks", evidence=["All through the county."])
    suggest(bob, "Sings", evidence=["In the bath."])
    asked = text_of(support.get(search("county")))
    assert "Why do you need access?" in asked
    assert "Reads" not in asked
    assert looks() == []
    give_reason(support, search("county"), "Complaint 118")
    both = ("search", None, {alice.pk, bob.pk}, "county", "Complaint 118")
    for _ in range(2):
        assert "Reads" in text_of(support.get(search("county")))
        assert looks() == [both]
    for person in (as_alice, signed_in(bob)):
        page = text_of(person.get(MINE))
        assert "A search in suggestions" in page
        assert "Complaint 118" in page
        assert "county" not in page
        assert "1 time" in text_of(person.get("/persona/data/"))


def test_other_words_take_a_reason_of_their_own(
    support: Client, alice: User, suggest: Suggest, monkeypatch: pytest.MonkeyPatch
) -> None:
    suggest(alice, "Reads", evidence=["The county library"])
    give_reason(support, search("county"), "Complaint 118")
    offered = Html(support.get(search("library")))
    assert offered.values("access_reason") == ["Complaint 118"]
    give_reason(support, search("library"), "Complaint 119")
    give_reason(support, search("nothing"), "Complaint 119")
    assert "Nothing matches" in text_of(support.get(search("nothing")))
    assert [(people, words) for _, _, people, words, _ in looks()] == [
        ({alice.pk}, "county"),
        ({alice.pk}, "library"),
        (set(), "nothing"),
    ]
    later = timezone.now() + dt.timedelta(hours=2)
    monkeypatch.setattr(timezone, "now", lambda: later)
    support.get(search("nothing"))
    assert len(looks()) == 4
    last = later + dt.timedelta(hours=3)
    monkeypatch.setattr(timezone, "now", lambda: last)
    assert Html(support.get(search("nothing"))).values("access_reason") == ["Complaint 119"]


def test_a_search_within_one_person_is_theirs_also_where_nothing_is_found(support: Client, alice: User) -> None:
    give_reason(support, search("jazz", person=str(alice.pk)))
    assert looks() == [("search", None, {alice.pk}, "jazz", REASON)]


@pytest.mark.parametrize("reason", ["", "ab", "x" * 201])
def test_a_search_or_file_goes_not_without_a_reason(support: Client, signed_in: SignedIn, reason: str) -> None:
    admin = signed_in(staff_of("administrator", name="Ada"))
    for client, address in ((support, search("jazz")), (admin, f"{LIST}export/")):
        answer = client.post(address, {"access_reason": reason})
        assert answer.status_code == 400
        assert Html(answer).has(".errorlist")
    assert looks() == []


def test_each_page_of_a_search_is_on_record(support: Client, alice: User, bob: User, suggest: Suggest) -> None:
    at = timezone.now()
    suggest(bob, "Loves jazz", created_at=at - dt.timedelta(days=1))
    for number in range(50):
        suggest(alice, f"Loves jazz {number}", created_at=at)
    give_reason(support, search("jazz"))
    first = support.get(search("jazz"))
    support.get(f"{LIST}?{first.context['next_query']}")
    assert [people for _, _, people, *_ in looks()] == [{alice.pk}, {bob.pk}]


def test_a_file_is_on_record_of_everybody_in_it(
    alice: User, bob: User, sam: User, suggest: Suggest, as_alice: Client, signed_in: SignedIn
) -> None:
    for person in (alice, alice, bob):
        suggest(person, "Loves jazz")
    admin = signed_in(staff_of("administrator", name="Ada"))
    assert file_of(admin, f"{LIST}export/", "For the team").count("Loves jazz") == 3
    assert file_of(admin, f"{LIST}export/?person={alice.pk}", "She asked").count("Loves jazz") == 2
    assert looks() == [
        ("export", None, {alice.pk, bob.pk}, "", "For the team"),
        ("export", None, {alice.pk}, "", "She asked"),
    ]
    assert list(AccessEntry.objects.order_by("pk").values_list("number", flat=True)) == [3, 2]
    assert text_of(as_alice.get(MINE)).count("A download of suggestions") == 2
    assert text_of(signed_in(bob).get(MINE)).count("A download of suggestions") == 1
    assert text_of(signed_in(sam).get(MINE)).count("A download of suggestions") == 0


def test_who_comes_in_behind_the_record_is_not_in_the_file(
    alice: User, bob: User, suggest: Suggest, signed_in: SignedIn
) -> None:
    suggest(alice, "Loves jazz")
    admin = signed_in(staff_of("administrator", name="Ada"))
    answer: Any = admin.post(f"{LIST}export/", {"access_reason": REASON})
    suggest(bob, "Loves rock")
    content = b"".join(answer).decode()
    assert "Loves jazz" in content
    assert "Loves rock" not in content


def test_a_thousand_people_take_one_row_and_few_queries(
    alice: User, suggest: Suggest, signed_in: SignedIn, django_assert_max_num_queries: Any
) -> None:
    row = suggest(alice, "Loves jazz")
    people = User.objects.bulk_create(User(external_id=f"crowd:{number}") for number in range(1_000))
    copies = []
    for person in people:
        row.pk, row.user = uuid.uuid4(), person
        copies.append(ExtractedTraitCandidate(**{f.attname: getattr(row, f.attname) for f in _columns()}))
    ExtractedTraitCandidate.objects.bulk_create(copies)
    admin = signed_in(staff_of("administrator", name="Ada"))
    with django_assert_max_num_queries(22):
        answer: Any = admin.post(f"{LIST}export/", {"access_reason": REASON})
        assert b"".join(answer).count(b"Loves jazz") == 1_001
    assert len(AccessEntry.objects.get().people) == 1_001
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        about = AccessEntry.objects.filter(AccessEntry.about(alice.pk)).order_by().values("pk")[:3_001]
        assert "access_of_people" in about.explain()


def _columns() -> list[Any]:
    return [each for each in ExtractedTraitCandidate._meta.concrete_fields if not each.generated]


def test_auditors_alone_read_the_words(
    support: Client, auditor: Client, alice: User, suggest: Suggest, signed_in: SignedIn
) -> None:
    suggest(alice, "Plays xylophone")
    give_reason(support, search("xylophone"), "Complaint 118")
    assert "A search in suggestions · 1 row: xylophone Complaint 118" in text_of(auditor.get(ALL))
    administrator = text_of(signed_in(staff_of("administrator", name="Ada")).get(ALL))
    assert "A search in suggestions · 1 row Complaint 118" in administrator
    assert "xylophone" not in administrator
    document = json.loads(b"{" + b"".join(export.members(alice, timezone.now()))[1:] + b"}")
    assert [(look["kind"], look["reason"]) for look in document["looks"]] == [("search", "Complaint 118")]
    assert "words" not in document["looks"][0]


def test_auditors_find_searches_and_files_by_person(
    support: Client, auditor: Client, alice: User, bob: User, suggest: Suggest
) -> None:
    suggest(alice, "Loves jazz")
    give_reason(support, search("jazz"), "Complaint 118")
    for person, finds in ((alice, True), (bob, False)):
        address = f"{ALL}?person={person.pk}"
        assert "Why do you need access" in text_of(auditor.get(address))
        give_reason(auditor, address, "The yearly audit")
        page = text_of(auditor.get(address))
        assert ("Complaint 118" in page) == finds
        assert "The access log The yearly audit" in page


def test_words_go_by_age(support: Client, auditor: Client, alice: User, sam: User) -> None:
    for days, words in ((91, "xylophone"), (89, "zither")):
        AccessEntry.objects.create(
            staff_id=sam.pk,
            kind="search",
            number=0,
            people=[alice.pk],
            words=words,
            reason=REASON,
            created_at=timezone.now() - dt.timedelta(days=days),
        )
    page = text_of(auditor.get(ALL))
    assert "xylophone" not in page
    assert "zither" in page
    assert tables_with("xylophone") == set()
    assert [words for *_, words, _ in looks()] == ["", "zither"]
    AccessEntry.objects.create(
        staff_id=sam.pk, kind="search", number=0, words="drum", created_at=timezone.now() - dt.timedelta(days=91)
    )
    give_reason(support, search("jazz"))
    assert tables_with("drum") == set()


def test_an_erasure_takes_reason_and_words_of_what_found_the_person(
    support: Client, alice: User, bob: User, suggest: Suggest, signed_in: SignedIn
) -> None:
    for person in (alice, bob):
        suggest(person, "Loves jazz")
    suggest(bob, "Loves rock")
    give_reason(support, search("jazz"), "About xylophones")
    give_reason(support, search("rock"), "About drums")
    erased(alice)
    assert looks() == [
        ("search", None, {alice.pk, bob.pk}, "", ""),
        ("search", None, {bob.pk}, "rock", "About drums"),
    ]
    assert tables_with("xylophone") == set()
    page = text_of(signed_in(bob).get(MINE))
    assert "The reason was deleted together with data of yours or of somebody else in it." in page
    assert "About drums" in page


def test_what_staff_did_outlives_the_account(
    support: Client, alice: User, sam: User, suggest: Suggest, auditor: Client
) -> None:
    row, hers = suggest(alice, "Loves jazz"), alice.pk
    flag = moderation.Moderation(name=ModerationAction.FLAG, kind="unsafe", reason="About xylophones")
    moderation.act(actor=sam, action=flag, candidate_ids=[row.pk])
    give_reason(support, search("jazz"))
    account.erase_account(**acting_for_self(alice), confirm_email=alice.email)
    assert not User.objects.filter(pk=hers).exists()
    kept = ModerationEntry.objects.values_list("user_id", "candidate_id", "action", "actor_id", "reason")
    assert list(kept) == [(hers, row.pk, "flag", sam.pk, "")]
    assert looks() == [("search", None, {hers}, "", "")]
    assert str(row.pk) in text_of(auditor.get(ENTRIES))
    assert tables_with("xylophone") == set()


@pytest.mark.owner
def test_a_search_stays_as_it_was_recorded(support: Client, alice: User, bob: User, suggest: Suggest) -> None:
    suggest(alice, "Loves jazz")
    give_reason(support, search("jazz"))
    rows = AccessEntry.objects.all()
    for tampering in (lambda: rows.update(words=""), lambda: rows.update(people=[bob.pk]), rows.delete):
        with pytest.raises(DatabaseError, match="insert-only"), transaction.atomic():
            tampering()


def test_what_staff_did_with_one_person_s_is_a_look(auditor: Client, alice: User, sam: User, suggest: Suggest) -> None:
    row = suggest(alice, "Loves jazz")
    flag = moderation.Moderation(name=ModerationAction.FLAG, kind="unsafe", reason="About xylophones")
    moderation.act(actor=sam, action=flag, candidate_ids=[row.pk])
    for words in (str(alice.pk), str(row.pk)):
        address = f"{ENTRIES}?{urlencode({'q': words})}"
        if not looks():
            assert "About xylophones" not in text_of(auditor.get(address))
            give_reason(auditor, address)
        assert "About xylophones" in text_of(auditor.get(address))
    assert looks() == [("moderation", alice.pk, set(), "", REASON)]
    assert "Why do you need access" not in text_of(auditor.get(f"{ENTRIES}{ModerationEntry.objects.get().pk}/change/"))


@pytest.mark.parametrize(("address", "kind"), [(ENTRIES, "moderation"), ("/admin/traits/erasure/", "erasure")])
def test_lists_of_everybody_are_on_record(auditor: Client, address: str, kind: str) -> None:
    assert auditor.get(address).status_code == 200
    assert list(AccessEntry.objects.values_list("kind", "number", "reason")) == [(kind, 0, "")]
