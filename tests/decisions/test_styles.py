"""Communication styles: what a map may hold, what the log says of it, undo, and the graph."""

import io
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from graph.projection import verification as check
from ptfi.accounts.models import User
from tests.support.cast import acting_for_self, confirmed
from tests.support.decisions import assert_log_whole, log_of
from tests.support.graph_helpers import cypher, dump, project
from traits import decisions
from traits.decisions import styles
from traits.errors import InvalidError, NotFoundError, NotLatestError
from traits.models import CommunicationStyle, UserRefinedTrait
from traits.review.selectors import newest_undoable

pytestmark = [pytest.mark.graph, pytest.mark.django_db]
KNOWN = {
    "FormalityLevel": "very_informal",
    "HumorUsage": "high",
    "EmojiPreference": 0.25,
    "Pacing": "slow",
    "VocabularyComplexity": "technical",
}


def put(user: User, values: dict[str, Any], context: str = "") -> decisions.StyleOutcome:
    return decisions.put_styles(**acting_for_self(user), context=context, styles=values)


def test_a_map_is_replaced_as_a_whole(alice: User, bob: User) -> None:
    put(bob, {"Pacing": "fast"})
    assert put(alice, KNOWN).changed == KNOWN
    outcome = put(alice, {"Pacing": "fast", "HumorUsage": "high", "Catchphrase": "Well, well."})
    gone = dict.fromkeys(("FormalityLevel", "EmojiPreference", "VocabularyComplexity"))
    assert outcome.changed == {"Pacing": "fast", "Catchphrase": "Well, well."} | gone
    assert outcome.styles == {"Catchphrase": "Well, well.", "HumorUsage": "high", "Pacing": "fast"}
    assert styles.styles(alice, "") == outcome.styles
    assert styles.all_styles(alice) == {"": outcome.styles}
    assert styles.all_styles(bob) == {"": {"Pacing": "fast"}}
    assert {entry.batch_id for entry in outcome.entries} == {outcome.action_id}
    assert log_of(alice) == ["style_changed"] * 10
    assert_log_whole(alice)


def test_an_entry_holds_both_states(alice: User) -> None:
    put(alice, {"Pacing": "slow"}, "Work")
    entry = put(alice, {"Pacing": "fast"}, "Work").entries[0]
    assert entry.style_element == "Pacing:work"
    assert entry.batch_id is None
    style = {"element": "Pacing", "context": "work"}
    assert entry.content["before"]["style"] == style | {"value": "slow"}
    assert entry.content["after"] == {"candidate": None, "trait": None, "style": style | {"value": "fast"}}
    assert put(alice, {}, "work").entries[0].content["after"]["style"] is None
    assert not CommunicationStyle.objects.filter(user=alice).exists()


def test_nothing_changes_nothing(alice: User) -> None:
    put(alice, KNOWN | {"Warmth": 3})
    outcome = put(alice, KNOWN | {"Warmth": 3.0})
    assert (outcome.entries, outcome.changed, outcome.action_id) == ([], {}, None)
    assert outcome.styles == KNOWN | {"Warmth": 3}
    assert len(log_of(alice)) == 6


