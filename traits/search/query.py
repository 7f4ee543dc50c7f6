"""Typed text as a query: what PostgreSQL looks for, and where a text has it."""

import dataclasses
import re
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache

from django.contrib.postgres.search import SearchQuery, SearchQueryField, SearchVectorField
from django.db.models import F, Value
from django.db.models.functions import Coalesce

from traits.search.words import LONGEST as MOST
from traits.search.words import Token, fold, tokens

# The index over words spans all people, so that a common word takes ten times as long there as in a person's own rows.
# PostgreSQL does not use an index for a computed expression.
OWN_WORDS = Coalesce(F("search"), Value(""), output_field=SearchVectorField())
LONGEST = 1_000
"""Characters of a query that are read."""
MOST_TERMS = 32
"""Terms of a query that count, the first ones; equal ones count once."""
NOTHING = " "
"""The query that finds nothing."""
QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))
# A leading hyphen excludes; quotation marks make a phrase, also without the second one.
PART = re.compile(r'(?P<without>(?<!\S)-)?(?:"(?P<phrase>[^"]*)"?|(?P<typed>[^\s"]+))')
Marked = list[tuple[str, bool]]
"""A text in pieces, each with whether it is marked; joined, they are the text."""


class Words:
    """The words of a folded text, and where each of them stands among these; runs: where the runs stand."""

    def __init__(self, folded: str) -> None:
        self.tokens = tokens(folded)
        self.runs = [at for at, token in enumerate(self.tokens) if token.kind == "run"]
        self.places: dict[str, list[int]] = {}
        for at, token in enumerate(self.tokens):
            self.places.setdefault(token.text, []).append(at)

    def beginning(self, start: str) -> Iterator[int]:
        """Return where the words stand that begin like this."""
        return (at for word, places in self.places.items() if word.startswith(start) for at in places)


@dataclasses.dataclass(frozen=True, slots=True)
class Term:
    """Words that stand next to each other. without: what matches has none of it; open: the last word may go on."""

    tokens: tuple[Token, ...]
    without: bool
    open: bool

    @property
    def tsquery(self) -> str:
        parts = [part for at, token in enumerate(self.tokens) for part in self._lexemes(token, at)]
        return f"{'!' if self.without else ''}({' <-> '.join(parts)})"

    def _lexemes(self, token: Token, at: int) -> list[str]:
        """Return what the index has for a token: for a run of an unspaced script, each character with the next one."""
        is_last = at == len(self.tokens) - 1
        if token.kind == "run":
            pairs = [_quoted(token.text[each : each + 2]) for each in range(len(token.text) - 1)]
            if not is_last:
                return [*pairs, _quoted(token.text[-1])]
            return pairs or [f"{_quoted(token.text)}:*"]
        word = f".{token.text}" if token.begun and at == 0 else token.text
        return [f"{_quoted(word)}:*" if is_last and self.open else _quoted(word)]

    def places(self, words: Words) -> Iterator[tuple[int, int]]:
        """Return each place of a folded text that has the words."""
        if len(self.tokens) == 1 and self.tokens[0].kind == "run":
            for at in words.runs:
                yield from _within(words.tokens[at], self.tokens[0].text)
            return
        last_start = len(words.tokens) - len(self.tokens)
        for start in self._starts(words):
            if start <= last_start and all(
                self._is(token, at, words.tokens[start + at]) for at, token in enumerate(self.tokens)
            ):
                yield self._span(words.tokens[start : start + len(self.tokens)])

    def _starts(self, words: Words) -> Iterable[int]:
        """Return where the first word may stand."""
        first = self.tokens[0]
        if first.kind == "run":
            return words.runs
        if self.open and len(self.tokens) == 1:
            return words.beginning(first.text)
        return words.places.get(first.text, ())

    def _is(self, sought: Token, at: int, token: Token) -> bool:
        if sought.kind != token.kind or (at == 0 and sought.begun and not token.begun):
            return False
        is_first, is_last = at == 0, at == len(self.tokens) - 1
        if sought.kind == "run" and (is_first or is_last):
            return token.text.endswith(sought.text) if is_first else token.text.startswith(sought.text)
        return token.text.startswith(sought.text) if is_last and self.open else token.text == sought.text

    def _span(self, found: list[Token]) -> tuple[int, int]:
        first, last = found[0], found[-1]
        start = first.start + (first.begun and not self.tokens[0].begun)
        if first.kind == "run":
            start = first.end - len(self.tokens[0].text)
        return start, last.start + len(self.tokens[-1].text) if last.kind == "run" else last.end


