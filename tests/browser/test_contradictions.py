"""A suggestion that contradicts a trait: both over the full width, and answers by a digit."""

import pytest
from playwright.sync_api import expect

from ptfi.accounts.models import User
from tests.support.browser import Opened
from tests.support.cast import Suggest, confirmed_trait
from tests.support.decisions import status
from tests.support.review_browser import all_sent, heading, ready
from traits.models import CandidateStatus, PersonaTrait

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def quick(alice: User) -> PersonaTrait:
    return confirmed_trait(alice, "Decides quickly and moves on", evidence=["Done, next.", "Let’s just take it."])


@pytest.mark.parametrize(("digit", "mine", "theirs"), [(1, "dormant", "active"), (2, "active", "dormant")])
def test_a_digit_answers(
    opened: Opened, suggest: Suggest, quick: PersonaTrait, digit: int, mine: str, theirs: str
) -> None:
    slow = suggest(quick.user, "Takes days to decide", evidence=["I slept on it for a week."])
    suggest(quick.user, "Repairs radios")
    page = opened(f"/review/{slow.pk}/")
    ready(page)
    expect(page.locator("#open .two-claims mark")).to_have_text(["days", "quickly"])
    page.keyboard.press(str(digit))
    expect(heading(page)).to_have_text("Repairs radios")
    all_sent(page)
    assert dict(PersonaTrait.objects.values_list("name", "status")) == {quick.name: mine, slow.trait_name: theirs}


def test_the_third_answer_asks_where(opened: Opened, suggest: Suggest, quick: PersonaTrait) -> None:
    slow = suggest(quick.user, "Takes days to decide")
    page = opened(f"/review/{slow.pk}/")
    ready(page)
    page.keyboard.press("3")
    expect(page.get_by_label("Where is the suggestion true? One per line.")).to_be_focused()
    page.keyboard.type("at home")
    page.get_by_label("Where is yours true? One per line.").fill("at work")
    page.get_by_role("button", name="Keep both").click()
    expect(heading(page)).to_have_text("All done")
    assert status(slow) == CandidateStatus.REFINED


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_both_are_side_by_side_at_any_width(opened: Opened, suggest: Suggest, quick: PersonaTrait, width: int) -> None:
    slow = suggest(quick.user, "Takes days to decide")
    page = opened(f"/review/{slow.pk}/", viewport={"width": width, "height": 800})
    boxes = [page.locator(f"#open .two-claims > .{side}").first.bounding_box() for side in ("of-suggested", "of-yours")]
    assert boxes[0]
    assert boxes[1]
    assert boxes[0]["y"] == boxes[1]["y"]
    assert abs(boxes[0]["width"] - boxes[1]["width"]) < 2
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    card = page.locator("#open .card-main").bounding_box()
    pane = page.locator("#open").bounding_box()
    assert card
    assert pane
    assert abs(card["width"] - pane["width"]) < 2


def test_the_effect_follows_the_verdicts(opened: Opened, suggest: Suggest, alice: User) -> None:
    candidate = suggest(alice, evidence=["One.", "Two."])
    page = opened(f"/review/{candidate.pk}/")
    expect(page.locator("[data-used]")).to_have_text("2")
    for piece, left in zip(candidate.supporting_evidence, ("1", "0"), strict=True):
        page.locator(f'input[name="verdict-{piece["evidence_id"]}"][value="not_me"]').check()
        expect(page.locator("[data-used]")).to_have_text(left)
    page.get_by_role("button", name="Reject it: not me").click()
    expect(heading(page)).to_have_text("All done")
    all_sent(page)
    assert status(candidate) == CandidateStatus.REJECTED
