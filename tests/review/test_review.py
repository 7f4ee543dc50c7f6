"""What the review queue shows without a script, its filters and pages, over HTTP."""

import datetime as dt
import html
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ptfi.accounts.models import User
from ptfi.texts import isolated
from ptfi.web.keyset import PAGE
from tests.support.cast import Suggest, confirmed
from tests.support.pages import Html, text_of
from tests.support.review_pages import HTMX, names, path
from traits.models import PersonaTrait
from traits.review import card as cards
from traits.review.highlight import Marker

LONG = "ü" * 255
ARABIC = "يحب موسيقى الجاز"
COMBINING = "Z̸̧̢̛̙a̷͔͑l̴̪̇go"
SCRIPT = '<script>alert("1")</script>'


# What the queue shows


def test_it_needs_a_sign_in(as_alice: Client, suggest: Suggest, alice: User) -> None:
    candidate = suggest(alice)
    for address in ("/review/", path(candidate), path(candidate, "edit"), "/review/filters/"):
        response = Client().get(address)
        assert response.status_code == 302
        assert response["Location"].startswith("/accounts/login/")


def test_the_queue_before_any_suggestion(as_alice: Client) -> None:
    assert "Suggestions will appear here" in text_of(as_alice.get("/review/"))


def test_the_first_card_is_open_and_says_everything(as_alice: Client, suggest: Suggest, alice: User) -> None:
    confirmed(alice, "Plays the piano", concepts=["music"])
    piece = {"start_time": 75.0, "end_time": 80.0, "relevance_score": 0.9, "type": "audio_segment", "speaker": "Ann",
             "before": "Before it.", "after": "After it.", "recorded_at": "2026-03-01T12:00:00+00:00"}  # fmt: skip
    candidate = suggest(
        alice, "Loves jazz concerts", concepts=["jazz", "music"], originating_models=["topic-model.v3", "llm.v1"]
    )
    candidate.supporting_evidence[0] |= piece
    candidate.supporting_evidence.reverse()
    candidate.save(update_fields=["supporting_evidence"])
    response = as_alice.get("/review/")
    page = text_of(response)
    for part in (
        "To review 1",
        "1 of 2 decided",
        "under 1 min left",
        "Loves jazz concerts",
        "Because it is said often.",
        "Suggested by 2 models ( topic model, llm ) on ",
        "Together they rate it likely.",
        "Confidence 80%",
        "Before it. I love jazz . After it. Audio recording · journal, page 1 · said by Ann · 1 March 2026 · 1:15 –1:20",  # noqa: E501
        "The most relevant first.",
        "relevance 90%",
        "New trait “ Loves jazz concerts ” in the category Interest",
        "Evidence used: 2 of 2",
        "New topic: jazz",
        "Topic you already have: music",
    ):
        assert part in page.replace(" – ", "–").replace("1:15–", "1:15 –")
    assert "I <mark>love</mark> <mark>jazz</mark>." in response.content.decode()
    assert page.index("I love jazz") < page.index("Jazz again tonight")
    assert 'aria-current="true"' in response.content.decode()


@pytest.mark.parametrize(
    ("url", "plays"),
    [
        ("https://media.example.org/a.mp3#x", "https://media.example.org/a.mp3#t=75,80"),
        ("https://media.example.org.evil.example/a.mp3", ""),
        ("https://media.example.org@evil.example/a.mp3", ""),
        ("http://media.example.org/a.mp3", ""),
        ("https://[", ""),
    ],
)
def test_recordings_play_from_allowed_addresses_only(
    as_alice: Client, suggest: Suggest, settings: Any, url: str, plays: str, alice: User
) -> None:
    settings.MEDIA_ORIGINS = ["https://media.example.org"]
    candidate = suggest(alice)
    piece = {"start_time": 75.0, "end_time": 80.0, "type": "audio_segment", "media_url": url}
    candidate.supporting_evidence[0] |= piece
    candidate.save(update_fields=["supporting_evidence"])
    found = Html(as_alice.get(path(candidate)))
    assert [found.one("audio").attributes["src"] if found.has("audio") else ""] == [plays]


def test_verdicts_that_leave_no_evidence_suggest_to_reject(as_alice: Client, suggest: Suggest, alice: User) -> None:
    candidate = suggest(alice)
    verdicts = {f"verdict-{piece['evidence_id']}": "not_me" for piece in candidate.supporting_evidence}
    assert Html(as_alice.get(path(candidate))).has("[data-no-evidence][hidden]")
    as_alice.post(path(candidate, "snooze"), {"until": "evidence", **verdicts})
    found = Html(as_alice.get(path(candidate)))
    assert not found.has("[data-no-evidence][hidden]")
    assert "Evidence used: 0 of 2" in found.text


