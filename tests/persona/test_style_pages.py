"""The page of the communication style: contexts, what they inherit, the example, faults, two tabs, and undo."""

import uuid
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from ptfi.accounts.models import User
from tests.support.cast import SignedIn, acting_for_self
from tests.support.decisions import log_of
from tests.support.graph_helpers import project
from tests.support.pages import Html, said, text_of
from tests.support.style_pages import sent
from tests.support.trait_pages import SCRIPT
from traits import decisions
from traits.decisions import styles
from traits.persona import style_preview as style_examples

pytestmark = [pytest.mark.graph, pytest.mark.django_db]
SLIDER = {"emoji": "0", "emoji_unset": "0"}


def seen(response: Any) -> str:
    return Html(response).values("seen")[0]


def tab(client: Client, label: str) -> str:
    return Html(client.get("/styles/")).link(label)


def test_the_page_of_a_person_without_styles(as_alice: Client, alice: User) -> None:
    page = as_alice.get("/styles/")
    assert "Please send me the report. I want to check whether the plan holds up." in text_of(page)
    assert page.content.decode().count("Not set") == 5
    for label in ("Everywhere", "At work", "With friends"):
        assert label in text_of(page)
    answer = as_alice.post("/styles/", sent(as_alice))
    assert said(answer) == ["Nothing was changed."]
    assert log_of(alice) == []


def test_the_message_is_in_the_language_of_the_page(as_alice: Client) -> None:
    page = as_alice.get("/styles/", HTTP_ACCEPT_LANGUAGE="de")
    assert "Bitte schick mir den Bericht. Ich möchte prüfen, ob der Plan trägt." in text_of(page)
    answer = as_alice.post("/styles/", sent(as_alice, **{"known-Pacing": "fast"}), HTTP_ACCEPT_LANGUAGE="de")
    assert said(answer)[0].startswith("1 Änderung an deinem Stil gespeichert (")


def test_saving_undoing_and_the_badge(as_alice: Client, alice: User) -> None:
    values = {"known-FormalityLevel": "informal", "known-EmojiPreference": "set", "emoji": "30"}
    answer = as_alice.post("/styles/", sent(as_alice, **values, **{"name-0": "Greeting", "value-0": "嗨"}))
    assert answer.headers["Location"] == "/styles/"
    assert styles.styles(alice, "") == {"EmojiPreference": 0.3, "FormalityLevel": "informal", "Greeting": "嗨"}
    message = next(iter(get_messages(answer.wsgi_request)))
    assert str(message) == "Saved 3 changes to your style (Everywhere)."
    page = as_alice.get("/styles/")
    assert "Send me the report, will you? 🙂 I want to check whether the plan holds up." in text_of(page)
    assert "on its way" in text_of(page)
    project(alice)
    assert "in your persona" in text_of(as_alice.get("/styles/"))
    undone = as_alice.post(f"/undo/{message.extra_tags.removeprefix('undo:')}/")
    assert undone.headers["Location"] == "/styles/"
    assert styles.all_styles(alice) == {}


def test_what_is_not_touched_stays_as_it_is(as_alice: Client, alice: User) -> None:
    odd = {"EmojiPreference": 0.333, "Version": "3", "Tiny": 1e-7, "Empty": "", "Lines": "a\nb", "Big": 2**53}
    decisions.put_styles(**acting_for_self(alice), context="", styles=odd)
    assert said(as_alice.post("/styles/", sent(as_alice))) == ["Nothing was changed."]
    assert styles.styles(alice, "") == odd


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), ("-0.5", -0.5), ("007", "007"), ("1e3", "1e3"), ("99999999999999999999", "99999999999999999999")],
)
def test_what_reads_as_a_number_is_one(as_alice: Client, alice: User, text: str, value: Any) -> None:
    as_alice.post("/styles/", sent(as_alice, **{"name-0": "Warmth", "value-0": f" {text} "}))
    assert styles.styles(alice, "") == {"Warmth": value}


def test_elements_are_changed_and_removed(as_alice: Client, alice: User) -> None:
    decisions.put_styles(
        **acting_for_self(alice), context="", styles={"A": "one", "B": "two", "C": "three", "Pacing": "fast"}
    )
    changes = {"value-0": "1st", "remove-1": "on", "value-2": "", "known-Pacing": ""}
    as_alice.post("/styles/", sent(as_alice, **changes))
    assert styles.styles(alice, "") == {"A": "1st"}


