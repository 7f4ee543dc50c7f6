"""Highlighting of words in the evidence that echo the claim."""

import re
from collections.abc import Iterable

from traits.search import UNSPACED

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
Marked = list[tuple[str, bool]]


def stem(word: str) -> str:
    """Case-fold a word and strip a common English ending, keeping at least four letters."""
    return ENDINGS.sub("", word.casefold())


class Marker:
    """Finds the words of some texts (a claim, its concepts) in others.

    A word matches if it starts with a stem; scripts without spaces match by runs of two characters or more.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        joined = "\n".join(texts)
        runs = UNSPACED.findall(joined)
        words = {word for word in WORD.findall(UNSPACED.sub(" ", joined)) if len(word) >= LEAST}
        self.pairs = {run[at : at + 2] for run in runs for at in range(len(run) - 1)}
        self.stems = tuple(sorted(stem(word) for word in words if not COMMON.fullmatch(word.casefold())))

    def mark(self, text: str) -> Marked:
        """Split the text into pieces, each with whether it is to be marked; joined, they are the text."""
        spans = sorted([*self._words(text), *self._runs(text)])
        marked: Marked = []
        end = 0
        for start, stop in spans:
            if stop <= end:
                continue
            start = max(start, end)
            marked += [(text[end:start], False), (text[start:stop], True)]
            end = stop
        marked.append((text[end:], False))
        return [piece for piece in marked if piece[0]]

    def _words(self, text: str) -> Iterable[tuple[int, int]]:
        if not self.stems:
            return []
        found = WORD.finditer(UNSPACED.sub(lambda run: " " * len(run.group()), text))
        return [word.span() for word in found if word.group().casefold().startswith(self.stems)]

    def _runs(self, text: str) -> Iterable[tuple[int, int]]:
        spans: list[tuple[int, int]] = []
        for run in UNSPACED.finditer(text) if self.pairs else ():
            for at in range(run.start(), run.end() - 1):
                if text[at : at + 2] not in self.pairs:
                    continue
                if spans and spans[-1][1] > at:
                    spans[-1] = (spans[-1][0], at + 2)
                else:
                    spans.append((at, at + 2))
        return spans
