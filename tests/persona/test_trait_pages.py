"""The first page and a trait's pages: who sees them, what they show, its status and removal, without a script."""

import html
import re
import uuid

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from ptfi.accounts.models import User
from tests.support.cast import SignedIn, acting_for_self, make_candidate
from tests.support.graph_helpers import project
from tests.support.pages import Html, said, text_of
from tests.support.trait_pages import ARABIC, SCRIPT, fields, path, queries_of
from traits import decisions
from traits.decisions.inputs import Changes, Evidence
from traits.models import Decision, Persona, PersonaTrait, UserRefinedTrait

pytestmark = pytest.mark.graph

LONG = "ü" * 255


def test_the_first_page_says_what_this_is(as_alice: Client) -> None:
    page = Client().get("/")
    assert page.status_code == 200
    assert "Nothing becomes part of your persona until you confirm it." in text_of(page)
    for address in ("/accounts/login/", "/accounts/signup/"):
        assert f'href="{address}"' in page.content.decode()
    assert as_alice.get("/").headers["Location"] == "/review/"


def test_pages_carry_no_inline_script_or_style(as_alice: Client, jazz: PersonaTrait) -> None:
    edit, new, remove = path(jazz, "edit"), "/traits/new/", path(jazz, "remove")
    for address in ("/traits/", path(jazz), edit, new, remove, f"/traits/{uuid.uuid4()}/"):
        text = as_alice.get(address).content.decode()
        assert Html(text).inline_code() == [], address


def test_bob_finds_nothing_of_alice(jazz: PersonaTrait, bob: User, signed_in: SignedIn) -> None:
    his = signed_in(bob)
    for action in ("", "edit", "remove"):
        assert his.get(path(jazz, action)).status_code == 404
    for action in ("edit", "remove", "status"):
        answer = his.post(path(jazz, action), fields(jazz, name="Mine", status="dormant"))
        assert answer.status_code == 404
        assert jazz.name not in text_of(answer)
    assert PersonaTrait.objects.get().version == jazz.version
    similar = his.post("/traits/similar/", {"name": jazz.name})
    assert jazz.name not in text_of(similar)


def test_strangers_are_asked_to_sign_in(jazz: PersonaTrait) -> None:
    stranger = Client()
    for address in (
        "/traits/",
        "/traits/new/",
        "/traits/graph-state/",
        path(jazz),
        path(jazz, "edit"),
        path(jazz, "remove"),
    ):
        answer = stranger.get(address)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/accounts/login/?next=")
    for address in (path(jazz, "edit"), path(jazz, "status"), path(jazz, "remove"), "/traits/new/", "/traits/similar/"):
        assert stranger.post(address).status_code == 302
    assert PersonaTrait.objects.get().version == jazz.version


def test_a_trait_with_everything(as_alice: Client, alice: User) -> None:
    candidate = make_candidate(alice, "Plays jazz", evidence=["One jazz", "Two jazz", "My secret jazz"], language="en")
    candidate.supporting_evidence[0] |= {"start_time": 75.5, "relevance_score": 0.9}
    candidate.save()
    one, two, secret = [piece["evidence_id"] for piece in candidate.supporting_evidence]
    decisions.confirm(
        **acting_for_self(alice),
        candidate_id=candidate.pk,
        changes=Changes(
            name="Plays jazz badly",
            user_confidence=2,
            notes="Ask my neighbours.",
            expression_contexts=["in the cellar"],
            concepts=["double bass"],
        ),
        evidence=Evidence(verdicts={one: "supports", two: "out_of_context", secret: "too_private"}, own=["I own one."]),
    )
    page = as_alice.get(f"/traits/{candidate.pk}/")
    text = text_of(page)
    for part in (
        "Plays jazz badly",
        "Suggested as “ Plays jazz ”",
        "2 of 5",
        "likely",
        "Ask my neighbours.",
        "in the cellar",
        "double bass",
        "Suggested, changed by you",
        "One jazz Text · journal, page 1 · 1:15 · relevance 90% Supports it",
        "Two jazz Text · journal, page 2 Out of context",
        "I own one. In your own words",
        "1 piece too private to show",
        "You confirmed “ Plays jazz ” with changes",
        "on its way",
    ):
        assert part in text, part
    before, folded = page.content.decode().split("too private to show", 1)
    assert "My secret jazz" in folded
    assert "My secret jazz" not in before


@pytest.mark.slow
def test_the_badge_follows_the_graph(as_alice: Client, alice: User, jazz: PersonaTrait) -> None:
    assert "on its way" in text_of(as_alice.get(path(jazz)))
    Persona.objects.filter(user=alice).update(attempts=3)
    assert "waiting" in text_of(as_alice.get(path(jazz)))
    project(alice)
    assert "in your persona" in text_of(as_alice.get(path(jazz)))


