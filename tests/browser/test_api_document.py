"""The browsable page of the API's document: it unfolds, tries operations out, and can be read in both themes."""

import pytest
from playwright.sync_api import expect

from tests.support.accessibility import faults
from tests.support.browser import NARROW, Opened
from traits.models import PersonaTrait

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("theme", [pytest.param("light", marks=pytest.mark.long), "dark"])
def test_its_page_unfolds_and_tries_operations_out(opened: Opened, jazz: PersonaTrait, theme: str) -> None:
    """The fixture fails on anything that the page's console complains about, as on what the policy forbids."""
    page = opened("/v1/docs", color_scheme=theme, viewport=NARROW)
    assert page.locator("html").evaluate("node => node.classList.contains('dark-mode')") == (theme == "dark")
    for operation, status in (("Traits-readTrait", "200"), ("Traits-addTrait", "201")):
        block = page.locator(f"#operations-{operation}")
        block.locator(".opblock-summary-control").click()
        block.locator(".try-out__btn").click()
        if "read" in operation:
            block.get_by_placeholder("traitID").fill(str(jazz.pk))
        block.locator(".execute").click()
        expect(block.locator(".live-responses-table tbody .response-col_status").first).to_contain_text(status)
    ours = ("color-contrast", "it scrolls", "landmark-no")
    assert [fault for fault in faults(page) if fault.startswith(ours)] == []