@dataclasses.dataclass(frozen=True)
class Query:
    """A query: groups of terms, of which a match has all of at least one group."""

    groups: list[list[Term]]

    @property
    def tsquery(self) -> str:
        """The query as a literal of PostgreSQL's type tsquery."""
        return " | ".join(" & ".join(term.tsquery for term in group) for group in self.groups) or NOTHING

    @cached_property
    def _sought(self) -> list[Term]:
        return list(dict.fromkeys(term for group in self.groups for term in group if not term.without))

    def mark(self, text: str) -> Marked:
        """Mark what the query finds in a text."""
        folded = fold(text)
        words = Words(folded.text)
        return marked(text, (folded.place(*place) for term in self._sought for place in term.places(words)))


class _Words(SearchQuery):
    """A query that PostgreSQL takes as it is, without a parser of its own."""

    template = "(%(expressions)s)::tsquery"

    def __init__(self, text: str) -> None:
        super().__init__(Value(text), output_field=SearchQueryField())


def search_query(text: str) -> SearchQuery:
    """Return what typed text looks for, as a condition of the ORM."""
    return _Words(read(text).tsquery)


def tsquery(text: str) -> str:
    """Return what typed text looks for, as a literal of PostgreSQL's type tsquery."""
    return read(text).tsquery


@lru_cache(maxsize=16)
def read(text: str) -> Query:
    """Read typed text. Words are sought in any order, "or" separates alternatives, and the last word may go on.

    A page marks many texts with the same query, which is read once.
    """
    left = MOST_TERMS
    groups: list[list[Term]] = [[]]
    parts = list(PART.finditer(text[:LONGEST].translate(QUOTES)))
    for part in parts:
        if part["typed"] and part["typed"].casefold() == "or" and not part["without"]:
            groups.append([])
        elif left and (term := _term(part, is_last=part is parts[-1])) and term not in groups[-1]:
            groups[-1].append(term)
            left -= 1
    return Query([list(group) for group in dict.fromkeys(map(tuple, groups)) if group])


def _term(part: re.Match[str], *, is_last: bool) -> Term | None:
    found = tuple(tokens(fold(part["typed"] or part["phrase"] or "").text))
    if not found:
        return None
    # A single letter begins too many words to be useful.
    can_go_on = found[-1].kind == "word" and (len(found) > 1 or len(found[-1].text) > 1)
    return Term(found, bool(part["without"]), is_last and bool(part["typed"]) and not part["without"] and can_go_on)


def _quoted(word: str) -> str:
    # Words have no quotation marks and no backslashes, which are punctuation.
    return f"'{word[:MOST]}'"


def _within(token: Token, sought: str) -> Iterator[tuple[int, int]]:
    at = token.text.find(sought) if token.kind == "run" else -1
    while at >= 0:
        yield token.start + at, token.start + at + len(sought)
        at = token.text.find(sought, at + len(sought))


def marked(text: str, places: Iterable[tuple[int, int]]) -> Marked:
    """Split the text at these places, which may overlap."""
    found: Marked = []
    end = 0
    for start, stop in sorted(places):
        if stop <= end:
            continue
        start = max(start, end)
        found += [(text[end:start], False), (text[start:stop], True)]
        end = stop
    found.append((text[end:], False))
    return [piece for piece in found if piece[0]]