def test_keys_are_printed_unless_switched_off(as_alice: Client, suggest: Suggest, alice: User) -> None:
    suggest(alice)
    assert "c" in Html(as_alice.get("/review/")).texts(".actions kbd")
    alice.keys_enabled = False
    alice.save()
    page = Html(as_alice.get("/review/"))
    assert page.has("[data-keys=off]")
    assert page.texts(".actions kbd") == []


def test_single_evidence_is_seen_once(as_alice: Client, suggest: Suggest, alice: User) -> None:
    suggest(alice, evidence=["Jazz."])
    assert "based on 1 piece" in text_of(as_alice.get("/review/"))


@pytest.mark.slow
def test_many_pieces_come_in_steps(as_alice: Client, suggest: Suggest, alice: User) -> None:
    candidate = suggest(alice, evidence=[f"piece {n}." for n in range(1_000)])
    page = Html(as_alice.get(path(candidate)))
    assert len(page.all(".quote")) == cards.PIECES
    first = f"verdict-{candidate.supporting_evidence[0]['evidence_id']}"
    link = page.attribute("[formaction*='pieces=']", "formaction")
    wider = Html(as_alice.post(link, {first: "not_me", "reason": "typed"}))
    assert len(wider.all(".quote")) == cards.PIECES + cards.MORE_PIECES
    assert wider.chosen(first) == ["not_me"]
    assert "typed" in wider.values("reason")
    more = Html(as_alice.get(f"{path(candidate)}?from=10", headers=HTMX | {"HX-Target": "more-pieces"}))
    assert len(more.all(".quote")) == cards.MORE_PIECES
    assert "piece 10." in more.text
    end = Html(as_alice.get(f"{path(candidate)}?from=900", headers=HTMX | {"HX-Target": "more-pieces"}))
    assert not end.has("#more-pieces")


@pytest.mark.parametrize("name", [LONG, ARABIC, COMBINING, SCRIPT, "喜欢爵士乐", "💃🏽" * 60])
def test_any_name_can_be_shown_and_confirmed(as_alice: Client, suggest: Suggest, alice: User, name: str) -> None:
    candidate = suggest(alice, name, trait_description=name, concepts=[name], evidence=[f"… {name} …"])
    page = as_alice.get("/review/").content.decode()
    assert SCRIPT not in page
    assert html.escape(name) in page
    response = as_alice.post(path(candidate, "confirm"), {"version": 1}, follow=True)
    assert f"Confirmed “{isolated(name)}”." in html.unescape(response.content.decode())
    assert PersonaTrait.objects.get(pk=candidate.pk).name == name


def test_near_duplicates_are_one_row(as_alice: Client, suggest: Suggest, alice: User) -> None:
    suggest(alice, "Loves jazz", created_at=timezone.now() - dt.timedelta(days=1))
    suggest(alice, "loves  jazz!")
    page = text_of(as_alice.get("/review/"))
    assert "1 similar" in page
    assert "1 other suggestion says the same" in page


