"""What senders of suggestions may learn of a decision, for people who allow it."""

from collections.abc import Iterable, Sequence

from ptfi.db.prepared import Table, Write, fetch
from traits.decisions.sql import HOLD
from traits.models import ExtractedTraitCandidate, Feedback, Persona, UserRefinedTrait

WRITING = 0x5054_4649
"""The advisory lock of whoever writes feedback, shared with others who do, until their transaction ends."""
FEEDBACK = Table(Feedback, without=["id"])


def feedback(
    persona: Persona, entries: Iterable[UserRefinedTrait], candidates: Sequence[ExtractedTraitCandidate | None]
) -> Write:
    """The write that lets the clients that sent the suggestions learn of the entries; nothing without feedback_since.

    candidates: of each entry, the suggestion that it is about.
    """
    rows = [
        FEEDBACK.new(
            client_id=candidate.client_id,
            user_id=persona.user_id,
            candidate_id=candidate.candidate_id,
            entry_id=entry.pk,
            created_at=entry.created_at,
        )
        for entry, candidate in zip(entries, candidates, strict=True)
        if persona.feedback_since and candidate and candidate.client_id
    ]
    if rows:
        hold_writing()
    return FEEDBACK.inserting(rows)


def hold_writing() -> None:
    """Keep readers waiting until the transaction ends; call it before a row of feedback gets its id.

    Ids are given before transactions end. Readers wait for those who hold this, so that no row with a lower id follows
    one that was read.
    """
    fetch(HOLD, [WRITING])
