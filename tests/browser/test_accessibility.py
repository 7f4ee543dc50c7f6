"""Every page in both themes, at the width of a phone and of a desktop: no violation, nothing to scroll sideways."""

import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Page, expect

from graph.models import ProjectorState
from ptfi.accounts.models import User
from tests.support.accessibility import faults, faults_at
from tests.support.browser import Enter
from tests.support.cast import acting_for_self, confirmed, confirmed_trait, make_candidate
from tests.support.decisions import backdate
from tests.support.graph_helpers import fail_projection
from tests.support.oauth import access_token, make_client
from tests.support.persona_marker import erased
from tests.support.staff import REASON, staff_of
from traits import decisions
from traits.decisions import styles
from traits.decisions.inputs import Changes
from traits.erasure import parts as erasure_parts
from traits.erasure import persona as erasure
from traits.ingest import blocklist
from traits.models import AccessEntry, ModerationAction
from traits.moderation import services as moderation
from traits.persona.overview import DRAWN
from traits.review.style_contexts import id_of

pytestmark = pytest.mark.django_db(transaction=True)
LONG = "A" * 120 + "ا" * 60 + "é́" * 20
SIGNED_OUT = ["/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/nothing-here/"]
SIGNED_IN = [
    "/review/",
    "/review/?tab=later",
    "/review/?tab=confirmed",
    "/review/?tab=rejected",
    "/review/?q=nothingmatches",
    "/review/filters/",
    "/review/{candidate}/",
    "/review/{candidate}/edit/",
    "/review/{candidate}/merge/",
    "/review/{long}/",
    "/traits/",
    "/persona/graph/",
    "/persona/graph/?concept=jazz&strength=40",
    "/persona/graph/?concept=nothingmatches",
    "/traits/new/",
    "/traits/pairs/",
    "/traits/{trait}/beside/{double}/",
    "/styles/",
    "/styles/{style}/",
    "/traits/{trait}/",
    "/traits/{trait}/edit/",
    "/traits/{trait}/remove/",
    "/persona/",
    "/persona/history/",
    "/persona/history/?decision=evidence_erased",
    "/persona/history/{entry}/",
    "/persona/history/staff/",
    "/persona/history/check/",
    "/persona/history/check/?after=0",
    "/persona/past/",
    "/persona/past/?day=2099-01-01",
    "/accounts/preferences/",
    "/accounts/activity/",
    "/persona/data/",
    "/persona/data/verify/",
    "/persona/looks/",
    "/persona/sources/",
    "/persona/sources/{source}/erase/",
    "/persona/evidence/{piece}/erase/",
    "/persona/categories/Interest/erase/",
    "/persona/suppressions/",
    "/persona/erasures/",
    "/persona/erasures/account/",
    "/persona/erasures/{part}/",
    "/persona/erasures/new/",
    "/persona/erasures/{asked}/",
    "/persona/erasures/{receipt}/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/accounts/sessions/",
    "/accounts/connections/",
    "/accounts/logout/",
    "/nothing-here/",
]


STAFF = [
    "/admin/",
    "/admin/traits/",
    "/admin/traits/extractedtraitcandidate/",
    "/admin/traits/extractedtraitcandidate/?q=nothing&category=Skill",
    "/admin/traits/extractedtraitcandidate/{candidate}/change/",
    "/admin/traits/extractedtraitcandidate/{candidate}/history/",
    "/admin/traits/extractedtraitcandidate/import/",
    "/admin/traits/extractedtraitcandidate/export/",
    "/admin/traits/moderationentry/",
    "/admin/traits/userrefinedtrait/",
    "/admin/traits/accessentry/",
    "/admin/traits/actedfor/",
    "/admin/traits/persona/",
    "/admin/accounts/user/",
    "/admin/accounts/user/{alice}/change/",
    "/admin/auth/group/{group}/change/",
]
STAFF_CHARTS = ["/admin/traits/quality/", "/admin/traits/quality/?model=none"]
EMPTY = ["/persona/", "/persona/history/", "/review/", "/traits/", "/traits/pairs/", "/styles/", "/persona/graph/"]


