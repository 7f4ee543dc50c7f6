"""The history: every decision in a sentence, folded, filtered, undone from there; and the entry's own page."""

import datetime as dt
import zoneinfo
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ptfi.accounts.models import User
from tests.support.cast import SignedIn, Suggest, acting_for_self, confirmed, confirmed_trait, second_trait
from tests.support.pages import Html, said, text_of
from tests.support.trait_pages import ARABIC, SCRIPT, queries_of
from traits import decisions
from traits.decisions.inputs import Changes, Evidence, Relation
from traits.log.entries import Actor
from traits.log.sentences import (
    MARKED,
    REJECTED_BECAUSE,
    SNOOZED_UNTIL,
    STYLE_REMOVED,
    STYLE_REMOVED_IN,
    STYLE_SET_IN,
    TOLD,
    UNMERGED,
    Told,
)
from traits.models import Decision, ExtractedTraitCandidate, PersonaTrait, TraitStatus
from traits.models.log import NEVER_UNDONE

pytestmark = pytest.mark.django_db
HISTORY = "/persona/history/"
HTMX = {"HX-Request": "true", "HX-Target": "history-list"}


def sentences(response: Any) -> list[str]:
    """What each entry of the page says, newest first."""
    return Html(response).texts("p.entry-what")


def test_every_decision_in_a_sentence(as_alice: Client, alice: User, suggest: Suggest) -> None:
    jazz = confirmed_trait(alice)
    tea = decisions.confirm(
        **acting_for_self(alice), candidate_id=suggest(alice, "Likes tea").pk, changes=Changes(name="Loves tea")
    )
    knits = suggest(alice, "Knits")
    decisions.reject(**acting_for_self(alice), candidate_id=knits.pk, code="outdated", reason="Long ago.")
    decisions.reopen(**acting_for_self(alice), candidate_id=knits.pk)
    later = timezone.now() + dt.timedelta(days=2)
    decisions.snooze(**acting_for_self(alice), candidate_id=knits.pk, until=later)
    bebop = suggest(alice, "Hums bebop")
    decisions.merge(**acting_for_self(alice), candidate_id=bebop.pk, into=jazz.pk)
    decisions.reopen(**acting_for_self(alice), candidate_id=bebop.pk)
    own = decisions.add_trait(**acting_for_self(alice), changes=Changes(name="Sails", category="Skill")).trait
    assert own
    assert tea.trait
    decisions.set_status(**acting_for_self(alice), trait_id=own.pk, status="dormant")
    decisions.edit_trait(**acting_for_self(alice), trait_id=own.pk, changes=Changes(name="Sailed"))
    removed = decisions.remove_trait(**acting_for_self(alice), trait_id=own.pk, reason="Sold the boat.")
    decisions.undo(**acting_for_self(alice), action_id=removed.action_id)
    decisions.put_styles(**acting_for_self(alice), context="work", styles={"FormalityLevel": "very_formal"})
    page = as_alice.get(HISTORY)
    assert sentences(page) == [
        "You set formality to “very formal” for “At work”",
        "You undid removing “Sailed”",
        "You removed “Sailed” undone",
        "You edited “Sails”",
        "You marked “Sails” as dormant",
        "You added “Sails”",
        "You unmerged “Hums bebop” from “Loves jazz”",
        "You merged “Hums bebop” into “Loves jazz”",
        f"You snoozed “Knits” until {later:%-d %B %Y, %H:%M}",
        "You reopened “Knits”",
        "You rejected “Knits”: outdated",
        "You confirmed “Likes tea” with changes",
        "You confirmed “Loves jazz”",
    ]
    text = text_of(page)
    assert "Sold the boat." in text
    assert "Name was: Likes new: Loves tea" in text
    assert "Superseded by a later decision." in text


def test_every_decision_that_can_be_undone_has_a_sentence_for_that() -> None:
    told = {decision: sentences_of(told) for decision, told in TOLD.items()}
    assert told.keys() == set(Decision.values)
    assert {decision for decision, undone in told.items() if all(undone)} == set(Decision.values) - {*NEVER_UNDONE}
    others = [
        REJECTED_BECAUSE,
        SNOOZED_UNTIL,
        UNMERGED,
        *MARKED.values(),
        STYLE_SET_IN,
        STYLE_REMOVED,
        STYLE_REMOVED_IN,
    ]
    assert all(all(sentences_of(each)) for each in others)
    assert MARKED.keys() == set(TraitStatus.values)


