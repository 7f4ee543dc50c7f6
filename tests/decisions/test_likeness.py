"""How often the product is right about similar and contradicting traits, on pairs that nothing was tuned on."""

import pytest

from bench.similarity import (
    CONTRADICTING,
    PAIRS,
    SIMILAR,
    by_letters_or_concepts,
    contradicts,
    is_shown,
    is_similar,
    pairs,
    score,
)
from traits.likeness.comparison import Contradiction, compare
from traits.likeness.reading import read

HELD_OUT = pairs(held_out=True)


def test_the_pairs_are_enough_and_stay_apart() -> None:
    assert len(PAIRS.read_text("utf-8").splitlines()) >= 220
    tuning = pairs(held_out=False)
    assert abs(len(HELD_OUT) - len(tuning)) < 40
    assert {row["label"] for row in HELD_OUT} == {"same", "similar", "contradiction", "unrelated"}


def test_similar_traits_are_found_and_few_others() -> None:
    found, before = score(HELD_OUT, is_similar, SIMILAR), score(HELD_OUT, by_letters_or_concepts, SIMILAR)
    assert found.precision >= 0.8
    assert found.recall >= 0.65
    assert found.precision - before.precision > 0.25
    assert found.recall - before.recall > 0.25


def test_contradictions_are_found_and_few_others() -> None:
    found = score(HELD_OUT, contradicts, CONTRADICTING)
    assert found.precision >= 0.8
    assert found.recall >= 0.6


def test_what_the_card_shows_is_right() -> None:
    found = score(HELD_OUT, is_shown, SIMILAR + CONTRADICTING)
    assert found.precision >= 0.85
    assert found.recall >= 0.7


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("Decides quickly and moves on", "Takes days to decide", Contradiction.OPPOSITES),
        ("Drinks coffee at all hours", "Has given up coffee for tea", Contradiction.DENIAL),
        ("Can't swim", "Is able to swim", Contradiction.DENIAL),
        ("Favorite color is red", "Favourite color is grey", Contradiction.CHOICE),
        ("Does not like chicken", "Hates the color pink", None),
        ("Never late", "Never reads books", None),
        ("Loves jazz", "Loves jazz!", None),
        ("", "", None),
        ("不", "-", None),
    ],
)
def test_why_two_names_contradict(first: str, second: str, found: Contradiction | None) -> None:
    assert compare(read(first), read(second)).contradiction is found
    assert compare(read(second), read(first)).contradiction is found


def test_a_comparison_is_the_same_from_both_sides() -> None:
    for row in HELD_OUT:
        sides = [
            read(trait["name"], trait["category"], tuple(trait["concepts"])) for trait in (row["first"], row["second"])
        ]
        there, back = compare(*sides), compare(*reversed(sides))
        assert there.likeness == pytest.approx(back.likeness), row
        assert there.contradiction == back.contradiction, row


def test_long_names_do_not_take_long() -> None:
    words = [f"{letter}{number}x" for letter in "abcdefghijklmnopqrstuvwxyz" for number in range(10)]
    long = read(" ".join(words)[:255], "Other", tuple(words))
    assert len(long.words) <= 20
    assert len(long.everything) <= 40
