"""Erasing and suppressions in a browser: receipts that follow the graph, and rows that change in place."""

import re

import pytest

from ptfi.accounts.models import User
from tests.support.browser import Opened
from tests.support.cast import PASSWORD, acting_for_self, confirmed, make_candidate
from tests.support.erasure_parts import OTHER, SOURCE, suggested
from tests.support.graph_helpers import project
from traits import decisions

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_receipt_follows_the_graph(alice: User, opened: Opened) -> None:
    confirmed(alice)
    page = opened("/persona/data/")
    page.get_by_role("link", name="Delete my persona…").click()
    page.get_by_label("account’s e-mail address").fill("alice@example.com")
    page.get_by_role("button", name="Delete my persona").click()
    # The next page has a button of this name too, and until it is there the click would send the first form again.
    page.wait_for_url(re.compile("/erasures/[0-9a-f]{8}-"))
    page.get_by_role("button", name="Delete my persona").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_text("Your graph is being cleared").wait_for()
    project(alice)
    page.get_by_text("Your graph was cleared on").wait_for()
    page.goto(page.url.split("/persona")[0] + "/persona/data/")
    page.get_by_role("button", name="Turn suggestions on").click()
    page.get_by_role("button", name="Turn suggestions off").wait_for()


def test_a_private_piece_is_erased_from_its_card(alice: User, opened: Opened) -> None:
    candidate = suggested(alice, "Sails", ("I sail.", SOURCE), ("Again.", OTHER))
    page = opened(f"/review/{candidate.pk}/")
    link = page.get_by_role("link", name="Delete it…").first
    assert not link.is_visible()
    page.get_by_label("Too private").first.check(force=True)
    link.click()
    page.get_by_role("button", name="Delete permanently").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_text("Your graph is being cleared").wait_for()
    project(alice)
    page.get_by_text("Your graph was cleared on").wait_for()
    candidate.refresh_from_db()
    assert [piece["content"] for piece in candidate.supporting_evidence] == ["Again."]


def test_a_suppression_is_lifted_in_place(alice: User, opened: Opened) -> None:
    decisions.reject(**acting_for_self(alice), candidate_id=make_candidate(alice, "Sails").pk, code="not_me")
    decisions.reject(**acting_for_self(alice), candidate_id=make_candidate(alice, "Knits").pk, code="not_me")
    page = opened("/persona/suppressions/")
    page.get_by_role("button", name=re.compile("Allow again.*Sails")).click()
    page.get_by_text("“Sails” can be suggested again").wait_for()
    page.wait_for_function("document.activeElement.matches('[role=status]')")
    assert page.get_by_role("link", name="Continue reviewing").is_visible()
    assert page.get_by_text("Knits", exact=True).first.is_visible()