def sentences_of(told: Told) -> tuple[str, str]:
    """What is said of undoing it: by the person, and by others."""
    return str(told.you_undid), str(told.other_undid)


def test_a_style_reads_as_in_its_form(as_alice: Client, alice: User) -> None:
    decisions.put_styles(**acting_for_self(alice), context="", styles={"EmojiPreference": 0.5})
    decisions.put_styles(**acting_for_self(alice), context="", styles={"EmojiPreference": 0.55})
    decisions.put_styles(**acting_for_self(alice), context="", styles={"EmojiPreference": 1})
    assert sentences(as_alice.get(HISTORY)) == [
        "You set emoji to “often”",
        "You set emoji to “now and then”",
        "You set emoji to “now and then”",
    ]
    text = text_of(as_alice.get(HISTORY))
    assert "Value was: now and then new: often" in text
    assert "Value was: 0.5 new: 0.55" in text
    assert "now and then" in text_of(as_alice.get("/styles/"))


@pytest.mark.slow
def test_a_merged_double_names_both(as_alice: Client, alice: User, jazz: PersonaTrait) -> None:
    again = second_trait(alice, "Loves JAZZ!")
    relation = Relation(trait_id=again.pk, kind="same")
    outcome = decisions.relate(**acting_for_self(alice), trait_id=jazz.pk, relation=relation)
    merged = "You merged “Loves JAZZ!” into “Loves jazz”"
    assert sentences(as_alice.get(HISTORY))[0] == merged
    for decision in ("merged", "removed", "edited"):
        assert sentences(as_alice.get(HISTORY, {"decision": decision}))[0] == merged
    one_by_one = as_alice.get(f"{HISTORY}{outcome.batch_id}/")
    assert sentences(one_by_one) == [merged] * 3
    assert "Both said the same." in text_of(one_by_one)
    assert "You merged it into another trait on" in text_of(as_alice.get("/persona/suppressions/"))
    decisions.undo(**acting_for_self(alice), action_id=outcome.action_id)
    assert sentences(as_alice.get(HISTORY))[1] == f"{merged} undone"


def test_an_entrys_page_shows_its_evidence_and_leads_on(as_alice: Client, alice: User, suggest: Suggest) -> None:
    knits = suggest(alice, "Knits", evidence=["I knit."])
    confirm = decisions.confirm(**acting_for_self(alice), candidate_id=knits.pk)
    page = as_alice.get(f"{HISTORY}{confirm.action_id}/")
    for part in ("Evidence at that time", "I knit.", "View trait"):
        assert part in text_of(page)
    assert page.content.decode().count('aria-current="page"') == 2
    assert confirm.trait
    decisions.remove_trait(**acting_for_self(alice), trait_id=confirm.trait.pk)
    text = text_of(as_alice.get(f"{HISTORY}{confirm.action_id}/"))
    assert "View suggestion" in text
    assert "View trait" not in text
    assert as_alice.get(f"{HISTORY}check/").content.decode().count("/persona/past/") == 1


@pytest.mark.slow
def test_a_batch_is_shown_as_one_decision(as_alice: Client, alice: User, queue: list[ExtractedTraitCandidate]) -> None:
    ids = [row.pk for row in queue]
    outcome = decisions.decide_many(**acting_for_self(alice), candidate_ids=ids, decision="rejected", code="not_me")
    page = as_alice.get(HISTORY)
    assert sentences(page) == ["You rejected 5 suggestions together"]
    assert "You rejected “ Likes number 3 ”: not me" in text_of(page)
    one_by_one = as_alice.get(f"{HISTORY}{outcome.batch_id}/")
    assert len(sentences(one_by_one)) == 6
    answer = as_alice.post(f"/undo/{outcome.entries[0].pk}/", {"next": f"{HISTORY}{outcome.batch_id}/"})
    assert answer.headers["Location"] == f"{HISTORY}{outcome.batch_id}/"
    assert "You rejected 5 suggestions together 1 of 5 undone" in sentences(as_alice.get(HISTORY))
    as_alice.post(f"/undo/{outcome.batch_id}/", {"next": HISTORY})
    assert sentences(as_alice.get(HISTORY))[0] == "You undid 4 decisions together"
    assert "You rejected 5 suggestions together undone" in sentences(as_alice.get(HISTORY))


