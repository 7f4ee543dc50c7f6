"""The list of candidates across all people: what each filter lets through, and that pages hold each one once."""

import datetime as dt
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from ptfi.accounts.models import User
from tests.support.cast import SignedIn, Suggest
from tests.support.pages import Html, text_of
from tests.support.staff import give_reason, staff_of
from traits.models import AccessEntry, CandidateStatus
from traits.staff import lists

pytestmark = pytest.mark.django_db

LIST = "/admin/traits/extractedtraitcandidate/"
ROW = re.compile(r"extractedtraitcandidate/([0-9a-f-]{36})/change/")


@pytest.fixture
def moderator(db: None, signed_in: SignedIn) -> Client:
    return signed_in(staff_of("moderator"))


def shown(client: Client, **query: str) -> list[str]:
    address = f"{LIST}?{urlencode(query)}"
    if "q" in query or "person" in query:
        give_reason(client, address)
    answer = client.get(address)
    assert answer.status_code == 200
    return ROW.findall(answer.content.decode())


@pytest.mark.slow
def test_each_filter_lists_its_candidates_alone(moderator: Client, alice: User, bob: User, suggest: Suggest) -> None:
    now = timezone.now()
    plain = suggest(alice, "Loves jazz", confidence_score=0.7, created_at=now)
    other = suggest(
        bob,
        "Schwimmt gern",
        trait_category="Skill",
        confidence_score=0.9,
        originating_models=["speech.v1", "text-analysis.v2"],
        language="de",
        status=CandidateStatus.REJECTED,
        created_at=now - dt.timedelta(days=40),
    )
    held = suggest(bob, "Held", held_reason="unsafe", confidence_score=0.2, created_at=now - dt.timedelta(days=5))
    wanted = {
        (): [plain, held, other],
        ("status", "rejected_by_user"): [other],
        ("held", "yes"): [held],
        ("held", "no"): [plain, other],
        ("category", "Skill"): [other],
        ("model", "speech.v1"): [other],
        ("band", "very_likely"): [other],
        ("band", "guess"): [held],
        ("language", "de"): [other],
        ("age", "day"): [plain],
        ("age", "week"): [plain, held],
        ("age", "month_ago"): [other],
        ("person", str(bob.pk)): [held, other],
        ("q", "jazz"): [plain],
        ("q", "gern schwimmt"): [other],
        ("order", "oldest"): [other, held, plain],
        ("order", "surest"): [other, plain, held],
        ("order", "least_sure"): [held, plain, other],
        ("q", "nothing"): [],
    }
    for query, rows in wanted.items():
        found = shown(moderator, **({query[0]: query[1]} if query else {}))
        assert found == [str(row.pk) for row in rows], query


@pytest.mark.parametrize(
    "query",
    ["status=x", "band=y", "age=z", "order=w", "held=perhaps", "person=nobody", "person=alice@example.com", "q=%00"],
)
def test_a_filter_that_does_not_fit_lists_nothing(moderator: Client, alice: User, suggest: Suggest, query: str) -> None:
    row = suggest(alice)
    answer = moderator.get(f"{LIST}?{query}")
    assert answer.status_code == 400
    assert str(row.pk) not in answer.content.decode()
    assert Html(answer).has(".errorlist")
    assert "Please fix the filters marked above" in text_of(answer)
    assert not Html(answer).has("#action")
    file: Any = moderator.post(f"{LIST}export/?{query}", {"access_reason": "T-17"})
    assert file["Location"] == f"{LIST}?{answer.wsgi_request.GET.urlencode()}"
    assert not AccessEntry.objects.exists()


def test_a_search_that_takes_too_long_is_told(
    moderator: Client, alice: User, suggest: Suggest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is a millisecond here, which the words of so many suggestions take."""
    for number in range(40):
        suggest(alice, f"Loves jazz {number}", trait_description="and so on " * 400)
    give_reason(moderator, f"{LIST}?q=jazz")
    monkeypatch.setattr(lists, "LONGEST", 1)
    answer = moderator.get(f"{LIST}?q=jazz")
    assert answer.status_code == 503
    assert "This takes too long across everyone." in text_of(answer)
    assert Html(answer).values("q") == ["jazz"]
    assert ROW.findall(answer.content.decode()) == []
    monkeypatch.undo()
    assert len(shown(moderator, q="jazz")) == 40


@pytest.mark.parametrize("order", ["newest", "surest"])
def test_a_frequent_word_and_a_rare_one_are_found_in_order(
    moderator: Client, alice: User, suggest: Suggest, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    """Frequent words are looked for in the next suggestions of all, which are few here; rare ones in the index."""
    monkeypatch.setattr(lists, "NEAR", 60)
    rows = [
        suggest(
            alice,
            f"Likes {'owls' if number % 40 == 0 else 'cats'} {number}",
            created_at=timezone.now() - dt.timedelta(hours=number),
            confidence_score=1 - number / 200,
        )
        for number in range(120)
    ]
    for word in ("cats", "owls", "likes"):
        give_reason(moderator, address := f"{LIST}?q={word}&order={order}")
        found = []
        while address:
            page = moderator.get(address)
            found += ROW.findall(page.content.decode())
            following = Html(page).next_page()
            address = f"{LIST}{following}" if following else ""
        assert found == [str(row.pk) for row in rows if word in row.trait_name.lower()]


@pytest.mark.parametrize("after", ["nonsense", "_"])
def test_what_is_no_place_in_the_list_is_its_beginning(
    moderator: Client, alice: User, suggest: Suggest, after: str
) -> None:
    row = suggest(alice)
    assert str(row.pk) in moderator.get(f"{LIST}?after={after}").content.decode()


@pytest.mark.parametrize("order", ["newest", "oldest", "surest", "least_sure"])
def test_pages_hold_each_one_once(moderator: Client, alice: User, suggest: Suggest, order: str) -> None:
    at = timezone.now()
    # Many of one moment and one confidence, as an import brings them.
    rows = {str(suggest(alice, f"Number {n}", created_at=at, confidence_score=0.5).pk) for n in range(56)}
    first = moderator.get(LIST, {"order": order, "category": "Interest"})
    address = f"{LIST}?{first.context['next_query']}"
    assert urlencode({"category": "Interest"}) in address
    second = moderator.get(address)
    found = [*ROW.findall(first.content.decode()), *ROW.findall(second.content.decode())]
    assert len(found) == 56
    assert set(found) == rows
    assert second.context["page"].next == ""


def test_people_have_names_for_those_who_may_know_them(
    moderator: Client, alice: User, suggest: Suggest, signed_in: SignedIn
) -> None:
    suggest(alice)
    assert "Alice" not in moderator.get(LIST).content.decode()
    assert "Alice" in text_of(signed_in(staff_of("administrator", name="Ada")).get(LIST))
