"""What senders of suggestions may learn of a decision, for people who allow it."""

from collections.abc import Iterable, Sequence

from ptfi.db.prepared import Table, Write
from traits.models import ExtractedTraitCandidate, Feedback, Persona, UserRefinedTrait

FEEDBACK = Table(Feedback, without=["id", "transaction"])


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
    return FEEDBACK.inserting(rows)