def test_a_clash_says_how_the_two_go_together(as_alice: Client, alice: User, suggest: Suggest) -> None:
    tea = confirmed_trait(alice, "Prefers tea")
    coffee = suggest(alice, "Prefers coffee")
    relation = Relation(trait_id=tea.pk, kind="replaces")
    outcome = decisions.confirm(**acting_for_self(alice), candidate_id=coffee.pk, relation=relation)
    page = as_alice.get(HISTORY)
    assert sentences(page)[0] == "You confirmed “Prefers coffee”"
    assert "It replaced “ Prefers tea ”, now dormant." in text_of(page)
    assert f"/undo/{outcome.batch_id}/" in page.content.decode()
    decisions.set_status(**acting_for_self(alice), trait_id=tea.pk, status="active")
    assert f"/undo/{outcome.batch_id}/" not in as_alice.get(HISTORY).content.decode()


def test_undo_comes_back_to_the_place(as_alice: Client, alice: User) -> None:
    outcome = confirmed(alice)
    for number in range(31):
        decisions.add_trait(**acting_for_self(alice), changes=Changes(name=f"Hums {number}", category="Skill"))
    page = as_alice.get(f"{HISTORY}?after=3")
    back = Html(page).values("next")[0]
    answer = as_alice.post(f"/undo/{outcome.action_id}/", {"next": f"{HISTORY}?after=3&done={outcome.action_id}#e-1"})
    assert back.startswith(f"{HISTORY}?after=3&done=")
    assert answer.headers["Location"] == f"{HISTORY}?after=3&done={outcome.action_id}#e-1"
    assert said(answer) == ["Undone. “Loves jazz” is back in your queue."]
    again = as_alice.get(f"{HISTORY}?after=3&done={outcome.action_id}", headers=HTMX)
    assert "Undone. “Loves jazz” is back in your queue." in text_of(again)
    assert "autofocus" in again.content.decode()
    assert "<html" not in again.content.decode()
    assert not PersonaTrait.objects.filter(name="Loves jazz").exists()


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org", "javascript:alert(1)", "\\\\x"])
def test_undo_leads_to_no_other_site(as_alice: Client, alice: User, elsewhere: str) -> None:
    answer = as_alice.post(f"/undo/{confirmed(alice).action_id}/", {"next": elsewhere})
    assert answer.headers["Location"].startswith("/review/")


@pytest.mark.slow
def test_the_history_shows_what_the_filters_let_through(
    as_alice: Client, alice: User, sam: User, suggest: Suggest
) -> None:
    alice.time_zone = "Pacific/Auckland"
    alice.save()
    jazz = confirmed_trait(alice)
    decisions.reject(
        **acting_for_self(alice), candidate_id=suggest(alice, "Knits", trait_category="Skill").pk, code="not_me"
    )
    app = Actor(user_id=alice.pk, client_id="gone-client")
    decisions.edit_trait(user=alice, actor=app, trait_id=jazz.pk, changes=Changes(description="At night."))
    staff = Actor(user_id=sam.pk, kind="staff", reference="T-17")
    decisions.set_status(user=alice, actor=staff, trait_id=jazz.pk, status="dormant")
    today = dt.datetime.now(zoneinfo.ZoneInfo("Pacific/Auckland")).date()
    yesterday = today - dt.timedelta(days=1)
    cases = {
        "decision=rejected": ["You rejected “Knits”: not me"],
        "category=Skill": ["You rejected “Knits”: not me"],
        "category=Interest&actor=app": ["You edited “Loves jazz”"],
        "actor=staff": ["Staff marked “Loves jazz” as dormant"],
        "actor=person": ["You rejected “Knits”: not me", "You confirmed “Loves jazz”"],
        "actor=pipeline": [],
        f"until={yesterday}": [],
        f"since={today}&decision=edited": ["You edited “Loves jazz”"],
        f"since={today + dt.timedelta(days=1)}": [],
    }
    for query, expected in cases.items():
        assert sentences(as_alice.get(f"{HISTORY}?{query}")) == expected, query
    text = text_of(as_alice.get(HISTORY))
    assert "via an app that no longer exists" in text
    assert "ticket T-17" in text
    assert f"{today:%A, %-d %B %Y}" in text