def test_the_same_number_of_queries_however_much_there_is(as_alice: Client, alice: User, jazz: PersonaTrait) -> None:
    for number in range(12):
        other = make_candidate(alice, f"Hums {number}", evidence=[f"Hum {number}, {again}" for again in range(5)])
        decisions.merge(**acting_for_self(alice), candidate_id=other.pk, into=jazz.pk)
    # The trait, the persona, the suggestion, the history with what can be undone, and who read the trait.
    assert queries_of(as_alice, path(jazz)) == 5
    assert "52 more pieces" in text_of(as_alice.get(path(jazz)))
    # The trait, and the concepts and contexts to choose from.
    assert queries_of(as_alice, path(jazz, "edit")) == 3


def test_a_merged_suggestion_can_be_split_off(as_alice: Client, alice: User, jazz: PersonaTrait) -> None:
    merged = make_candidate(alice, "Hums bebop", evidence=["Hum."])
    decisions.merge(**acting_for_self(alice), candidate_id=merged.pk, into=jazz.pk)
    decisions.set_status(**acting_for_self(alice), trait_id=jazz.pk, status="dormant")
    page = as_alice.get(path(jazz))
    assert "You merged “ Hums bebop ” into “ Loves jazz ”" in text_of(page)
    assert f'action="/review/{merged.pk}/reopen/"' in page.content.decode()
    as_alice.post(f"/review/{merged.pk}/reopen/")
    page = as_alice.get(path(jazz))
    assert f'action="/review/{merged.pk}/reopen/"' not in page.content.decode()
    assert "Hum." not in text_of(page)
    assert "You unmerged “ Hums bebop ” from “ Loves jazz ”" in text_of(page)


def test_history_offers_to_undo_what_can_be_undone(as_alice: Client, alice: User, jazz: PersonaTrait) -> None:
    outcome = decisions.set_status(**acting_for_self(alice), trait_id=jazz.pk, status="dormant")
    page = as_alice.get(path(jazz)).content.decode()
    assert re.findall(r'action="/undo/([^/]+)/"', page) == [str(outcome.action_id)]
    assert as_alice.post(f"/undo/{outcome.action_id}/").status_code == 302
    assert "You undid marking “ Loves jazz ” as dormant" in text_of(as_alice.get(path(jazz)))
    assert PersonaTrait.objects.get().status == "active"
    assert f"/undo/{outcome.action_id}/" not in as_alice.get(path(jazz)).content.decode()


@pytest.mark.parametrize("name", [LONG, ARABIC, SCRIPT, "Z̸̧a̷l̴go", "𝕁𝕒𝕫𝕫 🎷"])
def test_any_text_is_shown_as_it_is(as_alice: Client, alice: User, name: str) -> None:
    page = as_alice.post(
        "/traits/new/", {"name": name, "category": "Other", "description": name, "own_evidence": name}, follow=True
    )
    assert page.status_code == 200
    assert PersonaTrait.objects.get().name == name
    assert page.content.decode().count(html.escape(name)) >= 3
    assert SCRIPT not in page.content.decode()


def test_the_status_is_set_and_undone(as_alice: Client, alice: User, jazz: PersonaTrait) -> None:
    answer = as_alice.post(path(jazz, "status"), {"status": "dormant", "version": jazz.version})
    assert answer.headers["Location"] == path(jazz)
    assert "dormant" in said(answer)[0]
    assert PersonaTrait.objects.get().status == "dormant"
    assert as_alice.post(path(jazz, "status"), {"status": "experimental", "version": jazz.version}).status_code == 409
    for nonsense in ("", "gone", "\x00"):
        assert as_alice.post(path(jazz, "status"), {"status": nonsense}).status_code == 400
    assert as_alice.get(path(jazz, "status")).status_code == 405


def test_a_trait_is_removed_after_a_question(as_alice: Client, alice: User, jazz: PersonaTrait) -> None:
    assert f"Remove “ {jazz.name} ”?" in text_of(as_alice.get(path(jazz, "remove")))
    assert PersonaTrait.objects.exists()
    answer = as_alice.post(path(jazz, "remove"), {"version": jazz.version, "reason": "I was young."})
    assert answer.headers["Location"] == "/traits/"
    assert not PersonaTrait.objects.exists()
    entry = UserRefinedTrait.objects.get(user_decision=Decision.REMOVED)
    assert entry.content["reason"] == "I was young."
    message = next(iter(get_messages(answer.wsgi_request)))
    assert message.extra_tags == f"undo:{entry.pk}"
    assert as_alice.post(f"/undo/{entry.pk}/").status_code == 302
    assert PersonaTrait.objects.get().name == jazz.name


def test_a_refused_reason_is_kept(as_alice: Client, jazz: PersonaTrait) -> None:
    for reason in ("r" * 10_001, "a\x00b"):
        answer = as_alice.post(path(jazz, "remove"), {"version": jazz.version, "reason": reason})
        assert answer.status_code == 400
        assert reason in answer.content.decode()
        assert 'aria-describedby="reason_error"' in answer.content.decode()
    assert PersonaTrait.objects.exists()
