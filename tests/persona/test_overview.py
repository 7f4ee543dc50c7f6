"""The overview: what the persona holds, what waits, how it grew, and which model was right."""

import datetime as dt
import re

import pytest
from django.test import Client
from django.utils import timezone

from ptfi.accounts.models import User
from tests.support.cast import Suggest, acting_for_self, confirmed, confirmed_trait, make_candidate
from tests.support.pages import Html, text_of
from tests.support.trait_pages import queries_of
from traits import decisions
from traits.decisions.inputs import Changes
from traits.models import ExtractedTraitCandidate
from traits.persona import overview

pytestmark = pytest.mark.django_db
OVERVIEW = "/persona/"


def test_an_empty_persona(as_alice: Client) -> None:
    text = text_of(as_alice.get(OVERVIEW))
    assert "Your persona starts with you" in text
    assert "How accurate" not in text


def test_suggestions_and_no_decision(as_alice: Client, queue: list[ExtractedTraitCandidate]) -> None:
    text = text_of(as_alice.get(OVERVIEW))
    for part in (
        "5 to review",
        "You haven’t decided anything yet.",
        "Growth appears here once you confirm",
        "Once you have decided on",
    ):
        assert part in text, part


def test_the_overview_of_one_trait(as_alice: Client, alice: User) -> None:
    confirmed(alice)
    text = text_of(as_alice.get(OVERVIEW))
    for part in (
        "1 trait, confirmed by you.",
        "You confirmed “ Loves jazz ”",
        "Your persona reached 1 trait today. Growth appears here from tomorrow.",
        "Interest 1 80%",
        "text analysis, version 2 You agreed 1 of 1 time.",
        "80–90% 1 of 1 time",
    ):
        assert part in text, part


def test_strength_is_the_persons_own_where_there_is_one(alice: User) -> None:
    confirmed(alice, confidence_score=0.5)
    rated = confirmed_trait(alice, "Sails")
    decisions.edit_trait(**acting_for_self(alice), trait_id=rated.pk, changes=Changes(user_confidence=5))
    decisions.add_trait(**acting_for_self(alice), changes=Changes(name="Knits", category="Skill", user_confidence=2))
    rows = {row.category: (row.number, row.strength) for row in overview.categories(alice)}
    assert rows == {"Interest": (2, 0.75), "Skill": (1, 0.4)}


def test_own_traits_that_are_not_rated_do_not_count(as_alice: Client, alice: User) -> None:
    confirmed(alice, confidence_score=0.5)
    decisions.add_trait(**acting_for_self(alice), changes=Changes(name="Sails", category="Interest"))
    decisions.add_trait(**acting_for_self(alice), changes=Changes(name="Knits", category="Skill"))
    rows = {row.category: (row.number, row.strength) for row in overview.categories(alice)}
    assert rows == {"Interest": (2, 0.5), "Skill": (1, None)}
    assert "Skill 1 – not rated" in text_of(as_alice.get(OVERVIEW))


def test_few_decisions_have_no_bar(as_alice: Client, alice: User) -> None:
    outcomes = [confirmed(alice, f"Likes {number}") for number in range(overview.DRAWN)]
    assert as_alice.get(OVERVIEW).content.decode().count("bar-said-edge") == 2
    decisions.undo(**acting_for_self(alice), action_id=outcomes[0].action_id)
    page = as_alice.get(OVERVIEW)
    assert page.content.decode().count("bar-said-edge") == 1
    assert "4 of 4 times" in text_of(page)


def test_charts_keep_their_numbers_where_fractions_have_a_comma(
    as_alice: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC)
    monkeypatch.setattr("traits.models.persona.timezone.now", lambda: first)
    for number in range(3):
        confirmed(alice, f"Likes {number}", originating_models=["a"])
    confirmed(alice, "Sails", trait_category="Skill", originating_models=["a"])
    rejected = make_candidate(alice, "Skis", originating_models=["a"])
    decisions.reject(**acting_for_self(alice), candidate_id=rejected.pk, code="not_me")
    monkeypatch.setattr("traits.models.persona.timezone.now", lambda: first + dt.timedelta(days=6))
    page = as_alice.get(OVERVIEW, HTTP_ACCEPT_LANGUAGE="de")
    numbers = re.findall(r' (?:width|x|d)="([^"]+)"', page.content.decode())
    assert "33.3" in numbers
    assert not [value for value in numbers if "," in value]
    text = text_of(page)
    for part in ("4 Merkmale, alle von dir bestätigt.", "4. Mär", "80 %", "4 von 5 Malen"):
        assert part in text, part


def test_the_overview_counts_what_waits(alice: User, suggest: Suggest) -> None:
    for number in range(5):
        suggest(alice, f"Likes {number}")
    soon = timezone.now() + dt.timedelta(hours=2)
    later = [suggest(alice, f"Later {number}") for number in range(3)]
    decisions.snooze(**acting_for_self(alice), candidate_id=later[0].pk, until=soon)
    decisions.snooze(**acting_for_self(alice), candidate_id=later[1].pk, until=None)
    decisions.snooze(**acting_for_self(alice), candidate_id=later[2].pk, until=soon + dt.timedelta(days=1))
    past = timezone.now() - dt.timedelta(hours=1)
    ExtractedTraitCandidate.objects.filter(pk=later[2].pk).update(deferred_until=past)
    assert overview.waiting(alice) == overview.Waiting(review=6, later=2, due=1, next_due=soon)