def test_a_context_inherits(as_alice: Client, alice: User) -> None:
    everywhere = {"FormalityLevel": "formal", "EmojiPreference": 0.5, "Greeting": "Dear all"}
    decisions.put_styles(**acting_for_self(alice), context="", styles=everywhere)
    work = tab(as_alice, "At work")
    page = as_alice.get(work)
    for part in (
        "Same as everywhere: formal",
        "Same as everywhere: now and then",
        "until you enter a value here: Dear all",
    ):
        assert part in text_of(page)
    assert "Could you please send me the report? 🙂" in text_of(page)
    assert said(as_alice.post("/styles/", sent(as_alice, work))) == ["Nothing was changed."]
    answer = as_alice.post("/styles/", sent(as_alice, work, **{"known-FormalityLevel": "very_formal", "value-0": "Hi"}))
    assert answer.headers["Location"] == work
    assert styles.all_styles(alice) == {"": everywhere, "work": {"FormalityLevel": "very_formal", "Greeting": "Hi"}}
    text = text_of(as_alice.get(work))
    assert "Would you be so kind as to send me the report?" in text
    assert "Everywhere else: Could you please send me the report?" in text


def test_a_moved_slider_counts_without_a_script(as_alice: Client, alice: User) -> None:
    as_alice.post("/styles/", sent(as_alice, emoji="75"))
    assert styles.styles(alice, "") == {"EmojiPreference": 0.75}
    as_alice.post("/styles/", sent(as_alice, **{"known-EmojiPreference": ""}))
    assert styles.styles(alice, "") == {}


def test_a_context_of_ones_own(as_alice: Client, alice: User) -> None:
    page = as_alice.post("/styles/", {"open": "1", "new_context": " With my  Sister "})
    assert page.status_code == 200
    assert "with my sister" in text_of(page)
    answer = as_alice.post("/styles/", {"context": "with my sister", "known-Pacing": "fast", "save": "1", **SLIDER})
    address = answer.headers["Location"]
    assert "sister" not in address
    assert tab(as_alice, "with my sister") == address
    assert as_alice.post("/styles/", {"open": "1", "new_context": "With my sister"}).headers["Location"] == address
    # Named in any language.
    for name in ("At work", "bei der Arbeit"):
        opened = as_alice.post("/styles/", {"open": "1", "new_context": name})
        assert opened.headers["Location"] == tab(as_alice, "At work")
    undone = as_alice.post("/undo/")
    assert undone.headers["Location"] == "/styles/"
    assert as_alice.get(address).status_code == 404
    for bad in ("x" * 101, "a\x00b", "a\nb"):
        refused = as_alice.post("/styles/", {"open": "1", "new_context": bad})
        assert refused.status_code == 400
        assert Html(refused).has("[aria-describedby=new_context_error]")


def test_bob_finds_nothing(as_alice: Client, alice: User, bob: User, signed_in: SignedIn) -> None:
    decisions.put_styles(**acting_for_self(alice), context="divorce", styles={"Greeting": "xylophone"})
    address = tab(as_alice, "divorce")
    his = signed_in(bob)
    for path in (address, f"/styles/{uuid.uuid4()}/"):
        assert his.get(path).status_code == 404
    page = his.post("/styles/", {"context": "divorce", "save": "1", **SLIDER}, follow=True)
    assert "xylophone" not in page.content.decode()
    assert styles.styles(alice, "divorce") == {"Greeting": "xylophone"}
    assert Client().get(address).status_code == 302


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"known-Pacing": "breakneck"}, "Choose one of these: slow, moderate, fast."),
        ({"known-EmojiPreference": "set", "emoji": "900"}, "Enter a number from 0 to 1."),
        ({"name-0": "Warmth", "value-0": "x" * 101}, "At most 100 characters, not 101."),
        ({"name-0": "a:b", "value-0": "x"}, "Enter a name without a colon."),
        ({"name-0": "", "value-0": "x"}, "Enter a name."),
        ({"name-0": "Warmth", "value-0": ""}, "Enter a value."),
        ({"name-0": "pacing", "value-0": "x"}, "This is one of the settings above."),
        ({"name-0": "A", "value-0": "x", "name-1": "A", "value-1": "y"}, "This name is used twice."),
        ({"name-0": "x" * 101, "value-0": "y"}, "At most 100 characters, not 101."),
        ({"name-0": "A", "value-0": "a\x00b"}, "This contains a character that cannot be stored."),
    ],
)
def test_faults_keep_what_was_typed(as_alice: Client, alice: User, values: dict[str, str], fault: str) -> None:
    answer = as_alice.post("/styles/", sent(as_alice, **({"known-HumorUsage": "high"} | values)))
    assert answer.status_code == 400
    assert fault in text_of(answer)
    assert Html(answer).chosen("known-HumorUsage") == ["high"]
    if "name-0" in values:
        assert Html(answer).values("name-0") == [values["name-0"]]
    assert styles.all_styles(alice) == {}