def test_contexts_are_apart_and_their_spellings_are_one(alice: User) -> None:
    put(alice, {"Pacing": "slow"})
    put(alice, {"Pacing": "fast"}, "Work")
    put(alice, {"HumorUsage": "low"}, " work ")
    assert styles.styles(alice, "WORK") == {"HumorUsage": "low"}
    assert styles.styles(alice, "  ") == {"Pacing": "slow"}
    assert set(styles.all_styles(alice)) == {"", "work"}


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ("FormalityLevel", "casual"),
        ("FormalityLevel", 1),
        ("HumorUsage", None),
        ("HumorUsage", ["low"]),
        ("EmojiPreference", 1.01),
        ("EmojiPreference", "0.5"),
        ("EmojiPreference", True),
        ("EmojiPreference", float("nan")),
        ("Pacing", "Slow"),
        ("VocabularyComplexity", {}),
        ("formalityLevel", "formal"),
        ("Formality level ", "formal"),
        ("Warmth", False),
        ("Warmth", None),
        ("Warmth", {"level": 1}),
        ("Warmth", "x" * 101),
        ("Warmth", "a\x00b"),
        ("Warmth", float("inf")),
        ("Warmth", 10**400),
        ("Warmth", -(2**53) - 1),
        ("a:b", "c"),
        (" Warmth", "c"),
        ("", "c"),
    ],
)
def test_bad_elements_are_refused_and_nothing_is_written(alice: User, element: str, value: Any) -> None:
    with pytest.raises(InvalidError) as caught:
        put(alice, {"Pacing": "slow", element: value})
    assert list(caught.value.details) == [element]
    assert log_of(alice) == []


@pytest.mark.parametrize("name", ["a\x00b", "\ud800", "x" * 101, "a\nb"])
def test_bad_names_are_refused_without_repeating_them(alice: User, name: str) -> None:
    with pytest.raises(InvalidError) as caught:
        put(alice, {name: "x"})
    assert list(caught.value.details) == ["styles"]
    for use in (lambda: put(alice, {"Pacing": "slow"}, name), lambda: styles.styles(alice, name)):
        with pytest.raises(InvalidError) as caught:
            use()
        assert list(caught.value.details) == ["context"]


def test_too_many_or_too_long_styles_are_refused(alice: User) -> None:
    with pytest.raises(InvalidError):
        put(alice, {f"Element {number}": number for number in range(51)})
    with pytest.raises(InvalidError):
        put(alice, {"Pacing": "slow"}, "\ufdfa" * 100)
    for number in range(50):
        put(alice, {"Pacing": "slow"}, f"context {number}")
    with pytest.raises(InvalidError):
        put(alice, {"Pacing": "slow"}, "one more")
    put(alice, {"Pacing": "fast"}, "context 7")
    put(alice, {}, "context 8")
    put(alice, {"Pacing": "slow"}, "one more")


def test_numbers_stay_what_they_are_in_log_and_graph(alice: User) -> None:
    values = {"a": -0.0, "b": 1e15, "c": 1e-300, "d": 0.1, "e": 2.0, "f": -(2**53), "g": 9007199254740992.0, "h": 1e-7}
    put(alice, values, "x" * 100)
    assert styles.styles(alice, "x" * 100) == values
    assert_log_whole(alice)
    project(alice)
    assert check.check(alice.pk) == []


def test_undo_of_a_map_and_of_an_element(alice: User) -> None:
    first = put(alice, {"Pacing": "slow", "HumorUsage": "low"}, "work")
    second = put(alice, {"Pacing": "fast", "Warmth": 3}, "work")
    with pytest.raises(NotLatestError):
        decisions.undo(**acting_for_self(alice), action_id=first.entries[0].pk)
    assert second.action_id
    undone = decisions.undo(**acting_for_self(alice), action_id=second.action_id)
    assert (len(undone.entries), undone.skipped) == (3, 0)
    assert styles.styles(alice, "work") == {"Pacing": "slow", "HumorUsage": "low"}
    third = put(alice, {"Pacing": "moderate", "HumorUsage": "low"}, "work")
    assert first.action_id
    undone = decisions.undo(**acting_for_self(alice), action_id=first.action_id)
    assert (len(undone.entries), undone.skipped) == (1, 1)
    assert styles.styles(alice, "work") == {"Pacing": "moderate"}
    decisions.undo(**acting_for_self(alice), action_id=third.entries[0].pk)
    decisions.undo(**acting_for_self(alice), action_id=first.action_id)
    assert styles.all_styles(alice) == {}
    assert_log_whole(alice)


