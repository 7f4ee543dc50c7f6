"""Any sequence of decisions and imports: log, tables and graph say the same, and so does a graph that is rebuilt.

One database and one graph for all sequences; each is about somebody new, whose log alone is projected. To add a
decision, add a rule: what must hold afterwards is the same for all of them.
"""

import datetime as dt
import json
import os
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from graph.projection import installation
from ptfi.accounts.models import User
from tests.support.candidate_files import new_row, piece
from tests.support.cast import acting_for_self
from tests.support.persona_sequence import Sequence
from traits import decisions
from traits.decisions import styles
from traits.decisions.afterwards.reopening import standing_merge
from traits.decisions.duplicates import KINDS
from traits.decisions.inputs import Changes, Evidence, Relation
from traits.erasure import parts as erasure_parts
from traits.erasure import persona as erasure
from traits.erasure import suppressions
from traits.errors import InvalidError, NotLatestError, NotRejectedError
from traits.ingest import batch as ingest
from traits.ingest import blocklist
from traits.ingest.parsing import CandidateRecord, parse
from traits.log.snapshots import trait_state
from traits.log.undoable import standing_ids
from traits.models import (
    Category,
    Erasure,
    ExtractedTraitCandidate,
    RejectionCode,
    Suppression,
    TraitStatus,
    UserRefinedTrait,
    Verdict,
)
from traits.text import name_key

pytestmark = pytest.mark.graph

NAMES = ["Loves jazz", "loves JAZZ!", "Sails", "喜欢钢琴", "يحب القهوة", "Doubts"]
WORDS = ["jazz", "Jazz", "AI", "ai ", "sea"]
names = st.sampled_from(NAMES)
concepts = st.lists(st.sampled_from(WORDS), max_size=3)
contexts = st.lists(st.sampled_from(["at work", "with friends"]), max_size=2)
verdicts = st.sampled_from([*Verdict.values, ""])
style_maps = st.fixed_dictionaries(
    {},
    optional={
        "Pacing": st.sampled_from(["slow", "fast"]),
        "EmojiPreference": st.floats(0, 1),
        "Warmth": st.integers(-(2**53), 2**53) | st.floats(-(2.0**53), 2.0**53) | st.sampled_from(["high", ""]),
    },
)
texts = st.lists(st.sampled_from(["I said so.", "Again.", "爵士乐"]), min_size=1, max_size=2, unique=True)
# Few, so that names meet: those that are nodes of their own as well, one of them sensitive.
categories = st.sampled_from([Category.INTEREST, Category.SKILL, Category.EMOTIONAL_RESPONSE_PATTERN])
index = st.integers(0, 50)
lately = st.sampled_from([0, 0, 0, 1, 2, 3, 7, 20])


