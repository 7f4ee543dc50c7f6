"""Which rows an import refuses and how it normalises the others, through `manage.py import_candidates`."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ptfi.texts import composed, one_line, shows_nothing
from tests.support.candidate_files import SECRET, Row, load, new_row, piece, stored, without
from traits.ingest.parsing import parse, parse_line
from traits.models import ExtractedTraitCandidate
from traits.text import name_fault

# The import has connections of its own, which see only what is committed.
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


BAD: list[tuple[Row, str]] = [
    ({"candidate_id": "x"}, "candidate_id: must be a UUID"),
    ({"candidate_id": "{0359fc92-97b5-5f96-9da6-2c3210617b20}"}, "candidate_id: must be a UUID"),
    ({"user": None}, "user: must be a JSON object"),
    ({"user": {"external_id": "", "display_name": ""}}, "user.external_id: is empty"),
    ({"user": {"external_id": "a", "display_name": "", "age": 3}}, "user.age: is not a known field"),
    ({"trait_name": ""}, "trait_name: is empty"),
    ({"trait_name": " \u3000\n"}, "trait_name: is empty"),
    ({"trait_name": SECRET * 40}, "trait_name: is longer than 255 characters"),
    ({"trait_name": f"{SECRET}\x00"}, "trait_name: contains a null character"),
    ({"trait_name": 7}, "trait_name: must be text"),
    ({"trait_description": None}, "trait_description: must be text"),
    ({"trait_description": "x" * 10_001}, "trait_description: is longer than 10000 characters"),
    ({"trait_category": SECRET}, "trait_category: must be one of LinguisticStyle,"),
    ({"trait_category": ["Interest"]}, "trait_category: must be one of"),
    ({"confidence_score": 1.01}, "confidence_score: must be between 0 and 1"),
    ({"confidence_score": -0.01}, "confidence_score: must be between 0 and 1"),
    ({"confidence_score": 10**30}, "confidence_score: must be between 0 and 1"),
    ({"confidence_score": True}, "confidence_score: must be a number"),
    ({"confidence_score": None}, "confidence_score: must be a number"),
    ({"confidence_score": "0.5"}, "confidence_score: must be a number"),
    ({"supporting_evidence": {}}, "supporting_evidence: must be a list"),
    ({"supporting_evidence": [piece("x")] * 1_001}, "supporting_evidence: has more than 1000 items"),
    ({"supporting_evidence": [piece("x"), SECRET]}, "evidence[1]: must be a JSON object"),
    ({"supporting_evidence": [piece("")]}, "evidence[0].content: is empty"),
    (
        {"supporting_evidence": [piece("x" * 4_001)]},
        "evidence[0].content: is longer than 4000 characters",
    ),
    ({"supporting_evidence": [without("type")]}, "evidence[0].type: is missing"),
    ({"supporting_evidence": [piece("x", mood=SECRET)]}, "evidence[0].mood: is not a known field"),
    (
        {"supporting_evidence": [piece("x", start_time=2e9)]},
        "evidence[0].start_time: must be between 0 and 1000000000",
    ),
    ({"supporting_evidence": [piece("x", start_time=2, end_time=1)]}, "evidence[0].end_time: is before start_time"),
    (
        {"supporting_evidence": [piece("x", relevance_score=2)]},
        "evidence[0].relevance_score: must be between 0 and 1",
    ),
    (
        {"supporting_evidence": [piece("x", recorded_at="1 May")]},
        "evidence[0].recorded_at: must be an ISO 8601 time",
    ),
    ({"supporting_evidence": [piece("x", speaker=7)]}, "evidence[0].speaker: must be text"),
    (
        {"supporting_evidence": [piece("x", before="x" * 1_001)]},
        "evidence[0].before: is longer than 1000 characters",
    ),
    ({"supporting_evidence": [piece("x", media_url="javascript:x")]}, "evidence[0].media_url: must be an http"),
    ({"originating_models": ["a", 3]}, "originating_models[1]: must be text"),
    ({"originating_models": ["a"] * 51}, "originating_models: has more than 50 items"),
    ({"associated_feature_set_ids": ["a"]}, "associated_feature_set_ids[0]: must be a UUID"),
    ({"concepts": SECRET}, "concepts: must be a list"),
    ({"concepts": ["a", " "]}, "concepts[1]: is empty"),
    ({"supersedes": [SECRET]}, "supersedes[0]: must be a UUID"),
    ({"language": "x" * 36}, "language: is longer than 35 characters"),
    ({"created_at": "2026-03-01T10:00:00"}, "created_at: must be an ISO 8601 time with a time zone"),
    ({"created_at": "0001-01-01T00:00:00+14:00"}, "created_at: must be an ISO 8601 time with a time zone"),
    ({"created_at": 1_700_000_000}, "created_at: must be an ISO 8601 time with a time zone"),
    ({"mood": SECRET}, "mood: is not a known field"),
    ({"\x1b[2J": SECRET}, "\\x1b[2J: is not a known field"),
]
"""Fields that are not right → how the line is named."""


def test_bad_lines_are_named_and_the_rest_goes_in() -> None:
    first, last = new_row(), new_row()
    run = load(first, *(new_row(**changes) for changes, _ in BAD), last)
    assert run.status == 1
    assert run.counts == {"created": 2, "refused": len(BAD)}
    assert len(run.said) == len(BAD)
    for number, (said, (_, reason)) in enumerate(zip(run.said, BAD, strict=True), start=2):
        assert f"rows.jsonl:{number}: {reason}" in said.replace("supporting_evidence[", "evidence[")
        assert SECRET not in said
    assert set(ExtractedTraitCandidate.objects.values_list("pk", flat=True)) == {stored(first).pk, stored(last).pk}


def test_what_is_told_about_a_quote_is_kept_and_nothing_else() -> None:
    told = {"recorded_at": "2026-03-01T12:00:00+00:00", "speaker": "Ann", "before": "So.", "after": "Yes.",
            "media_url": "https://media.example.org/a.mp3"}  # fmt: skip
    row = new_row(supporting_evidence=[piece("x", **told), piece("y", speaker=None, before="")])
    load(row)
    first, second = stored(row).supporting_evidence
    assert {name: first.get(name) for name in told} == told
    assert second.keys().isdisjoint(told)


def test_missing_fields_are_named() -> None:
    names = sorted(new_row())
    run = load(*({field: value for field, value in new_row().items() if field != name} for name in names))
    assert (run.status, run.counts) == (1, {"refused": len(names)})
    assert [line.split(":", 1)[1] for line in run.said] == [
        f"{number}: {name}: is missing" for number, name in enumerate(names, start=1)
    ]


@pytest.mark.parametrize(
    "line",
    [
        b"{", b"[]", b'"text"', b"null", b"\xff\xfe", b'{"trait_name": "\\ud800"}', b'{"confidence_score": NaN}',
        b'{"confidence_score": 1e999}', b"[" * 5_000, b"{}" * 2, b"\xef\xbb\xbf{}",
    ],
)  # fmt: skip
def test_a_line_that_is_no_object_is_a_bad_line(line: bytes) -> None:
    run = load(new_row(), line + b"\n", new_row())
    assert (run.status, run.counts) == (1, {"created": 2, "refused": 1})
    assert all("rows.jsonl:2: " in said for said in run.said)


def test_values_are_normalised() -> None:
    row = new_row(
        trait_name="  Loves jazz ",
        confidence_score=-0.0,
        supporting_evidence=[piece("a", start_time=start) for start in (-0.0, 0, 0.0)],
        concepts=["Jazz", "jazz!", " night walks "],
        originating_models=["m", "m"],
        language=None,
    )  # fmt: skip
    row["supersedes"] = [row["candidate_id"]]
    load(row)
    candidate = stored(row)
    assert (candidate.trait_name, candidate.name_key) == ("Loves jazz", "loves jazz")
    assert str(candidate.confidence_score) == "0.0"
    assert [one["start_time"] for one in candidate.supporting_evidence] == [0.0]
    assert candidate.concepts == ["Jazz", "night walks"]
    assert candidate.originating_models == ["m"]
    assert (candidate.supersedes, candidate.status) == ([], "candidate")


def test_the_longest_row_is_imported() -> None:
    pieces = [piece(f"{number:04}" + "長" * 3_996) for number in range(1_000)]
    row = new_row(trait_name="ﷺ" * 255, trait_description="x" * 10_000, supporting_evidence=pieces)
    assert load(row).counts == {"created": 1}
    assert stored(row).evidence_count == 1_000
    assert load(row).counts == {"unchanged": 1}


def test_the_text_that_takes_most_room_in_the_search_index_fits() -> None:
    letters = [chr(number) for number in range(0x10400, 0x10450)]
    chance = random.Random(1)
    words = ["-".join("".join(chance.choices(letters, k=30)) for _ in range(2)) for _ in range(64 * 60)]
    pieces = [piece(" ".join(words[start : start + 64])) for start in range(0, len(words), 64)]
    assert load(new_row(), new_row(supporting_evidence=pieces)).counts == {"created": 2}


any_text = st.text(max_size=40)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=8,
)


@given(any_json, st.sampled_from(sorted(new_row())), any_json)
def test_no_json_breaks_the_reader(row: Any, name: str, value: Any) -> None:
    for candidate in (
        row,
        new_row() | {name: value},
        new_row(supporting_evidence=[value, piece("x") | {"type": value}]),
    ):
        result = parse(candidate)
        if isinstance(result, list):
            assert result
            assert all(field and what for field, what in result)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(line: bytes) -> None:
    assert isinstance(parse_line(line), list)


storable = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=255
).filter(lambda text: not shows_nothing(text) and len(composed(text)) <= 255)
names = storable.filter(lambda name: not name_fault(one_line(name)))


@pytest.mark.generated
@hypothesis_settings(max_examples=25, deadline=None)
@given(name=names, texts=st.lists(storable, max_size=4), concepts=st.lists(names, max_size=4))
def test_all_text_comes_back_in_its_stored_form(name: str, texts: list[str], concepts: list[str]) -> None:
    row = new_row(trait_name=name, supporting_evidence=[piece(text) for text in texts], concepts=concepts)
    row["originating_models"] = texts
    row["user"] = {"external_id": f"test:{row['candidate_id']}", "display_name": name}
    assert load(row).counts == {"created": 1}
    candidate = stored(row)
    assert candidate.trait_name == one_line(name)
    assert [one["content"] for one in candidate.supporting_evidence] == list(dict.fromkeys(map(composed, texts)))
    assert candidate.originating_models == list(dict.fromkeys(map(one_line, texts)))
    assert load(row).counts == {"unchanged": 1}
