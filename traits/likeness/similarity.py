"""The person's traits that say the same as a suggestion, contradict it, or have to do with it."""

import dataclasses
import math
import uuid
from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db.models import Case, Func, JSONField, Q, QuerySet, Value, When
from rapidfuzz import fuzz

from ptfi.accounts.models import User
from ptfi.texts import sort_key
from traits.evidence import Piece, identity
from traits.likeness.comparison import Comparison, Contradiction, compare
from traits.likeness.reading import read
from traits.models import ExtractedTraitCandidate, PersonaTrait, TraitStatus
from traits.selectors import ALL
from traits.text import name_key

MISSPELLED = 90
"""Similarity of two names' letters in per cent from which they are one name with a slip."""
RARE_ENOUGH = 1.0
"""How rare the shared concepts have to be together before they make a trait related."""
PRIOR = 10
"""Other traits that are imagined when concepts are counted: with few traits, none is rare."""
COMPARED_PIECES = 100
CONTENTS = Func(
    "evidence", template="jsonb_path_query_array(%(expressions)s, '$[*].content')", output_field=JSONField()
)
NONE = Value(None, output_field=JSONField())


@dataclasses.dataclass(frozen=True, kw_only=True)
class Similar:
    """A trait of the person's; likeness of the names in per cent, and the concepts that both have.

    contradiction: why it contradicts the suggestion, if it does; words: the pairs of words that show it, the
    suggestion's first. said_alike: the names say nearly the same. same_evidence: they share half or more of the
    evidence of either. related: how rare the shared concepts are together.
    """

    trait_id: uuid.UUID
    name: str
    category: str
    status: str
    likeness: int
    said_alike: bool
    contradiction: Contradiction | None
    words: tuple[tuple[str, str], ...]
    concepts: list[str]
    related: float
    same_evidence: bool

    @property
    def contradicts(self) -> bool:
        return self.contradiction is not None

    @property
    def is_close(self) -> bool:
        """Whether it says the same or contradicts; if not, it is only related."""
        return self.said_alike or self.contradicts

    @property
    def closeness(self) -> tuple[int, float]:
        """The sort key: what contradicts or says the same comes before what is only related."""
        extra = 0.4 * self.same_evidence + 0.1 * self.related
        return (2 if self.contradicts else int(self.said_alike), (self.likeness / 100) * self.is_close + extra)


def similar_traits(
    user: User, suggestion: ExtractedTraitCandidate | PersonaTrait, limit: int = 5, within: Q = ALL
) -> list[Similar]:
    """Return the person's other traits that contradict a suggestion, say the same or are related, in this order.

    The names decide about the first two (traits/likeness); common evidence and rare concepts make a trait related.
    """
    return compared_traits(user, suggestion, limit, within).similar


@dataclasses.dataclass(frozen=True, kw_only=True)
class Compared:
    """What one statement tells about the person's other traits: the similar ones, and the name keys of all concepts.

    equal: the one with the suggestion's name key and category that confirming adds to, if there is one.
    """

    similar: list[Similar]
    concepts: set[str]
    equal: Similar | None = None


def compared_traits(
    user: User, suggestion: ExtractedTraitCandidate | PersonaTrait, limit: int = 5, within: Q = ALL
) -> Compared:
    """Return what similar_traits() returns, and which concepts the person has."""
    name, category, evidence = _fields(suggestion)
    rows = _rows(PersonaTrait.objects.filter(within, user=user).exclude(pk=suggestion.pk), evidence)
    ours = read(name, category, tuple(suggestion.concepts))
    rarity = _Rarity(suggestion.concepts, [row[5] for row in rows])
    wanted = {identity(piece) for piece in evidence}
    found, equal = [], None
    for pk, key, other, their_category, status, concepts, quoted in rows:
        compared = compare(ours, read(other, their_category, tuple(concepts)))
        likeness = _likeness(compared, suggestion.name_key, key)
        shared = rarity.shared(concepts)
        each = Similar(
            trait_id=pk,
            name=other,
            category=their_category,
            status=status,
            likeness=likeness,
            said_alike=compared.contradiction is None and (compared.similar or likeness >= MISSPELLED),
            contradiction=compared.contradiction if suggestion.name_key != key else None,
            words=compared.words,
            concepts=shared,
            related=rarity.of(shared),
            same_evidence=_is_same(quoted, wanted),
        )
        if key == suggestion.name_key and their_category == category and status != TraitStatus.DORMANT:
            equal = equal or each
        if each.is_close or each.same_evidence or each.related >= RARE_ENOUGH:
            found.append(each)
    closest = sorted(found, key=lambda each: (-each.closeness[0], -each.closeness[1], sort_key(each.name)))
    own = {each for row in rows for each in row[5]} if suggestion.concepts else set()
    return Compared(similar=_first(closest, equal, limit), concepts={name_key(each) for each in own}, equal=equal)