def test_it_grows_and_shrinks(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def on_day(day: int) -> None:
        monkeypatch.setattr("traits.models.persona.timezone.now", lambda: dt.datetime(2026, 5, day, 12, tzinfo=dt.UTC))

    on_day(4)
    outcomes = [confirmed(alice, f"Likes {number}") for number in range(3)]
    on_day(6)
    decisions.undo(**acting_for_self(alice), action_id=outcomes[0].action_id)
    removed = decisions.remove_trait(**acting_for_self(alice), trait_id=outcomes[1].entries[0].trait_id_in_pkg)  # type: ignore[arg-type]
    on_day(8)
    decisions.undo(**acting_for_self(alice), action_id=removed.action_id)
    decisions.add_trait(**acting_for_self(alice), changes=Changes(name="Knits", category="Skill"))
    growth = overview.growth(alice)
    assert growth
    assert (growth.step, [number for _, number in growth.points]) == ("day", [3, 3, 1, 1, 3])
    monkeypatch.setattr("traits.models.persona.timezone.now", lambda: dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC))
    growth = overview.growth(alice)
    assert growth
    assert (growth.step, growth.points[0], growth.points[-1]) == (
        "week",
        (dt.date(2026, 5, 4), 3),
        (dt.date(2026, 6, 29), 3),
    )
    monkeypatch.setattr("traits.models.persona.timezone.now", lambda: dt.datetime(2029, 1, 31, 12, tzinfo=dt.UTC))
    growth = overview.growth(alice)
    assert growth
    assert (growth.step, len(growth.points), growth.points[-1]) == ("month", 33, (dt.date(2029, 1, 1), 3))


def test_how_often_a_model_was_right(as_alice: Client, alice: User, suggest: Suggest) -> None:
    def suggested(name: str, score: float, *models: str) -> ExtractedTraitCandidate:
        return suggest(alice, name, confidence_score=score, originating_models=list(models))

    jazz = confirmed_trait(alice, "Loves jazz", confidence_score=0.85, originating_models=["a", "b", "a"])
    decisions.confirm(
        **acting_for_self(alice), candidate_id=suggested("Sails", 0.8, "a").pk, changes=Changes(name="Sailed")
    )
    decisions.merge(**acting_for_self(alice), candidate_id=suggested("Bebop", 0.89, "a").pk, into=jazz.pk)
    for name in ("Knits", "Skis"):
        decisions.reject(**acting_for_self(alice), candidate_id=suggested(name, 0.82, "a").pk, code="not_me")
    undone = decisions.reject(**acting_for_self(alice), candidate_id=suggested("Cooks", 0.82, "a").pk, code="not_me")
    decisions.undo(**acting_for_self(alice), action_id=undone.action_id)
    decisions.snooze(**acting_for_self(alice), candidate_id=suggested("Reads", 0.82, "a").pk, until=None)
    confirmed(alice, "Is sure", confidence_score=1.0, originating_models=["b"])
    confirmed(alice, "No model", originating_models=[])
    gone = confirmed_trait(alice, "Was me", confidence_score=0.29, originating_models=["b"])
    decisions.remove_trait(**acting_for_self(alice), trait_id=gone.pk)
    found, number = overview.models(alice)
    bands = {model.name: [(band.least, band.agreed, band.decided) for band in model.bands] for model in found}
    assert number == 2
    assert bands == {"a": [(80, 3, 5)], "b": [(90, 1, 1), (80, 1, 1), (20, 0, 1)]}
    assert "80–90% 3 of 5 times" in text_of(as_alice.get(OVERVIEW))


@pytest.mark.parametrize(
    ("score", "agreed", "verdict"), [(0.9, 3, "over"), (0.3, 9, "under"), (0.8, 9, "right"), (0.5, None, "")]
)
def test_whether_a_model_is_too_sure(
    alice: User, suggest: Suggest, score: float, agreed: int | None, verdict: str
) -> None:
    for number in range(10 if agreed else 9):
        candidate = suggest(alice, f"Likes {number}", confidence_score=score)
        if number < (agreed or 9):
            decisions.confirm(**acting_for_self(alice), candidate_id=candidate.pk)
        else:
            decisions.reject(**acting_for_self(alice), candidate_id=candidate.pk, code="not_me")
    assert overview.models(alice)[0][0].verdict == verdict


@pytest.mark.slow
def test_the_same_number_of_queries(as_alice: Client, alice: User, suggest: Suggest) -> None:
    confirmed(alice)
    few = queries_of(as_alice, OVERVIEW, "traits_")
    for number in range(20):
        confirmed(alice, f"Likes {number}", originating_models=[f"model-{number}"])
        decisions.reject(**acting_for_self(alice), candidate_id=suggest(alice, f"Knits {number}").pk, code="not_me")
    page = as_alice.get(OVERVIEW)
    # Statuses, models, categories, what waits, first decision, growth, erasures; latest, how they stand, what changed.
    assert queries_of(as_alice, OVERVIEW, "traits_") == few == 10
    assert "15 other models have fewer decisions" in text_of(page)
    assert Html(page).inline_code() == []


def test_bob_sees_an_empty_overview(alice: User, bob: User, client: Client) -> None:
    confirmed(alice)
    client.force_login(bob)
    assert "Your persona starts with you" in text_of(client.get(OVERVIEW))