def test_other_queries_stay_bounded(
    as_alice: Client, suggest: Suggest, alice: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(40):
        suggest(alice, f"Likes number {number}")
    for number in range(10):
        confirmed(alice, f"Loves jazz {number}")
    candidate = suggest(alice, "Loves jazz", evidence=["x"] * 20)
    with django_assert_max_num_queries(9):
        assert as_alice.get("/review/").status_code == 200
    with django_assert_max_num_queries(9):
        assert as_alice.get(path(candidate)).status_code == 200
    with django_assert_max_num_queries(14):
        assert as_alice.post(path(candidate, "confirm"), {"version": 1}, headers=HTMX).status_code == 200


# Filters and paging


@pytest.mark.slow
def test_filters_narrow_the_list(as_alice: Client, suggest: Suggest, alice: User) -> None:
    suggest(alice, "Loves jazz")
    suggest(alice, "Knows law", trait_category="Skill", confidence_score=0.2, concepts=["law"])
    suggest(alice, "喜欢爵士乐", originating_models=["zh.v1"])
    assert len(names(as_alice.get("/review/"))) == 3
    assert names(as_alice.get("/review/?category=Skill")) == ["Knows law"]
    assert names(as_alice.get("/review/?band=guess")) == ["Knows law"]
    assert names(as_alice.get("/review/?concept=law")) == ["Knows law"]
    assert names(as_alice.get("/review/?model=zh.v1")) == ["喜欢爵士乐"]
    assert names(as_alice.get("/review/", {"q": "爵士"})) == ["喜欢爵士乐"]
    assert "Nothing matches" in text_of(as_alice.get("/review/?q=nowhere"))


@pytest.mark.parametrize(
    ("typed", "finds"),
    [
        ("ja", True),
        ("LOVES ja ", True),
        ("jazz lov", True),
        ("j", False),
        ("azz", False),
        ("ja loves", False),
        ('"loves ja', False),
        ('"loves jazz"', True),
        ("law or jazz", True),
        ("law or ja", True),
        ("loves -ja", True),
        ("loves -jazz", False),
        ("__", False),
        ("ja' | loves", False),
        ("ja:* & (", False),
    ],
)
def test_a_search_finds_by_the_beginning_of_the_last_word(
    as_alice: Client, suggest: Suggest, alice: User, typed: str, finds: bool
) -> None:
    suggest(alice, "Loves jazz", evidence=["x"])
    assert names(as_alice.get("/review/", {"q": typed})) == (["Loves jazz"] if finds else [])


@pytest.mark.parametrize(
    "query",
    [
        {"tab": "x"},
        {"category": "x", "band": "y"},
        {"q": "\x00"},
        {"concept": "\x00'\""},
        {"q": '"((| & !:*'},
        {"after": "2026_x"},
        {"after": "2026-01-01T00:00:00_" + str(uuid.uuid4())},
        {"pieces": "-1"},
        {"from": "x", "shown": "99999999999999999999"},
        {"q": "a" * 5_000},
    ],
)
def test_filters_that_are_nonsense_break_nothing(
    as_alice: Client, suggest: Suggest, alice: User, query: dict[str, str]
) -> None:
    candidate = suggest(alice)
    assert as_alice.get("/review/", query).status_code == 200
    assert as_alice.get(path(candidate), query).status_code == 200
    assert as_alice.get("/review/", query, headers=HTMX | {"HX-Target": "more"}).status_code == 200


def test_models_and_concepts_come_on_demand(as_alice: Client, suggest: Suggest, alice: User, bob: User) -> None:
    suggest(alice, concepts=["sailing"])
    suggest(bob, concepts=["my divorce"])
    assert '<option value="">Any topic' not in as_alice.get("/review/").content.decode()
    plain = text_of(as_alice.get("/review/filters/?category=Interest"))
    assert "sailing" in plain
    assert "divorce" not in plain
    part = as_alice.get("/review/filters/", headers=HTMX | {"HX-Target": "facets"}).content.decode()
    assert "<html" not in part
    assert "text-analysis.v2" in part


def test_pages_of_the_list(as_alice: Client, suggest: Suggest, alice: User) -> None:
    for number in range(PAGE + 5):
        suggest(alice, f"Likes number {number}")
    first = as_alice.get("/review/")
    link = Html(first).attribute("#more a", "href")
    second = as_alice.get(link)
    assert len(names(first)) == PAGE
    assert len(set(names(first)) | set(names(second))) == PAGE + 5
    rows = as_alice.get(link, headers=HTMX | {"HX-Target": "more"})
    assert names(rows) == names(second)
    assert "<html" not in rows.content.decode()


def test_htmx_gets_only_the_part_it_asks_for(as_alice: Client, suggest: Suggest, alice: User) -> None:
    candidate = suggest(alice)
    part = as_alice.get(path(candidate), headers=HTMX).content.decode()
    assert "<html" not in part
    assert 'id="decide"' in part
    assert (
        "<html" in as_alice.get(path(candidate), headers=HTMX | {"HX-History-Restore-Request": "true"}).content.decode()
    )
    response = as_alice.get("/review/?q=jazz&band=", headers=HTMX | {"HX-Target": "workspace"})
    assert response["HX-Push-Url"] == "/review/?q=jazz"
    assert "<html" not in response.content.decode()


# Marking


@pytest.mark.parametrize(
    ("claim", "text", "marked"),
    [
        ("Commutes by train", "We commuted; TRAINS are late.", ["commuted", "TRAINS"]),
        ("Knows that they are like this", "They like that, this is known.", ["known"]),
        ("爵士乐", "我喜欢爵士乐和爵士", ["爵士乐", "爵士"]),
        ("Straße", "STRASSEN!", ["STRASSEN"]),
        ("हिन्दी", "वह हिन्दी बोलती है", ["हिन्दी"]),
        ("a b c", "a b c", []),
        ("x", "", []),
    ],
)
def test_matching_words_are_marked(claim: str, text: str, marked: list[str]) -> None:
    pieces = Marker([claim]).mark(text)
    assert [piece for piece, hit in pieces if hit] == marked
    assert "".join(piece for piece, _ in pieces) == text
