"""A person who makes every kind of decision, some of which are undone, split or erased later."""

import datetime as dt
import uuid
from typing import Any

from django.utils import timezone

from ptfi.accounts.models import User
from tests.support.candidate_files import new_row
from tests.support.cast import acting_for_self, confirmed, confirmed_trait, make_candidate
from tests.support.erasure_parts import OTHER, SOURCE, suggested
from traits import decisions
from traits.decisions.inputs import Changes, Evidence, Relation
from traits.erasure import parts as erasure_parts
from traits.ingest import batch as ingest
from traits.ingest import blocklist
from traits.ingest.parsing import CandidateRecord, parse
from traits.ingest.withdrawals import withdraw
from traits.log.entries import Actor
from traits.models import Erasure, ErasureState, ExtractedTraitCandidate, PersonaTrait


def every_decision(user: User, staff: User, word: str = "once") -> None:
    """Make all decisions; the word is in every name, so that several calls do not repeat names."""
    _about_suggestions(user, word)
    _about_traits(user, word)
    _clashes(user, word)
    _together(user, staff, word)
    _about_styles(user, word)
    _erased(user, word)


def _suggest(user: User, name: str, word: str, **fields: Any) -> ExtractedTraitCandidate:
    return make_candidate(user, f"{name} {word}", concepts=[word, "Äpfel"], **fields)


def _about_suggestions(user: User, word: str) -> None:
    confirmed(user, f"Loves jazz {word}", confidence_score=1.0)
    candidate = _suggest(user, "Drinks tea", word)
    changes = Changes(
        name=f"Lives for tea {word}",
        description="Every day.",
        category="Skill",
        user_confidence=4,
        notes="So it is: „Tee“",
        concepts=["tea"],
        expression_contexts=["home"],
    )
    verdicts = {candidate.supporting_evidence[0]["evidence_id"]: "out_of_context"}
    evidence = Evidence(verdicts=verdicts, own=[f"I brew {word}."])
    decisions.confirm(**acting_for_self(user), candidate_id=candidate.pk, changes=changes, evidence=evidence)
    rejected = _suggest(user, "Knits", word)
    decisions.reject(**acting_for_self(user), candidate_id=rejected.pk, code="outdated", reason="Long ago.")
    again = _suggest(user, "Sings", word)
    decisions.reject(**acting_for_self(user), candidate_id=again.pk, code="not_me")
    decisions.reopen(**acting_for_self(user), candidate_id=again.pk)
    decisions.snooze(**acting_for_self(user), candidate_id=_suggest(user, "Sails", word).pk, until=None)
    until = timezone.now() + dt.timedelta(days=3_000)
    decisions.snooze(**acting_for_self(user), candidate_id=_suggest(user, "Rows", word).pk, until=until)
    decisions.undo(**acting_for_self(user), action_id=confirmed(user, f"Perhaps chess {word}").action_id)
    replaced = _suggest(user, "Uses spaces", word)
    row = parse(new_row(supersedes=[str(replaced.pk)], trait_name=f"Uses tabs {word}"))
    assert isinstance(row, CandidateRecord)
    ingest.apply([row], owner=user)
    ingest.retried(lambda: withdraw([_suggest(user, "Paints", word).pk], f"A fault {word}.", ingest.UNRECORDED))


def _about_traits(user: User, word: str) -> None:
    bakes = Changes(name=f"Bakes {word}", category="Skill", user_confidence=5)
    added = decisions.add_trait(**acting_for_self(user), changes=bakes, own_evidence=["My loaf."]).trait
    assert added
    decisions.edit_trait(
        **acting_for_self(user), trait_id=added.pk, changes=Changes(notes="Rye.", concepts=["bread", "rye"])
    )
    decisions.set_status(**acting_for_self(user), trait_id=added.pk, status="experimental")
    removed = confirmed_trait(user, f"Swims {word}")
    decisions.remove_trait(**acting_for_self(user), trait_id=removed.pk, reason="No longer.")
    target = confirmed_trait(user, f"Paints {word}")
    for name in ("Draws", "Sketches"):
        merged = _suggest(user, name, word, evidence=[f"I do: {name}."])
        decisions.merge(**acting_for_self(user), candidate_id=merged.pk, into=target.pk)
    decisions.reopen(**acting_for_self(user), candidate_id=merged.pk)
    again = confirmed_trait(user, f"Walks {word}")
    edited = decisions.edit_trait(**acting_for_self(user), trait_id=again.pk, changes=Changes(name=f"Hikes {word}"))
    decisions.undo(**acting_for_self(user), action_id=edited.action_id)
    decisions.edit_trait(**acting_for_self(user), trait_id=again.pk, changes=Changes(expression_contexts=["summer"]))


