"""``make pictures``: the pictures of README.md and docs/, of pages as they are now, with the demo's suggestions.

No test file, so that nothing but the command draws them; what it needs of the tests is their cast and their browser.
"""

import datetime as dt
import random
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone
from playwright.sync_api import Page

from graph.models import GraphCheck, ProjectorState
from ptfi.accounts.models import User
from tests.support.browser import Enter
from tests.support.cast import acting_for_self, make_candidate, make_user
from tests.support.graph_helpers import cypher, project
from tests.support.staff import make_roles
from traits import decisions
from traits.decisions.inputs import Changes
from traits.ingest import batch as ingest
from traits.ingest.parsing import CandidateRecord, parse_line
from traits.management.commands.load_demo import CANDIDATES
from traits.models import ExtractedTraitCandidate, ModerationAction, Persona, UserRefinedTrait
from traits.moderation import services as moderation
from traits.staff.quality.statistics import refresh

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "images"
MOST_BYTES = 300_000
MODEL = "speech-prosody.v1"
"""The one that goes wrong: it is surer than people agree."""
PEOPLE, EACH, WEEKS = 6, 120, 26
CODES = ("not_me", "not_me", "outdated", "wrong_evidence", "too_private", "duplicate")
ADMIN = "/admin/traits"


def take(page: Page, name: str, height: int = 820, width: int = 1280) -> None:
    """Draw what the page shows from its top, with the focus nowhere."""
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate("document.activeElement?.blur(); scrollTo(0, 0)")
    path = FOLDER / f"{name}.png"
    path.write_bytes(page.screenshot())
    assert path.stat().st_size < MOST_BYTES, f"{path} is too large"


def decide(user: User, like: CandidateRecord, number: int, at: dt.datetime, chance: random.Random) -> None:
    sure = round(chance.uniform(0.25, 0.97), 2)
    row = make_candidate(
        user,
        f"{like.trait_name} {number}",
        trait_category=like.trait_category,
        originating_models=like.originating_models,
        confidence_score=sure,
        created_at=at,
        evidence=["Said often."],
        concepts=[],
    )
    agreed = chance.random() < sure * (0.6 if MODEL in like.originating_models else 0.97)
    if not agreed:
        decisions.reject(**acting_for_self(user), candidate_id=row.pk, code=chance.choice(CODES))
    elif chance.random() < 0.2:
        decisions.confirm(**acting_for_self(user), candidate_id=row.pk, changes=Changes(description="Now and then."))
    else:
        decisions.confirm(**acting_for_self(user), candidate_id=row.pk)


def backdate(chance: random.Random) -> None:
    """Have each of these decisions been made some time after its suggestion came."""
    now = timezone.now()
    rows = UserRefinedTrait.objects.values_list("pk", "original_candidate__created_at")
    at = [(min(came + dt.timedelta(hours=chance.expovariate(1 / 40)), now), pk) for pk, came in rows]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE traits_userrefinedtrait DISABLE TRIGGER USER")
        cursor.executemany("UPDATE traits_userrefinedtrait SET created_at = %s WHERE refinement_action_id = %s", at)
        cursor.execute("ALTER TABLE traits_userrefinedtrait ENABLE TRIGGER USER")


def demo() -> tuple[User, list[User]]:
    """The demo's person, and others with half a year behind them."""
    make_roles()
    chance = random.Random(7)  # The same pictures each time.
    parsed = [parse_line(line) for line in CANDIDATES.read_bytes().splitlines()]
    rows = [row for row in parsed if isinstance(row, CandidateRecord)]
    crowd = [make_user(f"Person{number}") for number in range(PEOPLE)]
    now = timezone.now()
    for user in crowd:
        for number in range(EACH):
            decide(user, rows[number % len(rows)], number, now - dt.timedelta(days=7 * WEEKS * chance.random()), chance)
    backdate(chance)
    ingest.apply(rows)
    refresh()
    return User.objects.get(external_id="demo:mira"), crowd


def graph_work(waiting: list[User]) -> None:
    """Two projectors and a comparison: these people wait, the first fails, somebody is held; else all is done."""
    now = timezone.now()
    others = Persona.objects.exclude(user__in=waiting)
    others.update(projected_revision=F("revision"))
    Persona.objects.filter(user__external_id="demo:mira").update(held_at=now - dt.timedelta(hours=2))
    rows = Persona.objects.filter(user__in=waiting)
    rows.update(projected_revision=F("revision") - 3, last_entry_at=now - dt.timedelta(seconds=4))
    fails = {"attempts": 3, "last_error": "ValueError at rows.py:7", "next_attempt_at": now + dt.timedelta(minutes=4)}
    rows.filter(pk=waiting[0].pk).update(**fails, last_entry_at=now - dt.timedelta(minutes=9))
    seen = {"started_at": now - dt.timedelta(days=3), "seen_at": now + dt.timedelta(minutes=1)}
    ProjectorState.objects.create(host="graph-a", pid=41, people=1, people_done=2_118, entries_done=8_304, **seen)
    ProjectorState.objects.create(host="graph-b", pid=17, people_done=1_960, entries_done=7_951, **seen)
    found = {"people": 7, "behind": 2, "differing": 0, "concepts_differ": False}
    GraphCheck.objects.create(pk=1, checked_at=now - dt.timedelta(hours=5), seconds=1.8, **found)


