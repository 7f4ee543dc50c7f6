"""The suggestions' quality: what refresh_quality_statistics counts, and what staff see of it."""

import csv
import datetime as dt
import io
import threading
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from ptfi.accounts.models import User
from tests.support.cast import SignedIn, acting_for_self, confirmed, confirmed_trait, make_candidate, make_user
from tests.support.decisions import backdate
from tests.support.pages import text_of
from tests.support.persona_marker import marked_persona
from tests.support.staff import staff_of
from tests.support.trait_pages import queries_of
from traits import decisions
from traits.decisions.inputs import Changes
from traits.erasure import parts as erasure_parts
from traits.models import CandidateStatus, ExtractedTraitCandidate, Quality, QualityRefresh, QualityWaiting
from traits.staff.quality.statistics import LOCK

pytestmark = [pytest.mark.django_db, pytest.mark.owner]
PAGE, EXPORT = "/admin/traits/quality/", "/admin/traits/quality/export/"
OUTCOMES = ("confirmed", "changed", "merged", "rejected", "removed")


def refresh(**options: bool) -> str:
    out = io.StringIO()
    call_command("refresh_quality_statistics", stdout=out, **options)
    return out.getvalue()


def total(**filters: object) -> dict[str, int]:
    """The outcomes that are not 0, of all models together unless filters name one."""
    rows = Quality.objects.filter(**({"model": ""} | filters))
    found = {name: sum(getattr(row, name) for row in rows) for name in OUTCOMES}
    return {name: number for name, number in found.items() if number}


def everything() -> list[tuple[object, ...]]:
    columns = [field.name for field in Quality._meta.fields if field.name != "id"]
    return sorted(Quality.objects.values_list(*columns), key=str)


def monday(weeks: int = 0) -> dt.date:
    today = timezone.now().date()
    return today - dt.timedelta(days=today.weekday(), weeks=weeks)


def confirm_later(user: User) -> Callable[[], object]:
    """Confirms a suggestion that was rejected six weeks ago and is back in the queue."""
    row = make_candidate(user, "Sails")
    backdate(decisions.reject(**acting_for_self(user), candidate_id=row.pk, code="not_me").action_id, 6)
    decisions.reopen(**acting_for_self(user), candidate_id=row.pk)
    return lambda: decisions.confirm(**acting_for_self(user), candidate_id=row.pk)


def test_it_counts_where_each_suggestion_stands(alice: User, bob: User) -> None:
    marked_persona(alice, "saffron")
    confirmed(bob, "Sails")
    decisions.reject(**acting_for_self(bob), candidate_id=make_candidate(bob, "Knits").pk, code="outdated")
    refresh()
    rows = ExtractedTraitCandidate.objects.filter
    found = total()
    assert found["confirmed"] == rows(status=CandidateStatus.CONFIRMED).count() > 0
    assert found["changed"] + found["merged"] == rows(status=CandidateStatus.REFINED).count() > 1
    assert found["rejected"] + found["removed"] == rows(status=CandidateStatus.REJECTED).count() > 2
    assert found["removed"] == 1
    with connection.cursor() as cursor:
        for table in ("quality", "qualitywaiting", "qualityrefresh"):
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM traits_{table} t")  # noqa: S608 (named here)
            text = cursor.fetchone()[0]
            assert "saffron" not in text
            assert str(alice.pk) not in text


def test_each_model_of_a_suggestion_counts_and_the_suggestion_once(alice: User) -> None:
    confirmed(alice, originating_models=["a.v1", "b.v1", "a.v1"], confidence_score=0.72)
    decisions.reject(
        **acting_for_self(alice),
        candidate_id=make_candidate(alice, "Sails", originating_models=["b.v1"], confidence_score=1.0).pk,
        code="too_private",
    )
    refresh()
    assert total() == {"confirmed": 1, "rejected": 1}
    assert total(model="a.v1") == {"confirmed": 1}
    assert total(model="b.v1") == {"confirmed": 1, "rejected": 1}
    assert set(Quality.objects.values_list("model", "band", "said")) == {
        ("", 7, 0.72), ("", 9, 1.0), ("a.v1", 7, 0.72), ("b.v1", 7, 0.72), ("b.v1", 9, 1.0)
    }  # fmt: skip
    assert set(Quality.objects.filter(rejected=1).values_list("too_private", "not_me")) == {(1, 0)}


def test_what_was_undone_or_reopened_does_not_count(alice: User) -> None:
    undone = confirmed(alice)
    reopened = make_candidate(alice, "Sails")
    decisions.reject(**acting_for_self(alice), candidate_id=reopened.pk, code="not_me")
    changed = make_candidate(alice, "Knits")
    decisions.reject(**acting_for_self(alice), candidate_id=changed.pk, code="not_me")
    decisions.reopen(**acting_for_self(alice), candidate_id=changed.pk)
    decisions.confirm(**acting_for_self(alice), candidate_id=changed.pk, changes=Changes(name="Knits socks"))
    refresh()
    assert total() == {"confirmed": 1, "changed": 1, "rejected": 1}
    decisions.undo(**acting_for_self(alice), action_id=undone.action_id)
    decisions.reopen(**acting_for_self(alice), candidate_id=reopened.pk)
    refresh()
    assert total() == {"changed": 1}


