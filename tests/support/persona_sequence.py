"""A person who makes random decisions, and what must hold of their log, tables and graph at any time."""

import uuid
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from graph.projection import outbox
from graph.projection import verification as check
from graph.projection.outbox import Replay
from graph.projection.projector import Projector
from ptfi.accounts.models import User
from tests.support.cast import make_candidate
from tests.support.graph_helpers import dump
from traits.decisions import styles
from traits.erasure import parts as erasure_parts
from traits.evidence import Piece
from traits.log.snapshots import State, candidate_state, style_element, style_state, trait_state
from traits.log.verification import verify
from traits.models import (
    UNDECIDED,
    CommunicationStyle,
    Erasure,
    ErasureState,
    ExtractedTraitCandidate,
    Persona,
    PersonaTrait,
    Suppression,
    UserRefinedTrait,
)


class Sequence(RuleBasedStateMachine):
    """Decisions of one person, a new one in each example. The rules are added by subclasses."""

    user: User
    lifted: set[tuple[str, str]]
    """(name key, category) of suppressions that the person has lifted."""

    def suggest(self, named: list[str], words: list[str], category: str) -> None:
        for name in named:
            make_candidate(self.user, name, concepts=words, trait_category=category)

    @invariant()
    def look_again(self) -> None:
        self.seen = dict[str, int]()

    def count(self, what: str) -> int:
        """The number of these objects, cached because preconditions ask repeatedly."""
        if what not in self.seen:
            self.seen[what] = len(getattr(self, what)())
        return self.seen[what]

    def undecided(self) -> list[ExtractedTraitCandidate]:
        rows = ExtractedTraitCandidate.objects.filter(user=self.user, status__in=("candidate", "awaiting_refinement"))
        return list(rows.order_by("created_at"))

    def rejected(self) -> list[ExtractedTraitCandidate]:
        """Those to which a note can be added: their rejection is in the log, and nothing about them was erased."""
        rows = ExtractedTraitCandidate.objects.filter(user=self.user, status="rejected_by_user", held_reason="")
        entries = UserRefinedTrait.objects.filter(user=self.user)
        erased = entries.filter(user_decision="evidence_erased").values("original_candidate")
        return list(rows.exclude(pk__in=erased.exclude(original_candidate=None)).order_by("created_at"))

    def traits(self) -> list[PersonaTrait]:
        return list(PersonaTrait.objects.filter(user=self.user).order_by("version"))

    def pick(self, rows: list[Any], number: int) -> Any:
        return rows[number % len(rows)]

    def pieces(self) -> list[Piece]:
        held = [row.supporting_evidence for row in self.undecided()] + [trait.evidence for trait in self.traits()]
        return [each for pieces in held for each in pieces]

    def finish(self, begun: Erasure) -> None:
        while begun.state == ErasureState.ERASING:
            begun = erasure_parts.go_on(erasure_id=begun.pk)

    def everything(self) -> list[Any]:
        """Everything stored that contains the person's evidence."""
        log_entries = UserRefinedTrait.objects.filter(user=self.user).values_list("content", flat=True)
        rows = ExtractedTraitCandidate.objects.filter(user=self.user).values_list("supporting_evidence", flat=True)
        return [*log_entries, *rows, *(trait.evidence for trait in self.traits())]

    def snapshot(self) -> State:
        """The current state, without versions and times of changes."""
        rows = ExtractedTraitCandidate.objects.filter(user=self.user)
        return {
            "candidates": {str(row.pk): candidate_state(row) for row in rows},
            "traits": {str(trait.pk): trait_state(trait) for trait in self.traits()},
            "styles": styles.all_styles(self.user),
            "suppressed": set(Suppression.objects.filter(user=self.user).values_list("name_key", "category")),
        }

    @rule()
    def project(self) -> None:
        """Bring the graph up to date at any time; it then equals the log."""
        if not Persona.objects.filter(user=self.user, revision__gt=0).exists():
            return
        projector = Projector(only=self.user.pk)
        while projector.erase() + projector.batch():
            pass
        assert check.check(self.user.pk) == []
        self.the_tables_hold_what_the_log_says()
        self.what_is_rejected_is_suppressed()

    def the_tables_hold_what_the_log_says(self) -> None:
        assert list(verify(Persona.objects.get(user=self.user))) == []
        traits, candidates = dict[uuid.UUID, tuple[int, State | None]](), dict[uuid.UUID, State]()
        elements = dict[str, tuple[int, State | None]]()
        for entry in UserRefinedTrait.objects.filter(user=self.user).order_by("revision"):
            before, after = entry.content["before"], entry.content["after"]
            # An entry's "before" is the previous entry's "after".
            if entry.trait_id_in_pkg:
                assert before["trait"] == traits.get(entry.trait_id_in_pkg, (0, None))[1]
                traits[entry.trait_id_in_pkg] = (entry.revision, after["trait"])
            if entry.original_candidate_id:
                candidates[entry.original_candidate_id] = after["candidate"]
            if entry.style_element:
                assert before["style"] == elements.get(entry.style_element, (0, None))[1]
                elements[entry.style_element] = (entry.revision, after["style"])
        held = [(row.version, style_state(row)) for row in CommunicationStyle.objects.filter(user=self.user)]
        assert {style_element(state): (version, state) for version, state in held} == {
            element: said for element, said in elements.items() if said[1]
        }
        assert {trait.pk: (trait.version, trait_state(trait)) for trait in self.traits()} == {
            pk: said for pk, said in traits.items() if said[1]
        }
        for candidate in ExtractedTraitCandidate.objects.filter(user=self.user, pk__in=candidates):
            # The pipeline may change undecided suggestions, and new evidence reopens those that were snoozed for it.
            if not (candidate.is_undecided and candidates[candidate.pk]["status"] in UNDECIDED):
                assert candidate_state(candidate) == candidates[candidate.pk]

    def what_is_rejected_is_suppressed(self) -> None:
        rejected = ExtractedTraitCandidate.objects.filter(user=self.user, status="rejected_by_user")
        suppressed = set(Suppression.objects.filter(user=self.user).values_list("name_key", "category"))
        assert set(rejected.values_list("name_key", "trait_category")) <= suppressed | self.lifted

    def teardown(self) -> None:
        if not hasattr(self, "user"):
            return
        self.project()
        if Persona.objects.filter(user=self.user, revision__gt=0).exists():
            before = dump(self.user)
            outbox.replay([Replay(self.user.pk, Persona.objects.get(user=self.user).generation)])
            self.project()
            assert dump(self.user) == before
