"""A suggestion next to the person's traits that are like it or contradict it: what differs, and evidence of both."""

import dataclasses
import datetime as dt

from django.utils.translation import gettext

from ptfi.accounts.models import User
from ptfi.texts import shorten
from traits import selectors
from traits.evidence import Piece, by_relevance, recorded_at
from traits.likeness.comparison import Contradiction
from traits.likeness.reading import spelled
from traits.likeness.similarity import Similar
from traits.likeness.vocabulary import AVERSIONS, DENIALS, ENDINGS
from traits.models import ExtractedTraitCandidate, PersonaTrait, TraitStatus, Verdict
from traits.review.highlight import mark_words
from traits.search.query import Marked

QUOTED = 3
ON_TIME_LINE = 5
"""Pieces of evidence of either side on a time line."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Quotes:
    """The most relevant pieces of evidence, shortened, without those that are too private, and the number of others."""

    texts: list[str]
    more: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Moment:
    """A piece of evidence on the time line of a contradiction.

    at: when it was recorded, or else (is_exact: no) when what it is evidence for was last observed. ours: whether it is
    evidence for the suggestion.
    """

    at: dt.datetime | None
    is_exact: bool
    ours: bool
    text: str
    piece: Piece


@dataclasses.dataclass(frozen=True, kw_only=True)
class Clash:
    """A similar trait, its differences from the suggestion (field, suggested, yours), and evidence of both.

    names: both names, the suggestion's first, with what contradicts marked; moments: the evidence of both, the oldest
    first. Both only matter if they contradict each other.
    """

    similar: Similar
    trait: PersonaTrait
    differences: list[tuple[str, str, str]]
    suggested: Quotes
    yours: Quotes
    names: tuple[Marked, Marked]
    moments: list[Moment]


def clashes(user: User, candidate: ExtractedTraitCandidate, similar: list[Similar]) -> list[Clash]:
    """Return the traits for these, in their order."""
    found = selectors.traits(user, [each.trait_id for each in similar])
    suggested = quotes(candidate.supporting_evidence)
    return [
        Clash(
            similar=each,
            trait=found[each.trait_id],
            differences=_compared(candidate, found[each.trait_id]),
            suggested=suggested,
            yours=quotes(found[each.trait_id].evidence),
            names=_marked(candidate.trait_name, each),
            moments=_time_line(candidate, found[each.trait_id]) if each.contradicts else [],
        )
        for each in similar
        if each.trait_id in found
    ]


def quotes(evidence: list[Piece]) -> Quotes:
    """Return enough of the evidence for a comparison side by side."""
    texts = [piece["content"] for piece in _readable(evidence)[:QUOTED]]
    return Quotes(texts=[shorten(text, 160) for text in texts], more=len(evidence) - len(texts))


def _readable(evidence: list[Piece]) -> list[Piece]:
    return [piece for piece in by_relevance(evidence) if piece.get("verdict") != Verdict.TOO_PRIVATE]


def _compared(candidate: ExtractedTraitCandidate, trait: PersonaTrait) -> list[tuple[str, str, str]]:
    about = [shorten(text, 240) for text in (candidate.trait_description, trait.description)]
    rows = [
        (gettext("Name"), candidate.trait_name, trait.name),
        (gettext("Description"), about[0], about[1]),
        (gettext("Category"), candidate.get_trait_category_display(), trait.get_category_display()),
        (gettext("Topics"), ", ".join(candidate.concepts), ", ".join(trait.concepts)),
    ]
    if trait.status != TraitStatus.ACTIVE:
        rows.append((gettext("Status"), gettext("New"), trait.get_status_display()))
    return unequal(rows)


def unequal(rows: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Return the rows whose values differ."""
    return [row for row in rows if row[1] != row[2]]


def _marked(name: str, similar: Similar) -> tuple[Marked, Marked]:
    """Mark in both names what contradicts: the opposite words, or the words that deny."""
    if similar.contradiction is Contradiction.DENIAL:
        ours = theirs = set(DENIALS | ENDINGS | AVERSIONS)
    else:
        ours, theirs = ({word for pair in similar.words for word in spelled(pair[side])} for side in (0, 1))
    return mark_words(name, ours), mark_words(similar.name, theirs)


def _time_line(candidate: ExtractedTraitCandidate, trait: PersonaTrait) -> list[Moment]:
    moments = [
        Moment(
            at=recorded_at(piece) or observed,
            is_exact=recorded_at(piece) is not None,
            ours=ours,
            text=shorten(piece["content"], 240),
            piece=piece,
        )
        for ours, observed, evidence in (
            (False, trait.last_observed_at, trait.evidence),
            (True, candidate.created_at, candidate.supporting_evidence),
        )
        for piece in _readable(evidence)[:ON_TIME_LINE]
    ]
    return sorted(moments, key=lambda each: each.at.timestamp() if each.at else 0.0)