def test_how_long_it_took(alice: User) -> None:
    now = timezone.now()
    for number, days in enumerate((0, 0.5, 3, 20, 100, 200)):
        confirmed(alice, f"Likes {number}", created_at=now - dt.timedelta(days=days))
    refresh()
    names = ("within_hour", "within_day", "within_week", "within_month", "over_month")
    assert Quality.objects.filter(model="").values_list(*names).get() == (1, 1, 1, 1, 2)


@pytest.mark.parametrize("change", ["undo", "reopen", "confirm", "remove"])
def test_weeks_long_past_change_with_what_is_decided_now(alice: User, change: str) -> None:
    """Counting only what may have changed comes to the same as counting everything."""
    for weeks in (5, 9):
        backdate(confirmed(alice, f"Knows {weeks}").action_id, weeks)
    old = confirmed(alice)
    backdate(old.action_id, 6)
    rejected = make_candidate(alice, "Knits")
    backdate(decisions.reject(**acting_for_self(alice), candidate_id=rejected.pk, code="other").action_id, 7)
    then = confirm_later(alice)
    refresh()
    # As if that count had been long ago, and nothing but the change had happened since.
    with connection.cursor() as cursor:
        cursor.execute("UPDATE traits_qualityrefresh SET refreshed_at = now() + interval '1 hour'")
    assert old.trait
    trait_id = old.trait.pk
    changes: dict[str, Callable[[], object]] = {
        "undo": lambda: decisions.undo(**acting_for_self(alice), action_id=old.action_id),
        "reopen": lambda: decisions.reopen(**acting_for_self(alice), candidate_id=rejected.pk),
        "confirm": then,
        "remove": lambda: decisions.remove_trait(**acting_for_self(alice), trait_id=trait_id),
    }
    changes[change]()
    assert "every" not in refresh()
    found = set(Quality.objects.filter(model="").values_list("week", flat=True))
    assert (monday(6) in found) == (change in ("reopen", "confirm"))
    assert (monday(7) in found) == (change != "reopen")
    assert {monday(5), monday(9)} <= found
    counted = everything()
    assert "every week" in refresh(all=True)
    assert everything() == counted


def test_a_repeat_counts_the_same_and_little(alice: User) -> None:
    backdate(confirmed(alice).action_id, 10)
    assert "every week" in refresh()
    counted = everything()
    assert "0 weeks" in refresh()
    assert everything() == counted
    confirmed(alice, "Sails")
    assert "1 week " in refresh()
    assert total() == {"confirmed": 2}


def test_what_was_erased_counts_without_model_and_category(alice: User, sam: User, signed_in: SignedIn) -> None:
    confirmed(alice, trait_category="Skill")
    confirmed(alice, "Sails")
    refresh()
    assert total(model="text-analysis.v2") == {"confirmed": 2}
    erasure_parts.erase_category(**acting_for_self(alice), category="Skill")
    assert "every week" in refresh()
    assert total(model="text-analysis.v2") == {"confirmed": 1}
    assert total() == {"confirmed": 2}
    assert total(category="", band=-1) == {"confirmed": 1}
    text = text_of(signed_in(sam).get(PAGE))
    assert "2 suggestions decided" in text
    assert "1 of them has since been erased" in text


def test_two_at_once_are_one(alice: User) -> None:
    confirmed(alice)
    locked, done = threading.Event(), threading.Event()

    def hold() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            locked.set()
            done.wait(10)
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert locked.wait(10)
        assert "Another process" in refresh()
        assert not QualityRefresh.objects.exists()
    finally:
        done.set()
        thread.join()


