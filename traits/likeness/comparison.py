"""Two traits compared by their words."""

import dataclasses
import enum
from collections.abc import Mapping

from traits.likeness import lexicon
from traits.likeness.reading import Reading, spelled, telling

SIMILAR = 0.55
"""The likeness from which two traits say nearly the same."""
BY_NAME, BY_EVERYTHING, BY_CATEGORY = 1.0, 0.5, 0.2
"""What counts how much: the words of the names, those and the concepts' together, the same category."""
OTHER_SIDE = 0.5
"""What is left of the likeness if one denies and the other does not."""
SAME_KIND = 0.8
SAME_SUBJECT, OF_EITHER = 0.6, 0.2
"""How much of one name the other has to cover before they can contradict each other, and how much of either."""
RELATED = 0.7
"""What two words that have anything to do with each other count for a common subject."""

Shared = tuple[tuple[str, str], ...]


class Contradiction(enum.Enum):
    """Why two traits contradict each other: one denies the other, opposite words, or a choice that has one answer."""

    DENIAL = "denial"
    OPPOSITES = "opposites"
    CHOICE = "choice"


Found = tuple[Contradiction, Shared]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Comparison:
    """The likeness of two traits, 0 to 1; why they contradict each other; the words that show it, as (ours, theirs)."""

    likeness: float
    contradiction: Contradiction | None
    words: Shared

    @property
    def similar(self) -> bool:
        return self.contradiction is None and self.likeness >= SIMILAR


@dataclasses.dataclass(frozen=True, kw_only=True)
class Match:
    """The words of two names that mean nearly the same, each used once, and how near they are."""

    ours: Mapping[str, float]
    theirs: Mapping[str, float]
    words: Shared


NOTHING = Comparison(likeness=0.0, contradiction=None, words=())


def compare(ours: Reading, theirs: Reading) -> Comparison:
    """Compare two traits by their names; concepts and category count only for names that share words."""
    if ours.reach.isdisjoint(theirs.reach):
        return NOTHING
    match = _match(ours.words, theirs.words)
    contradiction, words = _contradiction(ours, theirs, match) or (None, match.words)
    return Comparison(
        likeness=_likeness(ours, theirs, match) if match.words else 0.0, contradiction=contradiction, words=words
    )


def _likeness(ours: Reading, theirs: Reading, match: Match) -> float:
    name = max(_covered(ours.words, match.ours), _covered(theirs.words, match.theirs))
    if name * BY_NAME + BY_EVERYTHING + BY_CATEGORY < SIMILAR * (BY_NAME + BY_EVERYTHING + BY_CATEGORY):
        return name * BY_NAME / (BY_NAME + BY_EVERYTHING + BY_CATEGORY)
    everything = _match(ours.everything, theirs.everything)
    score = (
        BY_NAME * name
        + BY_EVERYTHING
        * max(_covered(ours.everything, everything.ours), _covered(theirs.everything, everything.theirs))
        + BY_CATEGORY * (ours.category == theirs.category)
    ) / (BY_NAME + BY_EVERYTHING + BY_CATEGORY)
    return score if ours.denies == theirs.denies else score * OTHER_SIDE


def _match(ours: Mapping[str, float], theirs: Mapping[str, float]) -> Match:
    pairs = [(near, word, other) for word in ours for other in theirs if (near := lexicon.likeness(word, other)) > 0]
    left, right, words = dict[str, float](), dict[str, float](), list[tuple[str, str]]()
    for near, word, other in sorted(pairs, reverse=True):
        if word not in left and other not in right:
            left[word] = right[other] = near
            words.append((word, other))
    return Match(ours=left, theirs=right, words=tuple(words))


def _covered(words: Mapping[str, float], matched: Mapping[str, float]) -> float:
    """Return how much of what a name says is in the other name."""
    return sum(weight * matched.get(word, 0.0) for word, weight in words.items()) / (sum(words.values()) or 1)


def _same_subject(ours: Mapping[str, float], theirs: Mapping[str, float], match: Match) -> bool:
    covered = [
        _covered(words, {word: max(near, RELATED) for word, near in matched.items()})
        for words, matched in ((ours, match.ours), (theirs, match.theirs))
    ]
    return max(covered) >= SAME_SUBJECT and min(covered) >= OF_EITHER


def _contradiction(ours: Reading, theirs: Reading, match: Match) -> Found | None:
    if ours.slot and theirs.slot and lexicon.likeness(ours.slot[0], theirs.slot[0]) > SAME_KIND:
        return _choice(ours.slot[1], theirs.slot[1])
    if ours.denies != theirs.denies:
        return _denial(ours, theirs, match)
    return _opposites(ours, theirs) or _exclusive(ours, theirs, match)


def _choice(ours: str, theirs: str) -> Found | None:
    """Two answers to what one has one of: a favourite, a home."""
    common = _match(dict.fromkeys(spelled(ours), 1.0), dict.fromkeys(spelled(theirs), 1.0)).words
    return None if common else (Contradiction.CHOICE, ((ours, theirs),))


def _denial(ours: Reading, theirs: Reading, match: Match) -> Found | None:
    no, yes = (ours, theirs) if ours.denies else (theirs, ours)
    said = match.ours if ours.denies else match.theirs
    if (no.averse and not yes.fond) or no.denied not in said or not _same_subject(ours.words, theirs.words, match):
        return None
    return Contradiction.DENIAL, match.words


def _opposites(ours: Reading, theirs: Reading) -> Found | None:
    for word in ours.words:
        for other in theirs.words if lexicon.sides(word) else ():
            if lexicon.are_opposites(word, other) and _set_opposite(ours.words, theirs.words, word, other):
                return Contradiction.OPPOSITES, ((word, other),)
    return None


def _set_opposite(ours: Mapping[str, float], theirs: Mapping[str, float], word: str, other: str) -> bool:
    """Whether two opposites are said of the same, or are nearly all that is said."""
    rest, their_rest = _without(ours, {word}), _without(theirs, {other})
    shares = (ours[word] / sum(ours.values()), theirs[other] / sum(theirs.values()))
    if min(shares) >= 0.3 and max(shares) >= 0.45:
        return True
    return _same_subject(rest, their_rest, _match(rest, their_rest))


def _exclusive(ours: Reading, theirs: Reading, match: Match) -> Found | None:
    """One says that it holds for nothing else, and the other says the same of something else."""
    mine, other = telling(ours.words), telling(theirs.words)
    if not (ours.exclusive or theirs.exclusive) or mine in match.ours or other in match.theirs:
        return None
    rest, their_rest = _without(ours.words, {mine}), _without(theirs.words, {other})
    return (Contradiction.CHOICE, ((mine, other),)) if _same_subject(rest, their_rest, match) else None


def _without(words: Mapping[str, float], left_out: set[str]) -> dict[str, float]:
    return {word: weight for word, weight in words.items() if word not in left_out}
