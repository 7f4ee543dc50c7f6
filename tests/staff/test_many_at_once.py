"""Acting on more suggestions than a page holds: the filter stays, nothing is skipped or half done."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from ptfi.accounts.models import User
from tests.support.cast import SignedIn, Suggest
from tests.support.moderation import ACT
from tests.support.pages import Html, said, text_of
from tests.support.staff import give_reason, staff_of
from traits.models import ExtractedTraitCandidate, ModerationEntry
from traits.moderation.services import MOST

pytestmark = pytest.mark.django_db
LIST = "/admin/traits/extractedtraitcandidate/"
PAGE = 50


@pytest.fixture
def moderator(db: None, signed_in: SignedIn) -> Client:
    return signed_in(staff_of("moderator"))


def selected(page: Html, action: str, number: int = PAGE) -> dict[str, Any]:
    """What the list's form sends with its first boxes ticked."""
    form = page.fields(f'form[action="{ACT}"]')
    return form | {"action": action, "candidate": page.values("candidate")[:number]}


def confirm(client: Client, preview: Any) -> Any:
    """Send the preview's form, with a reason."""
    page = Html(preview)
    form = page.fields("form.staff-act") | {"candidate": page.values("candidate"), "confirm": "yes"}
    return client.post(ACT, form | {"reason": "Ticket 17", "kind": "unsafe"})


def held(user: User) -> int:
    return ExtractedTraitCandidate.objects.filter(user=user).exclude(held_reason="").count()


@pytest.mark.slow
def test_page_after_page_of_a_filter_is_done_and_none_is_skipped(
    moderator: Client, alice: User, suggest: Suggest
) -> None:
    for number in range(120):
        suggest(alice, f"Repairs radio {number}", originating_models=["loud model/v1 & co"])
    for name, model in (("Repairs radios", "quiet.v1"), ("Knits", "loud model/v1 & co")):
        suggest(alice, name, originating_models=[model])
    query = {"q": "repairs", "model": "loud model/v1 & co", "held": "no"}
    address = f"{LIST}?{urlencode(query)}"
    give_reason(moderator, address)
    for number in (50, 50, 20):
        page = moderator.get(address)
        assert "selected on this page" in text_of(page)
        preview = moderator.post(ACT, selected(Html(page), "flag"))
        assert f"{number} will be changed 0 refused" in text_of(preview)
        done = confirm(moderator, preview)
        assert said(done) == [f"Held back: {number}."]
        # Where the next ones are, with the same filter.
        address = done["Location"]
        assert Html(moderator.get(address)).values("q") == ["repairs"]
    assert "Nothing matches" in text_of(moderator.get(address))
    assert (held(alice), ModerationEntry.objects.filter(user=alice).count()) == (120, 120)


def test_an_action_on_a_later_page_comes_back_to_it(moderator: Client, alice: User, suggest: Suggest) -> None:
    for number in range(PAGE + 20):
        suggest(alice, f"Likes {number}")
    second = f"{LIST}{Html(moderator.get(f'{LIST}?order=oldest')).next_page()}"
    page = Html(moderator.get(second))
    done = confirm(moderator, moderator.post(ACT, selected(page, "flag", 5)))
    assert done["Location"] == second
    assert Html(moderator.get(second)).values("candidate") == page.values("candidate")
    # If nothing is left of that page, what comes before it is shown.
    emptied = second.replace("order=oldest", "order=oldest&held=no")
    for row in page.values("candidate")[5:]:
        ExtractedTraitCandidate.objects.filter(pk=row).update(held_reason="unsafe")
    back = moderator.get(emptied, follow=True)
    assert len(Html(back).values("candidate")) == PAGE
    assert "order=oldest" in back.wsgi_request.get_full_path()


def test_two_who_choose_the_same_do_it_once(
    moderator: Client, alice: User, suggest: Suggest, signed_in: SignedIn
) -> None:
    for number in range(PAGE):
        suggest(alice, f"Likes {number}")
    other = signed_in(staff_of("moderator", name="Mo"))
    previews = [client.post(ACT, selected(Html(client.get(LIST)), "archive")) for client in (moderator, other)]
    assert said(confirm(moderator, previews[0])) == ["Archived: 50."]
    (late,) = said(confirm(other, previews[1]))
    assert late.startswith("Archived: 0. Refused: 50.")
    assert ModerationEntry.objects.filter(user=alice).count() == PAGE


def test_too_many_at_once_are_refused_as_a_whole(moderator: Client, alice: User, suggest: Suggest) -> None:
    row = suggest(alice)
    ids = [str(row.pk), *(f"00000000-0000-4000-8000-{number:012}" for number in range(MOST))]
    answer = moderator.post(ACT, {"action": "archive", "candidate": ids, "confirm": "yes", "reason": "Ticket 17"})
    assert answer.status_code == 400
    assert f"Select at most {MOST} at a time." in text_of(answer)
    assert ExtractedTraitCandidate.objects.get(pk=row.pk).status == "candidate"