class Decisions(Sequence):
    """Every decision, import and erasure that there is."""

    @initialize(named=st.lists(names, min_size=3, max_size=6), words=concepts, category=categories)
    def arrive(self, named: list[str], words: list[str], category: str) -> None:
        self.user = User.objects.create(email=f"{uuid.uuid4()}@example.com")
        self.lifted = set[tuple[str, str]]()
        self.suggest(named, words, category)

    @rule(named=st.lists(names, min_size=1, max_size=4), words=concepts, category=categories)
    def suggest_more(self, named: list[str], words: list[str], category: str) -> None:
        self.suggest(named, words, category)

    @precondition(lambda self: self.count("undecided"))
    @rule(number=index, name=st.none() | names, words=st.none() | concepts, verdict=verdicts, own=st.booleans())
    def confirm(self, number: int, name: str | None, words: list[str] | None, verdict: str, own: bool) -> None:
        candidate = self.pick(self.undecided(), number)
        evidence = Evidence(
            verdicts={candidate.supporting_evidence[0]["evidence_id"]: verdict}, own=["So I said."] if own else []
        )
        changes = Changes(name=name, concepts=words)
        decisions.confirm(**acting_for_self(self.user), candidate_id=candidate.pk, changes=changes, evidence=evidence)

    @precondition(lambda self: self.count("undecided") and self.count("traits"))
    @rule(
        number=index,
        kind=st.sampled_from(["replaces", "was_true_before", "both_true", "old_was_wrong"]),
        places=contexts,
    )
    def clash(self, number: int, kind: str, places: list[str]) -> None:
        candidate, old = self.pick(self.undecided(), number), self.pick(self.traits(), number)
        relation = Relation(trait_id=old.pk, kind=kind, existing_contexts=places)
        changes = Changes(expression_contexts=places)
        try:
            decisions.confirm(
                **acting_for_self(self.user), candidate_id=candidate.pk, changes=changes, relation=relation
            )
        except InvalidError:
            assert kind == "both_true"
            assert not places

    @precondition(lambda self: self.count("undecided"))
    @rule(number=index, code=st.sampled_from(RejectionCode.values))
    def reject(self, number: int, code: str) -> None:
        old = next(iter(self.traits()), None)
        relation = Relation(trait_id=old.pk, kind="new_is_wrong") if old and code == "not_me" else None
        candidate = self.pick(self.undecided(), number)
        decisions.reject(**acting_for_self(self.user), candidate_id=candidate.pk, code=code, relation=relation)

    @precondition(lambda self: self.count("rejected"))
    @rule(number=index, back=st.booleans())
    def add_note(self, number: int, back: bool) -> None:
        before = self.snapshot()
        candidate = self.pick(self.rejected(), number)
        try:
            outcome = decisions.add_note(**acting_for_self(self.user), candidate_id=candidate.pk, reason="So it is.")
        except NotRejectedError:
            # Removing its trait rejected it, not a decision about it.
            assert self.snapshot() == before
            return
        if back:
            assert decisions.undo(**acting_for_self(self.user), action_id=outcome.action_id).skipped == 0
            assert self.snapshot() == before

    @precondition(lambda self: self.count("traits") > 1)
    @rule(number=index, other=index, kind=st.sampled_from(KINDS), here=contexts, there=contexts)
    def relate(self, number: int, other: int, kind: str, here: list[str], there: list[str]) -> None:
        kept, gone = self.pick(self.traits(), number), self.pick(self.traits(), other)
        relation = Relation(trait_id=gone.pk, kind=kind, existing_contexts=there)
        try:
            decisions.relate(**acting_for_self(self.user), trait_id=kept.pk, relation=relation, contexts=here)
        except InvalidError:
            assert kept.pk == gone.pk or (kind == "both_true" and (not here or not there or set(here) == set(there)))

    @rule(number=index, name=names, category=categories, words=concepts, said=texts, old=index)
    def import_some(self, number: int, name: str, category: str, words: list[str], said: list[str], old: int) -> None:
        """New, again with other evidence, or in place of another; what the person has is never touched."""
        known = list(ExtractedTraitCandidate.objects.filter(user=self.user).order_by("created_at", "pk"))
        row = new_row(trait_name=name, trait_category=category, concepts=words, supporting_evidence=map(piece, said))
        row["supporting_evidence"] = list(row["supporting_evidence"])
        if known and number % 3 == 1:
            row["candidate_id"] = str(self.pick(known, old).pk)
        if known and number % 3 == 2:
            row["supersedes"] = [str(self.pick(known, old).pk)]
        parsed = parse(row)
        assert isinstance(parsed, CandidateRecord)
        before = [trait_state(trait) for trait in self.traits()], styles.all_styles(self.user)
        ingest.apply([parsed], owner=self.user)
        assert ([trait_state(trait) for trait in self.traits()], styles.all_styles(self.user)) == before

    @precondition(lambda self: self.count("undecided"))
    @rule(number=index, days=st.none() | st.integers(1, 30))
    def snooze(self, number: int, days: int | None) -> None:
        until = None if days is None else timezone.now() + dt.timedelta(days=days)
        decisions.snooze(**acting_for_self(self.user), candidate_id=self.pick(self.undecided(), number).pk, until=until)

    @precondition(lambda self: self.count("undecided") and self.count("traits"))
    @rule(number=index)
    def merge(self, number: int) -> None:
        into = self.pick(self.traits(), number).pk
        decisions.merge(**acting_for_self(self.user), candidate_id=self.pick(self.undecided(), number).pk, into=into)

    @rule(number=index)
    def reopen(self, number: int) -> None:
        rows = ExtractedTraitCandidate.objects.filter(user=self.user, status="rejected_by_user").order_by("created_at")
        merged = (
            ExtractedTraitCandidate.objects.filter(user=self.user, status="refined_by_user")
            .order_by("created_at")
            .exclude(pk__in=[trait.pk for trait in self.traits()])
        )
        choices = [*rows, *(row for row in merged if standing_merge(self.user, row))]
        if choices:
            decisions.reopen(**acting_for_self(self.user), candidate_id=self.pick(choices, number).pk)

    @rule(name=names, category=st.sampled_from(Category.values), words=concepts, rating=st.none() | st.integers(1, 5))
    def add(self, name: str, category: str, words: list[str], rating: int | None) -> None:
        changes = Changes(name=name, category=category, concepts=words, user_confidence=rating)
        decisions.add_trait(**acting_for_self(self.user), changes=changes, own_evidence=["Since always."])

    @precondition(lambda self: self.count("traits"))
    @rule(number=index, name=names, category=st.sampled_from(Category.values), words=concepts)
    def edit(self, number: int, name: str, category: str, words: list[str]) -> None:
        trait = self.pick(self.traits(), number)
        changes = Changes(name=name, category=category, concepts=words, notes=str(uuid.uuid4()))
        decisions.edit_trait(**acting_for_self(self.user), trait_id=trait.pk, changes=changes, version=trait.version)

    @precondition(lambda self: self.count("traits"))
    @rule(number=index, status=st.sampled_from(TraitStatus.values))
    def set_status(self, number: int, status: str) -> None:
        trait = self.pick(self.traits(), number)
        if trait.status != status:
            decisions.set_status(**acting_for_self(self.user), trait_id=trait.pk, status=status)

    @precondition(lambda self: self.count("traits"))
    @rule(number=index)
    def remove(self, number: int) -> None:
        decisions.remove_trait(**acting_for_self(self.user), trait_id=self.pick(self.traits(), number).pk)

    @precondition(lambda self: self.count("undecided"))
    @rule(
        decision=st.sampled_from(["confirmed_asis", "rejected", "deferred"]), skip=st.integers(3, 7), back=st.booleans()
    )
    def bulk(self, decision: str, skip: int, back: bool) -> None:
        had = {(trait.name_key, trait.category) for trait in self.traits() if trait.status != TraitStatus.DORMANT}
        ids = [row.pk for number, row in enumerate(self.undecided(), 1) if number % skip]
        if not ids:
            return
        before = self.snapshot()
        outcome = decisions.decide_many(
            **acting_for_self(self.user), candidate_ids=ids, decision=decision, code="other"
        )
        states = [e.content["after"]["trait"] for e in outcome.entries if e.user_decision.startswith("confirmed")]
        made = [(name_key(state["name"]), state["category"]) for state in states]
        assert len({*made, *had}) == len(made) + len(had)
        if back and outcome.entries:
            assert decisions.undo(**acting_for_self(self.user), action_id=outcome.batch_id).skipped == 0
            assert self.snapshot() == before

    @rule(context=st.sampled_from(["", "work", "Work "]), values=style_maps)
    def put_styles(self, context: str, values: dict[str, Any]) -> None:
        decisions.put_styles(**acting_for_self(self.user), context=context, styles=values)
        assert styles.styles(self.user, context) == values

    @rule(number=lately, batch=st.booleans())
    def undo(self, number: int, batch: bool) -> None:
        entries = list(UserRefinedTrait.objects.filter(user=self.user).order_by("-revision"))
        if entries:
            entry = self.pick(entries, number)
            try:
                decisions.undo(**acting_for_self(self.user), action_id=(batch and entry.batch_id) or entry.pk)
            except NotLatestError:
                assert not batch or entry.pk not in standing_ids(self.user, [entry]) or entry.content["relation"]

    @precondition(lambda self: self.count("pieces"))
    @rule(number=index, whole_source=st.booleans())
    def erase_evidence(self, number: int, whole_source: bool) -> None:
        erased = self.pick(self.pieces(), number)
        source = erased["source_package_id"]
        if whole_source and source:
            begun = erasure_parts.erase_source(
                **acting_for_self(self.user), source=blocklist.source_bar(self.user.pk, source)
            )
        else:
            begun = erasure_parts.erase_evidence(
                **acting_for_self(self.user), evidence_id=uuid.UUID(erased["evidence_id"])
            )
        self.finish(begun)
        assert erased["evidence_id"] not in json.dumps(self.everything(), default=str)

    @precondition(lambda self: self.count("traits") > 1)
    @rule(category=categories, chance=st.integers(0, 3))
    def erase_category(self, category: str, chance: int) -> None:
        if chance:
            return
        self.finish(erasure_parts.erase_category(**acting_for_self(self.user), category=category))
        assert category not in {trait.category for trait in self.traits()}

    @precondition(lambda self: self.count("traits") > 2)
    @rule(chance=st.integers(0, 3))
    def erase_all(self, chance: int) -> None:
        if chance:
            return
        email = str(self.user.email)
        erasure.request_erasure(**acting_for_self(self.user), confirm_email=email, recently_authenticated=True)
        assert self.everything() == []
        erasure.set_suggestions(**acting_for_self(self.user), on=True)

    @rule(number=index)
    def lift(self, number: int) -> None:
        """Let again what is never suggested, or what an erasure bars."""
        barred = Erasure.objects.filter(user=self.user).exclude(bar="")
        for each in barred[:1]:
            suppressions.lift_bar(**acting_for_self(self.user), erasure_id=each.pk)
        rows = list(Suppression.objects.filter(user=self.user).order_by("pk"))
        if rows:
            lifted = suppressions.lift_suppression(
                **acting_for_self(self.user), suppression_id=self.pick(rows, number).pk
            )
            self.lifted.add((lifted.name_key, lifted.category))

    @rule(data=st.data())
    def undo_restores_what_stood(self, data: st.DataObject) -> None:
        mine, new = acting_for_self(self.user), Changes(name="New", category="Other", concepts=["new"])
        choices: list[Callable[[], Any]] = [
            partial(decisions.add_trait, **mine, changes=new),
            partial(decisions.put_styles, **mine, context="work", styles={"Pacing": "moderate", "New": 1}),
        ]
        for row in self.undecided()[:1]:
            choices += [
                partial(decisions.confirm, **mine, candidate_id=row.pk, evidence=Evidence(own=["Mine."])),
                partial(decisions.reject, **mine, candidate_id=row.pk, code="other"),
                partial(decisions.snooze, **mine, candidate_id=row.pk, until=None),
            ]
        held = self.traits()
        choices += [partial(decisions.remove_trait, **mine, trait_id=trait.pk) for trait in held[:1]]
        for kind in ("same", "replaces", "old_was_wrong") if len(held) > 1 else ():
            relation = Relation(trait_id=held[-1].pk, kind=kind)
            choices.append(partial(decisions.relate, **mine, trait_id=held[0].pk, relation=relation))
        before = self.snapshot()
        outcome = data.draw(st.sampled_from(choices))()
        if outcome.entries:
            decisions.undo(**acting_for_self(self.user), action_id=outcome.action_id)
        assert self.snapshot() == before


@pytest.mark.slow
@pytest.mark.generated
@pytest.mark.django_db
def test_any_sequence() -> None:
    installation.install()
    run_state_machine_as_test(
        Decisions,
        settings=settings(
            # Another graph is asked for what differs between graphs, not for what differs between sequences.
            max_examples=80 if os.environ.get("PTFI_EMBEDDED") else 25,
            stateful_step_count=10,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