def test_there_are_at_most_fifty(as_alice: Client, alice: User) -> None:
    rows = {f"{part}-{number}": f"e{number}" for number in range(51) for part in ("name", "value")}
    answer = as_alice.post("/styles/", sent(as_alice, **rows))
    assert answer.status_code == 400
    assert "At most 50 settings." in text_of(answer)
    assert styles.all_styles(alice) == {}


def test_a_change_in_another_tab_is_noticed(as_alice: Client, alice: User) -> None:
    decisions.put_styles(**acting_for_self(alice), context="", styles={"Pacing": "fast", "A": "one"})
    first = sent(as_alice, **{"known-Pacing": "slow"})
    decisions.put_styles(**acting_for_self(alice), context="", styles={"Pacing": "moderate"})
    answer = as_alice.post("/styles/", first)
    assert answer.status_code == 409
    assert "Pace , now moderate" in text_of(answer)
    assert "A , now Not set" in text_of(answer)
    assert Html(answer).chosen("known-Pacing") == ["slow"]
    assert styles.styles(alice, "") == {"Pacing": "moderate"}
    again = as_alice.post("/styles/", first | {"seen": seen(answer)})
    assert again.status_code == 302
    assert styles.styles(alice, "") == {"Pacing": "slow", "A": "one"}


def test_the_preview_with_and_without_a_script(as_alice: Client, alice: User) -> None:
    values = sent(as_alice, **{"known-FormalityLevel": "very_informal", "emoji": "100", "name-0": "A", "value-0": "b"})
    del values["save"]
    part = as_alice.post("/styles/", values, headers={"HX-Request": "true", "HX-Target": "style-preview"})
    assert "Hey, shoot me that report! 🙂" in text_of(part)
    assert "<html" not in part.content.decode()
    assert Html(part).texts("output#emoji-words[hx-swap-oob=true][for=emoji]") == ["often"]
    page = as_alice.post("/styles/", values | {"preview": "1"})
    assert page.status_code == 200
    assert "Hey, shoot me that report! 🙂" in text_of(page)
    assert Html(page).values("name-0") == ["A"]
    more = Html(as_alice.post("/styles/", values | {"more": "1"}))
    assert len(more.all("[name^=name-]")) == len(Html(page).all("[name^=name-]")) + 1
    assert styles.all_styles(alice) == {}


def test_any_text_is_shown_as_it_is(as_alice: Client, alice: User) -> None:
    decisions.put_styles(**acting_for_self(alice), context="x <b>", styles={SCRIPT[:90]: SCRIPT, "يحب": "ä"})
    page = as_alice.get(tab(as_alice, "x <b>"))
    assert SCRIPT not in page.content.decode()
    assert Html(page).inline_code() == []


def test_the_page_costs_the_same_for_many_contexts(
    as_alice: Client, alice: User, django_assert_num_queries: Any
) -> None:
    for context in ("", "work", "friends", "sister"):
        elements = {f"Element {number}": number for number in range(40)}
        decisions.put_styles(**acting_for_self(alice), context=context, styles=elements)
    work = tab(as_alice, "At work")
    # Session, person; the contexts to find the address, the style, the persona.
    with django_assert_num_queries(5):
        as_alice.get(work)


@pytest.mark.parametrize("pace", [None, "slow", "moderate", "fast"])
@pytest.mark.parametrize("emoji", [0, 0.01, 0.5, 1])
def test_examples_differ_as_they_should(pace: str | None, emoji: float) -> None:
    told = {style_examples.example({"FormalityLevel": each, "Pacing": pace, "EmojiPreference": emoji}) for each in (
        "very_informal", "informal", "neutral", "formal", "very_formal")}  # fmt: skip
    assert len(told) == 5
    marks = [sum(mark in text for mark in style_examples.EMOJI) for text in told]
    assert all(mark == 0 for mark in marks) if emoji == 0 else all(mark >= 1 for mark in marks)
    quick, slow = (style_examples.example({"Pacing": each}) for each in ("fast", "slow"))
    assert len(quick) < len(style_examples.example({})) < len(slow)