def _clashes(user: User, word: str) -> None:
    for kind in ("replaces", "both_true", "old_was_wrong"):
        old = confirmed_trait(user, f"Early {kind} {word}")
        new = _suggest(user, f"Late {kind}", word)
        relation = Relation(trait_id=old.pk, kind=kind, existing_contexts=["work"] if kind == "both_true" else [])
        changes = Changes(expression_contexts=["home"]) if kind == "both_true" else Changes()
        decisions.confirm(**acting_for_self(user), candidate_id=new.pk, changes=changes, relation=relation)
    held = confirmed_trait(user, f"Certain {word}")
    wrong = _suggest(user, "Uncertain", word)
    decisions.reject(
        **acting_for_self(user),
        candidate_id=wrong.pk,
        code="other",
        relation=Relation(trait_id=held.pk, kind="new_is_wrong"),
    )
    double = confirmed_trait(user, f"Surely {word}", evidence=["For sure."])
    decisions.relate(**acting_for_self(user), trait_id=held.pk, relation=Relation(trait_id=double.pk, kind="same"))


def _together(user: User, staff: User, word: str) -> None:
    many = [_suggest(user, f"Counts {number}", word).pk for number in range(6)]
    decisions.decide_many(**acting_for_self(user), candidate_ids=many[:2], decision="confirmed_asis")
    decisions.decide_many(
        **acting_for_self(user), candidate_ids=many[2:4], decision="rejected", code="too_private", reason="Mine."
    )
    batch = decisions.decide_many(**acting_for_self(user), candidate_ids=many[4:], decision="deferred").batch_id
    decisions.undo(**acting_for_self(user), action_id=batch)
    app = Actor(user_id=user.pk, client_id="an-app")
    decisions.confirm(user=user, actor=app, candidate_id=_suggest(user, "By an app", word).pk)
    ticket = Actor(user_id=staff.pk, kind="staff", reference="TICKET-1")
    decisions.confirm(user=user, actor=ticket, candidate_id=_suggest(user, "For them", word).pk)


def _about_styles(user: User, word: str) -> None:
    decisions.put_styles(
        **acting_for_self(user), context="", styles={"FormalityLevel": "formal", "EmojiPreference": 0.5}
    )
    decisions.put_styles(
        **acting_for_self(user), context=f"work {word}", styles={"Catchphrase": "Na ja", "Pacing": "slow"}
    )
    decisions.put_styles(**acting_for_self(user), context=f"work {word}", styles={"Catchphrase": "Well"})
    gone = decisions.put_styles(**acting_for_self(user), context="", styles={"FormalityLevel": "informal"})
    decisions.undo(**acting_for_self(user), action_id=gone.entries[0].batch_id or gone.entries[0].pk)


def _erased(user: User, word: str) -> None:
    """Erase a piece of evidence, a source and a category that are in the log."""
    diary = suggested(user, f"Writes {word}", (f"Dear diary {word}.", SOURCE), ("I write letters.", OTHER))
    decisions.confirm(**acting_for_self(user), candidate_id=diary.pk)
    decisions.edit_trait(**acting_for_self(user), trait_id=diary.pk, changes=Changes(notes="Daily."))
    rejected = suggested(user, f"Reads {word}", (f"I read {word}.", SOURCE))
    decisions.reject(**acting_for_self(user), candidate_id=rejected.pk, code="other", reason="Never.")
    piece = PersonaTrait.objects.get(pk=diary.pk).evidence[1]["evidence_id"]
    finish(erasure_parts.erase_evidence(**acting_for_self(user), evidence_id=uuid.UUID(piece)))
    finish(erasure_parts.erase_source(**acting_for_self(user), source=blocklist.source_bar(user.pk, SOURCE)))
    confirmed(user, f"Believes {word}", trait_category="PhilosophicalStance")
    finish(erasure_parts.erase_category(**acting_for_self(user), category="PhilosophicalStance"))


def finish(begun: Erasure) -> Erasure:
    """Continue the erasure until it is complete."""
    while begun.state == ErasureState.ERASING:
        begun = erasure_parts.go_on(erasure_id=begun.pk)
    return begun