def _first(closest: list[Similar], equal: Similar | None, limit: int) -> list[Similar]:
    """The closest ones, and in any case the equal one, which confirming adds to."""
    first = closest[:limit]
    return first if equal is None or equal in first else [*first[: limit - 1], equal]


def close_traits(
    user: User, suggestion: ExtractedTraitCandidate | PersonaTrait, limit: int = 5, within: Q = ALL
) -> list[Similar]:
    """Return those that say the same or contradict, in the same order."""
    return [each for each in similar_traits(user, suggestion, limit, within) if each.is_close]


def _fields(suggestion: ExtractedTraitCandidate | PersonaTrait) -> tuple[str, str, list[Piece]]:
    if isinstance(suggestion, PersonaTrait):
        return suggestion.name, suggestion.category, suggestion.evidence[:COMPARED_PIECES]
    return suggestion.trait_name, suggestion.trait_category, suggestion.supporting_evidence[:COMPARED_PIECES]


Row = tuple[uuid.UUID, str, str, str, str, list[str], list[Piece] | None]


def _rows(mine: QuerySet[PersonaTrait], evidence: list[Piece]) -> list[Row]:
    """Return id, name key, name, category, status and concepts of each trait, and its evidence if it quotes this."""
    contents = [piece["content"] for piece in evidence]
    quotes = Case(When(Q(contents__has_any_keys=contents), then="evidence")) if contents else NONE
    return list(
        mine.annotate(contents=CONTENTS, quoted=quotes)
        .order_by("created_at", "pk")
        .values_list("pk", "name_key", "name", "category", "status", "concepts", "quoted")
    )


def _likeness(compared: Comparison, key: str, other: str) -> int:
    """Return the likeness in per cent. A slip of the pen counts as likeness, another number does not."""
    if key == other:
        return 100
    if compared.likeness and _digits(key) == _digits(other):
        letters = fuzz.ratio(key, other, score_cutoff=MISSPELLED)
        return round(max(100 * compared.likeness, letters))
    return round(100 * compared.likeness)


def _digits(key: str) -> list[str]:
    return [word for word in key.split() if any(map(str.isdigit, word))]


class _Rarity:
    """How rare the concepts of a suggestion are among the person's traits."""

    def __init__(self, concepts: Iterable[str], of_traits: list[list[str]]) -> None:
        self.keys = {name_key(concept) for concept in concepts}
        self.known = dict[str, bool]()
        self.number = len(of_traits) + PRIOR
        self.counts = Counter(
            key for names in of_traits if self.keys for key in {name_key(each) for each in self.shared(names)}
        )

    def shared(self, concepts: Iterable[str]) -> list[str]:
        """Return those of the concepts that the suggestion has too."""
        return [concept for concept in concepts if self._is_shared(concept)]

    def _is_shared(self, concept: str) -> bool:
        if concept not in self.known:
            self.known[concept] = name_key(concept) in self.keys
        return self.known[concept]

    def of(self, concepts: Iterable[str]) -> float:
        """Return the rarity of concepts together; each counts 0 (all traits have it) to 1."""
        keys = {name_key(concept) for concept in concepts}
        return sum(math.log(self.number / (self.counts[key] + 1)) / math.log(self.number) for key in keys)


def _is_same(pieces: list[Piece] | None, wanted: set[Any]) -> bool:
    """Whether the pieces hold half or more of the wanted ones, or these half or more of the pieces."""
    if not pieces or not wanted:
        return False
    return 2 * len(wanted & {identity(piece) for piece in pieces}) >= min(len(wanted), len(pieces))