def candidate(user: User, name: str) -> ExtractedTraitCandidate:
    return ExtractedTraitCandidate.objects.get(user=user, trait_name=name)


def say_why(page: Page) -> None:
    """Answer the page that asks why, where it does."""
    if page.get_by_label("Why do you need access?").count():
        page.get_by_label("Why do you need access?").fill("Complaint 118")
        page.get_by_role("button", name="Continue").click()


@pytest.mark.django_db(transaction=True)
def test_pictures(sam: User, page: Page, site: str, enter: Enter) -> None:
    mira, crowd = demo()
    held = candidate(mira, "Goes quiet when she is angry")
    decisions.snooze(**acting_for_self(mira), candidate_id=held.pk, until=None)
    reason = "Complaint 118: says where somebody lives."
    flag = moderation.Moderation(name=ModerationAction.FLAG, kind="unsafe", reason=reason)
    moderation.act(actor=sam, action=flag, candidate_ids=[held.pk])
    changes = Changes(name="Prefers tea to coffee", user_confidence=4, notes="Only since August.")
    tea = candidate(mira, "Has given up coffee for tea")
    entry = decisions.confirm(**acting_for_self(mira), candidate_id=tea.pk, changes=changes).entries[0]
    graph_work(crowd[:2])
    enter(page, sam)
    page.goto(f"{site}{ADMIN}/extractedtraitcandidate/?person={mira.pk}&status=candidate")
    say_why(page)
    take(page, "staff-candidates", 800)
    for box in page.get_by_role("checkbox").all()[:3]:
        box.check()
    page.get_by_label("Action for the suggestions selected on this page").select_option("flag")
    page.get_by_role("button", name="Continue…").click()
    page.get_by_label("Unsafe").check()
    take(page, "staff-preview")
    page.goto(f"{site}{ADMIN}/extractedtraitcandidate/{held.pk}/change/")
    say_why(page)
    take(page, "staff-candidate")
    page.goto(f"{site}{ADMIN}/userrefinedtrait/{entry.pk}/change/")
    say_why(page)
    take(page, "staff-log", 680)
    page.goto(f"{site}{ADMIN}/quality/")
    take(page, "staff-quality", 1_095, 1_120)
    page.goto(f"{site}{ADMIN}/persona/")
    take(page, "staff-projection", 1_180)


def decide_some(user: User, names: list[str]) -> None:
    """Decide on most of a person's suggestions, one after the other over the last eight weeks; these are left."""
    me, chance = acting_for_self(user), random.Random(3)
    for row in ExtractedTraitCandidate.objects.filter(user=user, status="candidate").exclude(trait_name__in=names):
        if chance.random() < 0.75:
            decisions.confirm(**me, candidate_id=row.pk)
        else:
            decisions.reject(**me, candidate_id=row.pk, code=chance.choice(CODES))
    decisions.put_styles(**me, context="", styles={"FormalityLevel": "informal", "Pacing": "moderate"})
    decisions.put_styles(**me, context="work", styles={"FormalityLevel": "neutral"})
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE traits_userrefinedtrait DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE traits_userrefinedtrait e"
            " SET created_at = now() - interval '56 days' * (1 - e.revision::float / p.revision)"
            " FROM traits_persona p WHERE p.user_id = e.user_id AND e.user_id = %s",
            [user.pk],
        )
        cursor.execute("ALTER TABLE traits_userrefinedtrait ENABLE TRIGGER USER")


@pytest.mark.django_db(transaction=True)
def test_pictures_of_a_persona(page: Page, site: str, enter: Enter) -> None:
    # The demo's ids are the same each time, and the graph outlives the tests.
    cypher("MATCH (n) DETACH DELETE n")
    ingest.apply([row for row in map(parse_line, CANDIDATES.read_bytes().splitlines()) if not isinstance(row, list)])
    mira = User.objects.get(external_id="demo:mira")
    me = acting_for_self(mira)
    left = ["cool water sailing", "Cool-water sailing", "Knows AI ethics in public administration"]
    first = list(ExtractedTraitCandidate.objects.filter(user=mira).exclude(trait_name__in=left).order_by("pk")[:7])
    for row in first[:5]:
        decisions.confirm(**me, candidate_id=row.pk)
    decisions.reject(**me, candidate_id=first[5].pk, code="not_me")
    decisions.snooze(**me, candidate_id=first[6].pk, until=None)
    enter(page, mira).goto(f"{site}/review/{candidate(mira, left[0]).pk}/")
    take(page, "review", 900)
    decide_some(mira, left)
    project(mira)
    page.goto(f"{site}/persona/")
    take(page, "overview", page.evaluate("document.documentElement.scrollHeight"))
    page.goto(f"{site}/persona/history/")
    take(page, "history", 980)
    page.goto(f"{site}/persona/graph/")
    page.wait_for_selector(".picture-scroll svg")
    take(page, "graph", 980)
