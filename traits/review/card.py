"""The content of an opened suggestion, read in a fixed number of queries."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext

from ptfi.accounts.models import User
from traits import selectors
from traits.confidence import confidence_words, rating_of, score_of
from traits.evidence import Piece, by_relevance, recorded_at, type_words
from traits.likeness.similarity import Compared, Similar, compared_traits
from traits.models import (
    CandidateStatus,
    Decision,
    ExtractedTraitCandidate,
    Persona,
    PersonaTrait,
    UserRefinedTrait,
    Verdict,
)
from traits.models.log import PLACING
from traits.review import selectors as queue_selectors
from traits.review.comparisons import Clash, clashes, unequal
from traits.review.head import Head
from traits.review.highlight import Marker
from traits.review.order.recent import pace
from traits.review.selectors import TABS
from traits.text import Spelling, name_key

PIECES = 10
MORE_PIECES = 100
# Reading a suggestion takes at least this long, even if the keys were pressed faster.
LEAST_SECONDS = 5.0
DOUBTED = (Verdict.OUT_OF_CONTEXT, Verdict.NOT_ME, Verdict.TOO_PRIVATE)
ICONS = {
    "text_snippet": "text-quote",
    "audio_segment": "mic",
    "video_segment": "video",
    "chat_message": "message-circle",
    "email_excerpt": "mail",
    "journal_entry": "notebook-pen",
    "photo_caption": "image",
    "calendar_entry": "calendar-days",
    "social_post": "share-2",
    "document": "file-text",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Shown:
    """A piece of evidence with its matching words marked, and the selected verdict.

    type is "" if the source's own detail already begins with it. recorded: when it was recorded.
    """

    piece: Piece
    marked: list[tuple[str, bool]]
    verdict: str
    icon: str
    type: str
    recorded: dt.datetime | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pieces:
    """A part of the evidence: readable pieces, folded ones, and the index of the next piece (0 if there is none)."""

    shown: list[Shown]
    folded: list[Shown]
    next: int
    total: int

    @property
    def left(self) -> int:
        return self.total - self.next

    @property
    def scored(self) -> bool:
        """Whether any of them has a relevance, so that their order says something."""
        return any(each.piece.get("relevance_score") is not None for each in self.shown)

    @property
    def step(self) -> int:
        return min(MORE_PIECES, self.left)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Card:
    """An open suggestion. trait: what it became or was merged into; decision: the entry that decided it.

    duplicates: the other suggestions that say the same, which are decided along; spelling: the name that confirming
    gives the trait; equal: the trait that says the same already, which confirming adds to.
    """

    candidate: ExtractedTraitCandidate
    pieces: Pieces
    history: list[queue_selectors.PastDecision]
    duplicates: list[Spelling]
    spelling: str
    equal: Similar | None
    clashes: list[Clash]
    new_concepts: list[str]
    known_concepts: list[str]
    used_pieces: int
    trait: PersonaTrait | None
    decision: UserRefinedTrait | None
    persona: Persona | None
    differences: list[tuple[str, str, str]]

    @property
    def contradiction(self) -> Clash | None:
        """The trait that contradicts the suggestion most: the card asks which of the two is true.

        None if confirming adds to a trait that the person has: that one's contradictions are no news.
        """
        if self.equal:
            return None
        return next((clash for clash in self.clashes if clash.similar.contradicts), None)

    @property
    def others(self) -> list[Clash]:
        """The other similar traits: those that contradict or say the same come before those that are only related."""
        return [clash for clash in self.clashes if clash is not self.contradiction]

    @property
    def close(self) -> list[Clash]:
        """Those of the others that say the same or contradict."""
        return [clash for clash in self.others if clash.similar.is_close]

    @property
    def also_pieces(self) -> int:
        """The pieces of evidence of what says the same."""
        return sum(each.pieces for each in self.duplicates)

    @property
    def merged(self) -> bool:
        return self.decision is not None and self.decision.user_decision == Decision.MERGED


def pieces(
    candidate: ExtractedTraitCandidate, verdicts: Mapping[str, str], start: int = 0, count: int = PIECES
) -> Pieces:
    """Return a number of pieces from start on; verdicts (by evidence id) are selected on the page but not saved yet."""
    evidence = by_relevance(candidate.supporting_evidence)
    marker = Marker([candidate.trait_name, *candidate.concepts])
    shown: list[Shown] = []
    folded: list[Shown] = []
    for piece in evidence[start : start + count]:
        saved = piece.get("verdict", "")
        kinds = (piece["type"].replace("_", " "), type_words(piece["type"]).casefold())
        each = Shown(
            piece=piece,
            marked=marker.mark(piece["content"]),
            verdict=verdicts.get(piece["evidence_id"], saved),
            icon=ICONS.get(piece["type"], "file-text"),
            recorded=recorded_at(piece),
            type="" if (piece["source_detail"] or "").casefold().startswith(kinds) else type_words(piece["type"]),
        )
        (folded if saved == Verdict.TOO_PRIVATE else shown).append(each)
    end = start + count
    return Pieces(shown=shown, folded=folded, next=end if end < len(evidence) else 0, total=len(evidence))


def card(user: User, candidate: ExtractedTraitCandidate, *, verdicts: Mapping[str, str], count: int = PIECES) -> Card:
    """Read a card: an undecided suggestion comes with what confirming changes, a decided one with its outcome."""
    in_log: bool = candidate.in_log  # type: ignore[attr-defined]
    history = queue_selectors.history(user, candidate.pk) if in_log else []
    to_decide = candidate.is_undecided
    trait, decision = (None, None) if to_decide else _outcome(user, candidate, [each.entry for each in history])
    mine = compared_traits(user, candidate) if to_decide else Compared(similar=[], concepts=set())
    same = queue_selectors.duplicates(candidate) if to_decide else []
    new = [concept for concept in candidate.concepts if name_key(concept) not in mine.concepts]
    return Card(
        candidate=candidate,
        pieces=pieces(candidate, verdicts, count=count),
        history=history,
        duplicates=same,
        spelling=queue_selectors.spelling(candidate) if to_decide else candidate.trait_name,
        equal=mine.equal,
        clashes=clashes(user, candidate, mine.similar),
        new_concepts=new,
        known_concepts=[concept for concept in candidate.concepts if concept not in new],
        used_pieces=sum(
            verdicts.get(piece["evidence_id"], piece.get("verdict", "")) not in DOUBTED
            for piece in candidate.supporting_evidence
        ),
        trait=trait,
        decision=decision,
        persona=selectors.persona(user) if trait else None,
        differences=_changed(candidate, trait) if trait else [],
    )


def _changed(candidate: ExtractedTraitCandidate, trait: PersonaTrait) -> list[tuple[str, str, str]]:
    """Return the differences between a suggestion and the trait that it became: field, suggested, yours."""
    rows = [
        (gettext("Name"), candidate.trait_name, trait.name),
        (gettext("Description"), candidate.trait_description, trait.description),
        (gettext("Category"), candidate.get_trait_category_display(), trait.get_category_display()),
        (gettext("Topics"), ", ".join(candidate.concepts), ", ".join(trait.concepts)),
    ]
    if given := rating_of(trait):
        rating = gettext("%(rating)s of 5, by you") % {"rating": given}
        rows.append((gettext("Confidence"), confidence_words(score_of(candidate)), rating))
    return unequal(rows)


def _outcome(
    user: User, candidate: ExtractedTraitCandidate, history: list[UserRefinedTrait]
) -> tuple[PersonaTrait | None, UserRefinedTrait | None]:
    undone = {entry.undoes for entry in history}
    standing = (entry for entry in history if entry.user_decision in PLACING and entry.pk not in undone)
    decision = next((entry for entry in standing if entry.original_candidate_id == candidate.pk), None)
    if candidate.status not in (CandidateStatus.CONFIRMED, CandidateStatus.REFINED):
        return None, decision
    trait_id: uuid.UUID = (decision and decision.trait_id_in_pkg) or candidate.pk
    return selectors.traits(user, [trait_id]).get(trait_id), decision


def left(waiting: int, seconds: float) -> str:
    """Estimate the time for the remaining decisions, in words."""
    minutes = round(waiting * seconds / 60)
    if minutes < 1:
        return gettext("under 1 min left")
    if minutes < 90:
        return gettext("about %(number)s min left") % {"number": minutes}
    return gettext("about %(number)s h left") % {"number": round(minutes / 60)}


def head(found: Head) -> dict[str, Any]:
    """Return the counts of the tabs, the progress and the estimated remaining time."""
    counts = found.counts
    tabs = [(tab, label, counts[tab]) for tab, label in TABS.items()]
    time_left = ""
    if counts["review"]:
        time_left = left(counts["review"], max(LEAST_SECONDS, pace(found.times)))
    # The page counts on by itself while decisions are on their way.
    decided = format_html("<span data-decided>{}</span>", counts["decided"])
    context = {"counts": counts, "tabs": tabs, "decided": decided, "time_left": time_left}
    return context | {"revision": found.revision}
