"""Personas with evidence from two sources, one of which is erased."""

import uuid
from typing import Any

from ptfi.accounts.models import User
from tests.support.cast import acting_for_self, confirmed_trait, make_candidate
from tests.support.decisions import assert_log_whole
from tests.support.persona_marker import check_graph
from traits import decisions
from traits.decisions.inputs import Changes
from traits.erasure import parts as erasure_parts
from traits.evidence import Piece, evidence_id
from traits.ingest import blocklist
from traits.models import Erasure, ExtractedTraitCandidate

SOURCE, OTHER = "diary-2024", "letters-2025"


def piece_of(pk: uuid.UUID, content: str, source: str | None = SOURCE, detail: str = "page 1") -> Piece:
    piece: Piece = {
        "type": "text_snippet",
        "content": content,
        "source_package_id": source,
        "source_detail": detail,
        "start_time": 12.5,
        "end_time": None,
        "relevance_score": 0.5,
        "verdict": "",
    }
    return {"evidence_id": evidence_id(pk, piece), **piece}


def suggested(user: User, name: str, *pieces: tuple[str, str | None], **fields: Any) -> ExtractedTraitCandidate:
    """A suggestion with these pieces of evidence, given as (content, source)."""
    pk = uuid.uuid4()
    evidence = [piece_of(pk, content, source) for content, source in pieces]
    return make_candidate(user, name, candidate_id=pk, supporting_evidence=evidence, **fields)


def first_piece(candidate: ExtractedTraitCandidate) -> uuid.UUID:
    return uuid.UUID(candidate.supporting_evidence[0]["evidence_id"])


def whole(user: User) -> None:
    assert_log_whole(user)
    assert "0 differ" in check_graph(user)


def persona_with(user: User, word: str) -> dict[str, uuid.UUID]:
    """Decide in every way on suggestions from a source full of the word, and from another without it."""
    texts: dict[str, Any] = {"trait_description": word, "concepts": [word]}
    open_one = suggested(user, f"Likes {word}", (word, SOURCE), **texts)
    held = suggested(user, f"Hides {word}", (word, SOURCE), held_reason="a ticket", **texts)
    later = suggested(user, f"Sees {word}", (word, SOURCE), **texts)
    decisions.snooze(**acting_for_self(user), candidate_id=later.pk, until=None)
    rejected = suggested(user, f"Hears {word}", (word, SOURCE), **texts)
    decisions.reject(**acting_for_self(user), candidate_id=rejected.pk, code="other", reason=word)
    removed = suggested(user, f"Was {word}", (word, SOURCE), **texts)
    decisions.confirm(**acting_for_self(user), candidate_id=removed.pk)
    decisions.remove_trait(**acting_for_self(user), trait_id=removed.pk, reason=word)
    undone = suggested(user, f"Perhaps {word}", (word, SOURCE), **texts)
    decisions.undo(
        **acting_for_self(user), action_id=decisions.confirm(**acting_for_self(user), candidate_id=undone.pk).action_id
    )
    mixed = suggested(user, "Sails", (word, SOURCE), ("I sail.", OTHER))
    decisions.confirm(**acting_for_self(user), candidate_id=mixed.pk)
    decisions.edit_trait(**acting_for_self(user), trait_id=mixed.pk, changes=Changes(notes="Often."))
    only = suggested(user, "Cooks", (word, SOURCE), trait_description="It is said often.")
    decisions.confirm(**acting_for_self(user), candidate_id=only.pk, changes=Changes(description="Well."))
    target = confirmed_trait(user, "Knits")
    merged = suggested(user, f"Knits {word}", (word, SOURCE), trait_description=word)
    decisions.merge(**acting_for_self(user), candidate_id=merged.pk, into=target.pk)
    bulked = suggested(user, f"Bulk {word}", (word, SOURCE), **texts)
    decisions.decide_many(
        **acting_for_self(user), candidate_ids=[bulked.pk], decision="rejected", code="other", reason=word
    )
    gone = (open_one, held, later, rejected, removed, undone, merged, bulked)
    return {"mixed": mixed.pk, "only": only.pk, "target": target.pk} | {f"gone{n}": c.pk for n, c in enumerate(gone)}


def erase_source(user: User, source: str = SOURCE) -> Erasure:
    return erasure_parts.erase_source(**acting_for_self(user), source=blocklist.source_bar(user.pk, source))
