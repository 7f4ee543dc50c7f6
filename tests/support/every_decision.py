"""One person who takes every kind of decision, some of which are undone, split or erased later."""

import datetime as dt
import uuid
from typing import Any

from django.utils import timezone

from ptfi.accounts.models import User
from tests.support.candidate_files import new_row
from tests.support.cast import by, confirmed, confirmed_trait, make_candidate
from tests.support.erasure_parts import OTHER, SOURCE, suggested
from traits.decisions import bulk, styles, undo
from traits.decisions import candidates as services
from traits.decisions import duplicates as relations
from traits.decisions import traits as persona
from traits.decisions.inputs import Changes, Evidence, Relation
from traits.erasure import parts as erasure_parts
from traits.ingest import batch as ingest
from traits.ingest import blocklist as bars
from traits.ingest.parsing import Suggestion, parse
from traits.log.entries import Actor
from traits.models import Erasure, ErasureState, ExtractedTraitCandidate, PersonaTrait


def every_decision(user: User, staff: User, word: str = "once") -> None:
    """All of them; the word is in every name, so that what is said twice says something else."""
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
    services.confirm(**by(user), candidate_id=candidate.pk, changes=changes, evidence=evidence)
    rejected = _suggest(user, "Knits", word)
    services.reject(**by(user), candidate_id=rejected.pk, code="outdated", reason="Long ago.")
    again = _suggest(user, "Sings", word)
    services.reject(**by(user), candidate_id=again.pk, code="not_me")
    services.reopen(**by(user), candidate_id=again.pk)
    services.defer(**by(user), candidate_id=_suggest(user, "Sails", word).pk, until=None)
    until = timezone.now() + dt.timedelta(days=3_000)
    services.defer(**by(user), candidate_id=_suggest(user, "Rows", word).pk, until=until)
    undo.undo(**by(user), action_id=confirmed(user, f"Perhaps chess {word}").action_id)
    replaced = _suggest(user, "Uses spaces", word)
    row = parse(new_row(supersedes=[str(replaced.pk)], trait_name=f"Uses tabs {word}"))
    assert isinstance(row, Suggestion)
    ingest.apply([row], owner=user)


def _about_traits(user: User, word: str) -> None:
    bakes = Changes(name=f"Bakes {word}", category="Skill", user_confidence=5)
    added = persona.add_trait(**by(user), changes=bakes, own_evidence=["My loaf."]).trait
    assert added
    persona.edit_trait(**by(user), trait_id=added.pk, changes=Changes(notes="Rye.", concepts=["bread", "rye"]))
    persona.set_status(**by(user), trait_id=added.pk, status="experimental")
    removed = confirmed_trait(user, f"Swims {word}")
    persona.remove_trait(**by(user), trait_id=removed.pk, reason="No longer.")
    target = confirmed_trait(user, f"Paints {word}")
    for name in ("Draws", "Sketches"):
        merged = _suggest(user, name, word, evidence=[f"I do: {name}."])
        services.merge(**by(user), candidate_id=merged.pk, into=target.pk)
    services.reopen(**by(user), candidate_id=merged.pk)
    again = confirmed_trait(user, f"Walks {word}")
    edited = persona.edit_trait(**by(user), trait_id=again.pk, changes=Changes(name=f"Hikes {word}"))
    undo.undo(**by(user), action_id=edited.action_id)
    persona.edit_trait(**by(user), trait_id=again.pk, changes=Changes(expression_contexts=["summer"]))


def _clashes(user: User, word: str) -> None:
    for kind in ("replaces", "both_true", "old_was_wrong"):
        old = confirmed_trait(user, f"Early {kind} {word}")
        new = _suggest(user, f"Late {kind}", word)
        relation = Relation(trait_id=old.pk, kind=kind, existing_contexts=["work"] if kind == "both_true" else [])
        changes = Changes(expression_contexts=["home"]) if kind == "both_true" else Changes()
        services.confirm(**by(user), candidate_id=new.pk, changes=changes, relation=relation)
    held = confirmed_trait(user, f"Certain {word}")
    wrong = _suggest(user, "Uncertain", word)
    services.reject(
        **by(user), candidate_id=wrong.pk, code="other", relation=Relation(trait_id=held.pk, kind="new_is_wrong")
    )
    double = confirmed_trait(user, f"Surely {word}", evidence=["For sure."])
    relations.relate(**by(user), trait_id=held.pk, relation=Relation(trait_id=double.pk, kind="same"))


def _together(user: User, staff: User, word: str) -> None:
    many = [_suggest(user, f"Counts {number}", word).pk for number in range(6)]
    bulk.bulk(**by(user), candidate_ids=many[:2], decision="confirmed_asis")
    bulk.bulk(**by(user), candidate_ids=many[2:4], decision="rejected", code="too_private", reason="Mine.")
    batch = bulk.bulk(**by(user), candidate_ids=many[4:], decision="deferred").batch_id
    undo.undo(**by(user), action_id=batch)
    app = Actor(user_id=user.pk, client_id="an-app")
    services.confirm(user=user, actor=app, candidate_id=_suggest(user, "By an app", word).pk)
    ticket = Actor(user_id=staff.pk, kind="staff", reference="TICKET-1")
    services.confirm(user=user, actor=ticket, candidate_id=_suggest(user, "For them", word).pk)


def _about_styles(user: User, word: str) -> None:
    styles.put_styles(**by(user), context="", styles={"FormalityLevel": "formal", "EmojiPreference": 0.5})
    styles.put_styles(**by(user), context=f"work {word}", styles={"Catchphrase": "Na ja", "Pacing": "slow"})
    styles.put_styles(**by(user), context=f"work {word}", styles={"Catchphrase": "Well"})
    gone = styles.put_styles(**by(user), context="", styles={"FormalityLevel": "informal"})
    undo.undo(**by(user), action_id=gone.entries[0].batch_id or gone.entries[0].pk)


def _erased(user: User, word: str) -> None:
    """A piece of evidence, a source and a category, of which the log knew."""
    diary = suggested(user, f"Writes {word}", (f"Dear diary {word}.", SOURCE), ("I write letters.", OTHER))
    services.confirm(**by(user), candidate_id=diary.pk)
    persona.edit_trait(**by(user), trait_id=diary.pk, changes=Changes(notes="Daily."))
    rejected = suggested(user, f"Reads {word}", (f"I read {word}.", SOURCE))
    services.reject(**by(user), candidate_id=rejected.pk, code="other", reason="Never.")
    piece = PersonaTrait.objects.get(pk=diary.pk).evidence[1]["evidence_id"]
    finish(erasure_parts.erase_evidence(**by(user), evidence_id=uuid.UUID(piece)))
    finish(erasure_parts.erase_source(**by(user), source=bars.source_bar(user.pk, SOURCE)))
    confirmed(user, f"Believes {word}", trait_category="PhilosophicalStance")
    finish(erasure_parts.erase_category(**by(user), category="PhilosophicalStance"))


def finish(begun: Erasure) -> Erasure:
    """Take the steps that are left of it."""
    while begun.state == ErasureState.ERASING:
        begun = erasure_parts.go_on(erasure_id=begun.pk)
    return begun