def test_the_same_element_elsewhere_does_not_stand_in_the_way(alice: User, bob: User) -> None:
    here = put(alice, {"Pacing": "slow"}, "work")
    put(alice, {"Pacing": "fast"})
    put(bob, {"Pacing": "fast"}, "work")
    assert here.action_id
    with pytest.raises(NotFoundError):
        decisions.undo(**acting_for_self(bob), action_id=here.action_id)
    decisions.undo(**acting_for_self(alice), action_id=here.action_id)
    assert styles.all_styles(alice) == {"": {"Pacing": "fast"}}
    assert styles.all_styles(bob) == {"work": {"Pacing": "fast"}}


@pytest.mark.parametrize(
    ("values", "said"),
    [({"Pacing": "slow"}, "Undone. Your style is as it was before: pace."), (KNOWN, "Undone: 5 changes.")],
)
def test_the_page_says_what_it_undid(alice: User, as_alice: Client, values: dict[str, Any], said: str) -> None:
    trait = confirmed(alice).trait
    assert trait
    put(alice, values)
    newest = newest_undoable(alice)
    assert newest
    assert newest.user_decision == "style_changed"
    for address in ("/review/", f"/traits/{trait.pk}/", "/traits/"):
        assert as_alice.get(address).status_code == 200
    assert said in as_alice.post("/undo/", follow=True).content.decode()
    assert styles.all_styles(alice) == {}
    assert "“Loves jazz”" in as_alice.post("/undo/", follow=True).content.decode()


def elements(user: User) -> set[tuple[str, Any, str]]:
    """Name, value and context of each in the graph."""
    match = "MATCH (:User {userID: $u})-[e:ADOPTS_COMMUNICATION_STYLE]->(n:CommunicationStyleElement)"
    rows = cypher(f"{match} RETURN n.name AS name, n.value AS value, e.contextApplicability AS context", u=user.pk)
    return {(row["name"], row["value"], row["context"]) for row in rows}


@pytest.mark.slow
def test_the_graph_follows(alice: User, bob: User) -> None:
    put(bob, {"Pacing": "fast"})
    project(bob)
    put(alice, {"Pacing": "slow", "EmojiPreference": 0.5})
    put(alice, {"Pacing": "fast", "Warmth": 3}, "work")
    project(alice)
    both = {("Pacing", "slow", ""), ("EmojiPreference", 0.5, ""), ("Pacing", "fast", "work"), ("Warmth", 3, "work")}
    assert elements(alice) == both
    outcome = put(alice, {"Pacing": "moderate"})
    project(alice)
    assert elements(alice) == {("Pacing", "moderate", ""), ("Pacing", "fast", "work"), ("Warmth", 3, "work")}
    assert outcome.action_id
    decisions.undo(**acting_for_self(alice), action_id=outcome.action_id)
    project(alice)
    assert elements(alice) == both
    assert check.check(alice.pk) == []
    before = dump(alice)
    call_command("rebuild_graph", person=str(alice.pk), stdout=io.StringIO())
    assert dump(alice) == before
    put(alice, {})
    put(alice, {}, "work")
    project(alice)
    assert cypher("MATCH (n:CommunicationStyleElement {ownerID: $u}) RETURN n", u=alice.pk) == []
    assert elements(bob) == {("Pacing", "fast", "")}
    assert check.check(alice.pk) == []


def test_a_difference_is_found(alice: User) -> None:
    put(alice, {"Pacing": "slow"}, "work")
    project(alice)
    CommunicationStyle.objects.filter(user=alice).update(value="fast")
    cypher("MATCH (n:CommunicationStyleElement {ownerID: $u}) SET n.value = 'x'", u=alice.pk)
    assert check.check(alice.pk) == [
        f"CommunicationStyle {alice.pk}:Pacing:work: value is not as in the log",
        f"CommunicationStyleElement {alice.pk}:Pacing:work: value is not as in the log",
    ]
    assert UserRefinedTrait.objects.filter(user=alice).count() == 1