def persona_of(alice: User) -> dict[str, str]:
    """Something on every page; the ids that the addresses take."""
    receipt = erased(alice)
    access_token(alice, make_client())
    rows = map(json.loads, (Path(__file__).parents[1] / "data/candidates.jsonl").read_text().splitlines())
    for row in rows:
        make_candidate(alice, row["trait_name"], trait_category=row["trait_category"], concepts=row["concepts"])
    trait = confirmed_trait(alice)
    later, rejected = make_candidate(alice, "Sails"), make_candidate(alice, "Knits")
    decisions.snooze(**acting_for_self(alice), candidate_id=later.pk, until=None)
    decisions.reject(**acting_for_self(alice), candidate_id=rejected.pk, code="other", reason="No.")
    double = confirmed_trait(alice, "Loves jazz!", evidence=["爵士乐"])
    decisions.put_styles(**acting_for_self(alice), context="", styles={"Pacing": "slow", "Greeting": LONG[:100]})
    decisions.put_styles(
        **acting_for_self(alice), context=LONG[:100], styles={"EmojiPreference": 0.3, "Sign-off": "وداعا"}
    )
    candidate = make_candidate(alice, "Loves  Jazz!", evidence=["Jazz", "爵士乐", "الجاز"])
    long = make_candidate(alice, LONG[:255], evidence=["x" * 4000])
    call_command("project_graph", once=True, verbosity=0)
    asked = erasure.request_erasure(
        **acting_for_self(alice), confirm_email="alice@example.com", recently_authenticated=False
    )
    entry = decisions.edit_trait(
        **acting_for_self(alice), trait_id=trait.pk, changes=Changes(name=f"Loves {LONG[:200]}")
    ).entries[0]
    part = erasure_parts.erase_category(**acting_for_self(alice), category="LinguisticStyle")
    ids = {"entry": entry, "candidate": candidate, "long": long, "trait": trait, "asked": asked, "receipt": receipt}
    piece = candidate.supporting_evidence[0]
    keys = {"piece": piece["evidence_id"], "source": blocklist.source_bar(alice.pk, str(piece["source_package_id"]))}
    AccessEntry.objects.create(staff_id=alice.pk, subject_id=alice.pk, kind="decision", reason=LONG[:200])
    context = str(id_of(alice, styles.context_styles(alice, "").contexts[-1]))
    return (
        {name: str(row.pk) for name, row in (ids | {"part": part, "double": double}).items()}
        | keys
        | {"style": context}
    )


# Colours do not depend on the width: each width in one theme, and each theme in one width.
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), pytest.param("dark", 390, marks=pytest.mark.long)])
def test_every_page(alice: User, page: Page, site: str, enter: Enter, theme: str, width: int) -> None:
    ids = persona_of(alice)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if "Content Security" in message.text else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 844})
    found = {path: faults_at(page, site + path) for path in SIGNED_OUT}
    enter(page, alice)
    for path in SIGNED_IN:
        found[path] = faults_at(page, site + path.format(**ids))
    assert page.locator("html").get_attribute("data-bs-theme") == theme
    assert {path: each for path, each in found.items() if each} == {}
    assert complaints == []


@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1280)])
def test_pages_of_staff(alice: User, sam: User, page: Page, site: str, enter: Enter, theme: str, width: int) -> None:
    candidate = make_candidate(alice, LONG[:255], evidence=["爵士乐", "الجاز", "x" * 400])
    archive = moderation.Moderation(name=ModerationAction.ARCHIVE, reason="Twice")
    moderation.act(actor=sam, action=archive, candidate_ids=[candidate.pk, make_candidate(alice).pk])
    ids = {"candidate": candidate.pk, "alice": alice.pk, "group": staff_of("auditor").groups.get().pk}
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 844})
    complaints: list[str] = []
    # What axe itself tries on a page comes from no address.
    page.on(
        "console", lambda said: complaints.append(said.text) if said.type == "error" and said.location["url"] else None
    )
    enter(page, sam)
    page.goto(f"{site}/admin/accounts/user/{alice.pk}/change/")
    found = {"why staff look": faults(page)}
    page.get_by_label("Why do you need access?").fill("T-17")
    page.get_by_role("button", name="Continue").click()
    for path in STAFF:
        found[path] = faults_at(page, site + path.format(**ids))
    page.goto(f"{site}/admin/traits/extractedtraitcandidate/?q=nothing&category=Skill")
    page.get_by_label("Why do you need access?").fill("T-17")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    found["a search that finds nothing"] = faults(page)
    page.goto(f"{site}/admin/traits/extractedtraitcandidate/")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Continue…").click()
    expect(page.get_by_role("heading", name="Archive")).to_be_visible()
    found["the preview"] = faults(page)
    assert {path: each for path, each in found.items() if each} == {}
    assert complaints == []


def test_empty_pages(bob: User, page: Page, site: str, enter: Enter) -> None:
    enter(page, bob)
    found = {path: faults_at(page, site + path) for path in EMPTY}
    assert {path: each for path, each in found.items() if each} == {}


@pytest.mark.parametrize(("theme", "width"), [("light", 390), ("dark", 1280)])
def test_pages_of_staff_numbers(
    alice: User, sam: User, page: Page, site: str, enter: Enter, theme: str, width: int
) -> None:
    """What staff see of the suggestions' quality, with something in every part, and of the way into the graph."""
    for number in range(DRAWN):
        done = confirmed(alice, f"Likes {number}", originating_models=[f"model-{LONG[:60]}"])
    backdate(done.action_id, 3)
    rejected = make_candidate(alice, "Knits")
    decisions.reject(**acting_for_self(alice), candidate_id=rejected.pk, code="not_me")
    make_candidate(alice, "Waits")
    call_command("refresh_quality_statistics", verbosity=0)
    now = timezone.now()
    ProjectorState.objects.create(host="a" * 63, pid=7, started_at=now, seen_at=now, people=3)
    fail_projection(alice)
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 844})
    enter(page, sam)
    person = f"/admin/traits/persona/{alice.pk}/change/"
    page.goto(site + person)
    page.fill("#id_access_reason", REASON)
    page.press("#id_access_reason", "Enter")
    page.wait_for_selector("text=Log entries")
    found = {path: faults_at(page, site + path) for path in (person, *STAFF_CHARTS)}
    page.goto(site + person)
    page.get_by_role("button", name="Pause").click()
    page.wait_for_selector("text=Cancel")
    found["hold"] = faults(page)
    assert {path: each for path, each in found.items() if each} == {}
