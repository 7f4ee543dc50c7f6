"""Highlighting of words in the evidence that echo the claim."""

import re
from collections.abc import Collection, Iterable

from traits.likeness.reading import spelled
from traits.search.query import Marked, marked
from traits.search.words import RUNS

LEAST = 4
# Letters, digits and the marks that sit on or between them in Hebrew, Arabic, Indic and Thai text.
WORD = re.compile(r"[\w\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0eff]+")
ENDINGS = re.compile("(?<=.{4})(?:ations?|ments?|ness|ings?|ies|ied|ers?|ed|es|ly|s|y|e)$")
COMMON = re.compile(
    "about|after|again|also|always|because|been|before|being|could|does|doing|during|each|even|ever|"
    "every|from|have|having|into|just|like|more|most|much|never|often|only|other|over|quite|really|"
    "rather|same|should|since|some|something|sometimes|such|than|that|their|them|then|there|these|they|"
    "thing|things|this|those|though|through|time|under|until|very|well|were|what|when|where|which|while|"
    "will|with|within|without|would|your|yours"
)


TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def mark_words(text: str, words: Collection[str]) -> Marked:
    """Split the text into pieces, with those of these words marked; words are in lower case, as spelled() has them."""
    found = (token for token in TOKEN.finditer(text) if not set(spelled(token[0])).isdisjoint(words))
    return marked(text, [token.span() for token in found])


def stem(word: str) -> str:
    """Case-fold a word and strip a common English ending, keeping at least four letters."""
    return ENDINGS.sub("", word.casefold())


class Marker:
    """Finds the words of some texts (a claim, its concepts) in others.

    A word matches if it starts with a stem; scripts without spaces match by runs of two characters or more.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        joined = "\n".join(texts)
        runs = RUNS.findall(joined)
        words = {word for word in WORD.findall(RUNS.sub(" ", joined)) if len(word) >= LEAST}
        self.pairs = {run[at : at + 2] for run in runs for at in range(len(run) - 1)}
        self.stems = tuple(sorted(stem(word) for word in words if not COMMON.fullmatch(word.casefold())))

    def mark(self, text: str) -> Marked:
        """Split the text into pieces, each with whether it is to be marked; joined, they are the text."""
        return marked(text, [*self._words(text), *self._runs(text)])

    def _words(self, text: str) -> Iterable[tuple[int, int]]:
        if not self.stems:
            return []
        found = WORD.finditer(RUNS.sub(lambda run: " " * len(run.group()), text))
        return [word.span() for word in found if word.group().casefold().startswith(self.stems)]

    def _runs(self, text: str) -> Iterable[tuple[int, int]]:
        spans: list[tuple[int, int]] = []
        for run in RUNS.finditer(text) if self.pairs else ():
            for at in range(run.start(), run.end() - 1):
                if text[at : at + 2] not in self.pairs:
                    continue
                if spans and spans[-1][1] > at:
                    spans[-1] = (spans[-1][0], at + 2)
                else:
                    spans.append((at, at + 2))
        return spans