def test_undecided_suggestions_are_counted_by_age_and_model(
    alice: User, bob: User, sam: User, signed_in: SignedIn
) -> None:
    now = timezone.now()
    make_candidate(alice, created_at=dt.datetime(2024, 3, 5, tzinfo=dt.UTC))
    make_candidate(bob, "Sails", created_at=now, originating_models=["a.v1", "b.v1"])
    make_candidate(bob, "Knits", held_reason="unsafe", created_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    later = make_candidate(alice, "Runs", created_at=dt.datetime(2021, 1, 1, tzinfo=dt.UTC))
    decisions.snooze(**acting_for_self(alice), candidate_id=later.pk, until=None)
    confirmed(alice, "Paints")
    refresh()
    row = QualityWaiting.objects.get(model="")
    assert (row.waiting, row.put_off, row.held) == (2, 1, 1)
    assert row.oldest_at == dt.datetime(2024, 3, 5, tzinfo=dt.UTC)
    assert QualityWaiting.objects.get(model="b.v1").waiting == 1
    assert "2 suggestions are waiting for a decision. The oldest is from 5 March 2024" in text_of(
        signed_in(sam).get(PAGE)
    )


@pytest.fixture
def many(alice: User) -> None:
    """Thirty decisions of two models over five weeks, and a model whose name is a formula."""
    for number in range(30):
        models = ["sure.v1"] if number % 2 else ["careful.v2"]
        row = make_candidate(
            alice, f"Likes {number}", originating_models=models, confidence_score=0.9 if number % 2 else 0.35
        )
        if number % 2 and number % 3:
            done = decisions.reject(
                **acting_for_self(alice), candidate_id=row.pk, code="not_me" if number % 5 else "outdated"
            )
        else:
            done = decisions.confirm(**acting_for_self(alice), candidate_id=row.pk)
        backdate(done.action_id, number % 5)
    confirmed(alice, "Sails", originating_models=["=1+1"], trait_category="Skill")
    refresh()


def test_the_page_shows_the_figures_of_many(many: None, sam: User, signed_in: SignedIn) -> None:
    page = signed_in(sam).get(PAGE)
    text = text_of(page)
    for part in (
        "31 suggestions decided. Median time to a decision: within 1 hour.",
        "68% confirmed as suggested 0% confirmed with changes 32% rejected",
        "sure.v1 15 33% 0% 67% 90% 33% overconfident",
        "careful.v2 15 100% 0% 0% 35% 100% underconfident",
        "Not me 8",
        "Outdated 2",
        "30–40% 15 100%",
    ):
        assert part in text, part
    drawn = page.content.decode()
    assert drawn.count('class="calibration-dot"') == 2
    assert drawn.count('<path class="rate rate-confirmed" d="M0.0 ') == 1


@pytest.mark.slow
def test_the_figures_follow_the_filters(many: None, sam: User, signed_in: SignedIn) -> None:
    staff = signed_in(sam)
    assert "15 suggestions decided" in text_of(staff.get(PAGE, {"model": "sure.v1"}))
    assert "1 suggestion decided" in text_of(staff.get(PAGE, {"category": "Skill"}))
    assert "25 suggestions decided" in text_of(staff.get(PAGE, {"period": "4"}))
    assert "No suggestions match these filters" in text_of(staff.get(PAGE, {"category": "Other"}))
    for wrong in ({"model": "no.v1"}, {"category": "Nothing"}, {"period": "5"}, {"model": "\x00"}):
        answer = staff.get(PAGE, wrong)
        assert answer.status_code == 400
        assert "Select a valid choice" in text_of(answer) or "Null characters" in text_of(answer)
        assert staff.get(EXPORT, wrong).status_code == 400


def test_the_csv_has_the_figures_of_the_page(many: None, sam: User, signed_in: SignedIn) -> None:
    answer = signed_in(sam).get(EXPORT)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    assert sum(int(row["confirmed"]) for row in rows if not row["model"]) == 21
    assert {row["model"] for row in rows} == {"", "sure.v1", "careful.v2", "'=1+1"}
    rows = list(csv.DictReader(io.StringIO(signed_in(sam).get(EXPORT, {"model": "sure.v1"}).getvalue().decode())))
    assert {(row["model"], row["confidence_from"], row["confidence_to"]) for row in rows} == {("sure.v1", "0.9", "1.0")}


def test_nothing_counted_nothing_there_and_one(alice: User, sam: User, signed_in: SignedIn) -> None:
    staff = signed_in(sam)
    assert "No statistics yet" in text_of(staff.get(PAGE))
    refresh()
    assert "There were no suggestions" in text_of(staff.get(PAGE))
    confirmed_trait(alice)
    refresh()
    text = text_of(staff.get(PAGE))
    assert "1 suggestion decided" in text
    assert "All decisions so far are from one week" in text
    QualityRefresh.objects.update(refreshed_at=timezone.now() - dt.timedelta(days=3))
    assert "That is a while ago" in text_of(staff.get(PAGE))


@pytest.mark.parametrize(
    ("codenames", "page", "export"),
    [((), 403, 403), (("view_quality",), 200, 403), (("export_quality",), 403, 403),
     (("view_quality", "export_quality"), 200, 200), (("view_persona", "view_erasure"), 403, 403)],
)  # fmt: skip
def test_which_permissions_show_quality_and_its_file(
    many: None, signed_in: SignedIn, codenames: tuple[str, ...], page: int, export: int
) -> None:
    staff = make_user("Carol", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client: Client = signed_in(staff)
    answer = client.get(PAGE)
    assert answer.status_code == page
    assert client.get(EXPORT).status_code == export
    assert (b"Download statistics" in answer.content) == (export == 200)
    assert client.get("/admin/traits/quality/1/change/").status_code == 404


@pytest.mark.parametrize(
    ("role", "page", "export"),
    [("moderator", 200, 403), ("support", 403, 403), ("auditor", 200, 403), ("administrator", 200, 200)],
)
def test_which_roles_see_quality_and_its_file(
    many: None, signed_in: SignedIn, role: str, page: int, export: int
) -> None:
    client = signed_in(staff_of(role))
    assert client.get(PAGE).status_code == page
    assert client.get(EXPORT).status_code == export
    assert queries_of(client, PAGE, mark="") <= 10


def test_nobody_else_may(alice: User, signed_in: SignedIn) -> None:
    assert signed_in(alice).get(PAGE).status_code == 302
    assert Client().get(EXPORT).status_code == 302
