"""Texts that look the same are the same, and what shows nothing is empty: in every file that is imported."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from ptfi.accounts.models import User
from tests.support.candidate_files import Row, Run, load, new_row, piece, stored
from tests.support.cast import acting_for_self
from traits import decisions
from traits.models import ExtractedTraitCandidate

# The import has connections of its own, which see only what is committed.
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
CASES = Path(__file__).parents[1] / "data" / "cases"
NOTHING = [
    *("\u200b", "\u2800", "\u3164", "\u00ad\u2060", "\u034f", "\ufe0f", "\u115f\u1160", "\uffa0", "\U000e0041"),
    *("\u202e", "\u200d\u200c", "\u180e", "\u00a0\u3000", "\ufeff", "\U0001d159", "\u0301", "\u034f\u0e31\u200b"),
]


def names() -> list[str]:
    return list(ExtractedTraitCandidate.objects.order_by("trait_name").values_list("trait_name", flat=True))


def reject_all() -> None:
    for row in ExtractedTraitCandidate.objects.filter(status="candidate"):
        decisions.reject(**acting_for_self(row.user), candidate_id=row.pk, code="not_me")


def test_names_that_show_nothing_are_refused() -> None:
    run = Run(str(CASES / "invisible-names.jsonl"))
    assert (run.status, run.counts) == (1, {"refused": 6})
    assert all("is empty" in line for line in run.said if "invisible-names" in line)


def test_what_shows_nothing_is_empty_in_every_field() -> None:
    refused = [
        new_row(**changes)
        for text in NOTHING
        for changes in (
            {"trait_name": text},
            {"concepts": [text]},
            {"originating_models": [text]},
            {"user": {"external_id": text, "display_name": ""}},
            {"supporting_evidence": [piece(text)]},
        )
    ]
    assert load(*refused).counts == {"refused": len(refused)}
    rows = [
        new_row(
            trait_description=text,
            supporting_evidence=[piece("A", source_detail=text, source_package_id=text)],
            user={"external_id": f"test:{number}", "display_name": text},
        )
        for number, text in enumerate(NOTHING)
    ]
    assert load(*rows).counts == {"created": len(rows)}
    for row in rows:
        found = stored(row)
        (kept,) = found.supporting_evidence
        assert (found.trait_description, found.user.display_name) == ("", "")
        assert (kept["source_detail"], kept["source_package_id"]) == ("", None)


def test_what_was_rejected_does_not_come_back_in_a_spelling_that_looks_the_same() -> None:
    assert Run(str(CASES / "same-to-the-eye.jsonl")).counts == {"created": 3}
    reject_all()
    assert Run(str(CASES / "same-to-the-eye-again.jsonl")).counts == {"suppressed": 6}


ALIKE = [
    ("Ｊａｚｚ １", "jazz 1"),
    ("Plays\u3164guitar", "Plays guitar"),
    ("Loves e\u034f\u0301clairs", "Loves éclairs"),
    ("می\u200cخواهم", "میخواهم"),
    ("Family 👨\u200d👩\u200d👧", "Family 👨👩👧"),
    ("\u2800Braille\u2800", "Braille"),
    ("Taste \U000e0041of", "Taste of"),
    ("\ufeffBOM", "BOM"),
    ("Doesn't fish", "Doesn\u02bct fish"),
    ("Doesn`t fish", "Doesn’t fish"),
    ("Doesn\u00b4t fish", "Doesn't fish"),
    ("Speaks \u02bb\u014dlelo", "Speaks ‘\u014dlelo"),
    ("Notes \u2212 desk", "Notes - desk"),
    ("Rows 1\u22152 mile", "Rows 1/2 mile"),
    ("Rows \u00bd mile", "Rows 1\u20442 mile"),
    ("Odds 3\u22361", "Odds 3:1"),
    ("Fan of `jazz`", "Fan of “jazz”"),
]


def of_each(names: Iterable[str]) -> list[Row]:
    """A row of each name, each of another person."""
    return [
        new_row(trait_name=name, user={"external_id": f"test:{number}", "display_name": ""})
        for number, name in enumerate(names)
    ]


def test_one_suppression_for_all_spellings() -> None:
    assert load(*of_each(name for name, _ in ALIKE)).counts == {"created": len(ALIKE)}
    reject_all()
    rows = of_each(other for _, other in ALIKE)
    load(*rows)
    assert [row["trait_name"] for row in rows if stored(row).suppressed_by_id is None] == []


DIFFERENT = [
    ("Supports 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "Supports 🏴"),
    ("C++", "C"),
    ("1 + 1", "1 - 1"),
    ("我喜歡茶", "我喜歡酒"),
    ("Shakes 🫨", "Shakes 🫵"),
]


def test_what_looks_different_is_different() -> None:
    assert load(*of_each(name for name, _ in DIFFERENT)).counts == {"created": len(DIFFERENT)}
    reject_all()
    assert load(*of_each(other for _, other in DIFFERENT)).counts == {"created": len(DIFFERENT)}


def test_dashes_are_one_however_they_are_written() -> None:
    load(new_row(trait_name="System notes — desk"))
    reject_all()
    assert load(new_row(trait_name="System notes -- desk")).counts == {"suppressed": 1}


def test_a_name_is_one_line() -> None:
    run = Run(str(CASES / "line-ends-in-names.jsonl"))
    assert (run.status, run.counts) == (0, {"created": 4})
    assert names() == ["Bakes rye", "Keeps bees", "Sews sails", "Tends roses"]
    assert ExtractedTraitCandidate.objects.get(trait_name="Keeps bees").concepts == ["bee keeping"]


def test_what_joins_letters_stays() -> None:
    for name in ("می\u200cخواهم", "👩\u200d👩\u200d👧", "क्\u200dष", "I ❤\ufe0f jazz", "Silben\u00adtrennung"):
        row = new_row(trait_name=name, supporting_evidence=[piece(name)], concepts=[name])
        assert load(row).counts == {"created": 1}
        found = stored(row)
        assert (found.trait_name, found.supporting_evidence[0]["content"], found.concepts) == (name, name, [name])


def test_a_person_has_one_id_however_it_is_written() -> None:
    run = Run(str(CASES / "ids-of-one-person.jsonl"))
    assert (run.status, run.counts) == (0, {"created": 6})
    # Capitals tell ids apart.
    assert set(User.objects.values_list("external_id", flat=True)) == {"bughunt:rené", "BugHunt:René"}
    assert load(new_row(user={"external_id": "ｂｕｇｈｕｎｔ:rené", "display_name": ""})).counts == {"created": 1}
    assert User.objects.count() == 2


def test_people_whose_ids_look_different_stay_apart() -> None:
    for external_id in ("a|b", "ab", "x²", "x2", "a b"):
        load(new_row(user={"external_id": external_id, "display_name": ""}))
    assert User.objects.count() == 5
    theirs = new_row(user={"external_id": "ab", "display_name": ""})
    load(theirs)
    assert load(theirs | {"user": {"external_id": "a|b", "display_name": ""}}).counts == {"refused": 1}


def test_odd_characters_are_refused_by_line_or_kept() -> None:
    run = Run(str(CASES / "odd-characters.jsonl"))
    assert run.counts == {"created": 2, "refused": 3}
    faults = [line.partition("jsonl:")[2] for line in run.said if "jsonl:" in line]
    assert list(dict.fromkeys(fault[:2] for fault in faults)) == ["1:", "3:", "4:"]
    assert "surrogate" in faults[0]
    assert "null character" in faults[1]
    assert "controls how text is shown" in faults[2]


def test_one_id_in_two_spellings_is_one_suggestion() -> None:
    file = str(CASES / "one-id-three-times.jsonl")
    Run(file)
    assert names() == ["Same id, third time"]
    before = ExtractedTraitCandidate.objects.get().supporting_evidence
    Run(file)
    assert ExtractedTraitCandidate.objects.get().supporting_evidence == before


def test_edges_of_evidence() -> None:
    run = Run(str(CASES / "evidence-edges.jsonl"))
    assert names() == ["No evidence", "Null source", "Same piece twice", "Times"]
    assert run.counts == {"created": 4, "refused": 4}
    assert len(ExtractedTraitCandidate.objects.get(trait_name="Same piece twice").supporting_evidence) == 1


def test_edges_of_confidence() -> None:
    run = Run(str(CASES / "confidence-edges.jsonl"))
    assert run.counts == {"created": 9, "refused": 7}


def test_the_same_piece_in_another_form_is_no_new_evidence() -> None:
    row = new_row(supporting_evidence=[piece("We danced in the Cafe\u0301.")])
    load(row)
    candidate = stored(row)
    decisions.snooze(**acting_for_self(candidate.user), candidate_id=candidate.pk, until=None)
    again = new_row(trait_name="Loves\u00a0ja\u00adzz", supporting_evidence=[piece("We danced in the Café.")])
    assert load(again).counts == {"created": 1}
    assert load(row | {"supporting_evidence": [piece("We danced in the Café.")]}).counts == {"unchanged": 1}
    assert stored(row).status == "awaiting_refinement"
    assert load(again | {"candidate_id": new_row()["candidate_id"], "supporting_evidence": [piece("New.")]}).counts == {
        "created": 1, "returned": 1,
    }  # fmt: skip
