"""Suggestions that replace each other in a circle: the newest stays, through files, requests and concurrent imports."""

import json
from pathlib import Path
from typing import Any

import pytest

from ptfi.oauth.scopes import INGEST
from tests.support.api import api_of
from tests.support.candidate_files import Row, Run, load, new_row, person, stored
from tests.support.concurrency import at_once
from traits.log.verification import verify
from traits.models import ExtractedTraitCandidate

CASE = Path(__file__).parents[1] / "data/cases/02-supersedes-circle.jsonl"
# The import has connections of its own, which see only what is committed.
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def circle(length: int, **changes: Any) -> list[Row]:
    """Rows that replace each other in a circle: each the one before it, and the first the last."""
    rows = [new_row(trait_name=f"Trait {number}", **changes) for number in range(length)]
    for row, before in zip(rows, [rows[-1], *rows[:-1]], strict=True):
        row["supersedes"] = [before["candidate_id"]]
    return rows


def to_review() -> list[str]:
    return sorted(ExtractedTraitCandidate.objects.filter(status="candidate").values_list("trait_name", flat=True))


def test_the_newest_of_each_circle_of_a_file_stays() -> None:
    run = Run(str(CASE))
    assert (run.status, run.counts) == (0, {"created": 6, "archived": 3})
    left = ["Collects ferry tickets", "Prefers coffee in the morning", "Runs at dusk"]
    assert to_review() == left
    assert Run(str(CASE)).counts == {"unchanged": 6}
    assert to_review() == left


@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
def test_the_newest_of_each_circle_stays_over_several_files(backwards: bool) -> None:
    lines = CASE.read_text().splitlines()
    for line in reversed(lines) if backwards else lines:
        load(json.loads(line))
    left = {"Collects ferry tickets", "Prefers tea in the morning" if backwards else "Prefers coffee in the morning"}
    assert set(to_review()) == left | {"Runs at dawn" if backwards else "Runs at dusk"}
    assert list(verify(person("test:mira").persona)) == []


@pytest.mark.parametrize("length", [2, 3, 40])
def test_the_time_says_which_is_the_newest(length: int) -> None:
    rows = circle(length)
    rows[0]["created_at"] = "2026-03-02T10:00:00+01:00"
    assert load(*rows).counts == {"created": length, "archived": length - 1}
    assert to_review() == ["Trait 0"]
    assert load(*rows).counts == {"unchanged": length}


@pytest.mark.parametrize("length", [2, 3, 7])
def test_a_newer_one_of_an_earlier_file_stays(length: int) -> None:
    """Once the circle is closed; before that, each replaces the one before it."""
    rows = circle(length)
    rows[-2]["created_at"] = "2026-03-02T10:00:00+01:00"
    for row in rows:
        load(row)
    assert to_review() == [f"Trait {length - 2}"]


def test_what_replaces_a_circle_from_outside_counts() -> None:
    rows = circle(2)
    outside = new_row(trait_name="Outside", supersedes=[row["candidate_id"] for row in rows])
    assert load(*rows, outside).counts == {"created": 3, "archived": 2}
    assert to_review() == ["Outside"]


def test_an_update_may_close_a_circle() -> None:
    first, second = circle(2)
    load({**first, "supersedes": []}, {**second, "supersedes": []})
    assert load(first, second).counts == {"updated": 1, "ignored": 1, "archived": 1}
    assert to_review() == ["Trait 1"]


def test_circles_of_several_people_do_not_meet() -> None:
    rows = circle(2)
    rows[1]["user"] = {"external_id": "test:bob", "display_name": "Bob"}
    load(*rows)
    assert to_review() == ["Trait 0", "Trait 1"]


def sent(row: Row) -> Row:
    return {
        "candidateID": row["candidate_id"],
        "externalID": "test:alice",
        "traitName": row["trait_name"],
        "traitCategory": "Interest",
        "confidenceScore": 0.5,
        "supersedes": row["supersedes"],
    }


@pytest.mark.parametrize("apart", [False, True], ids=["one request", "several requests"])
@pytest.mark.parametrize("length", [2, 5])
def test_the_last_of_a_circle_stays_through_the_api(length: int, apart: bool) -> None:
    pipeline = api_of(None, INGEST)
    rows = [sent(row) for row in circle(length)]
    for part in [[row] for row in rows] if apart else [rows]:
        assert pipeline.call("POST", "ingest/candidates", {"candidates": part})[1]["created"] == len(part)
    assert to_review() == [f"Trait {length - 1}"]


def test_one_of_a_circle_stays_whichever_comes_first() -> None:
    rows = circle(6)
    at_once(lambda index: load(rows[index % 6]) if index < 6 else None)
    assert ExtractedTraitCandidate.objects.count() == 6
    assert len(to_review()) == 1
    assert list(verify(person().persona)) == []
    assert stored(rows[0]).version >= 1