@pytest.mark.parametrize(
    "query", ["decision=x", "category=\x00", "since=2026-02-31", "until=0001-01-01", "after=-1", "after=" + "9" * 30]
)
def test_nonsense_counts_as_not_chosen(as_alice: Client, jazz: PersonaTrait, query: str) -> None:
    assert sentences(as_alice.get(f"{HISTORY}?{query}")) == ["You confirmed “Loves jazz”"]


def test_the_entrys_page_shows_the_evidence(as_alice: Client, alice: User, suggest: Suggest) -> None:
    candidate = suggest(alice, evidence=["One.", "Two.", "Three."])
    first = candidate.supporting_evidence[0]["evidence_id"]
    outcome = decisions.confirm(
        **acting_for_self(alice),
        candidate_id=candidate.pk,
        changes=Changes(notes="Ask me.", user_confidence=4),
        evidence=Evidence(verdicts={first: "not_me"}, own=["My own."]),
    )
    assert "1 piece: Not about me" in text_of(as_alice.get(HISTORY))
    text = text_of(as_alice.get(f"{HISTORY}{outcome.action_id}/"))
    for part in (
        "One. journal, page 1 was: No opinion new: Not about me",
        "My own. added",
        "Ask me.",
        "4 of 5",
        "Entry 1 of your log.",
    ):
        assert part in text, part
    assert "Two." not in text


@pytest.mark.slow
def test_paging_and_queries(as_alice: Client, alice: User, queue: list[ExtractedTraitCandidate]) -> None:
    decisions.decide_many(
        **acting_for_self(alice), candidate_ids=[row.pk for row in queue[:3]], decision="confirmed_asis"
    )
    decisions.undo(**acting_for_self(alice), action_id=confirmed(alice).action_id)
    few = queries_of(as_alice, HISTORY)
    for number in range(12):
        trait = decisions.add_trait(
            **acting_for_self(alice), changes=Changes(name=f"Hums {number}", category="Skill")
        ).trait
        assert trait
        decisions.undo(
            **acting_for_self(alice),
            action_id=decisions.set_status(**acting_for_self(alice), trait_id=trait.pk, status="dormant").action_id,
        )
    # The entries, their batches, which of those are told, they, what stands, what changed, what staff did, what imports
    # changed; and what was undone before.
    assert few == 8
    assert queries_of(as_alice, HISTORY) <= few + 1
    seen, after = list[str](), ""
    while True:
        page = as_alice.get(HISTORY + after)
        seen += sentences(page)
        after = Html(page).next_page()
        if not after:
            break
    assert len(seen) == 3 + 12 * 3


@pytest.mark.parametrize("name", [ARABIC, SCRIPT, "{suggestion} {0} %s", "𝕁𝕒𝕫𝕫 🎷"])
def test_any_name_is_shown_as_it_is(as_alice: Client, alice: User, name: str) -> None:
    trait = decisions.add_trait(**acting_for_self(alice), changes=Changes(name=name, category="Other")).trait
    assert trait
    decisions.edit_trait(**acting_for_self(alice), trait_id=trait.pk, changes=Changes(concepts=[name]))
    page = as_alice.get(HISTORY)
    assert name in text_of(page)
    assert SCRIPT not in page.content.decode()


def test_bob_sees_nothing(as_alice: Client, alice: User, bob: User, signed_in: SignedIn) -> None:
    outcome = confirmed(alice)
    his = signed_in(bob)
    assert sentences(his.get(HISTORY)) == []
    assert "No decisions yet" in text_of(his.get(HISTORY))
    assert his.get(f"{HISTORY}{outcome.action_id}/").status_code == 404
    assert as_alice.get(f"{HISTORY}{outcome.action_id}/").status_code == 200
