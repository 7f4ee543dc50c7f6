"""Logs of every version that was ever written go on working: each file holds one that an earlier release left."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.test import Client

from ptfi.accounts.models import User
from tests.support.api import api_of
from tests.support.cast import SignedIn, acting_for_self, confirmed_trait, make_candidate, make_user
from tests.support.decisions import log_of
from tests.support.every_decision import every_decision, finish
from tests.support.frozen_logs import FILES, entries_of, holds, kinds_in, load, standing_entry
from tests.support.log_files import faults_outside
from tests.support.persona_marker import tables_with
from tests.support.staff import give_reason
from traits import decisions
from traits.decisions.inputs import Relation
from traits.erasure import parts as erasure_parts
from traits.history import past
from traits.history import selectors as history
from traits.log.chain import ALGORITHMS
from traits.log.snapshots import State, trait_state
from traits.log.verification import redactions
from traits.log.versions import lifted, newest
from traits.models import Decision, Erasure, ExtractedTraitCandidate, PersonaTrait, Suppression, UserRefinedTrait

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
ALONE = [pytest.param((file, False), id=file.stem) for file in FILES]
FOLLOWED = [pytest.param((file, True), id=f"{file.stem}-followed") for file in FILES]


@pytest.fixture(params=[*ALONE, *FOLLOWED])
def frozen(request: pytest.FixtureRequest, db: None) -> User:
    """The person of a frozen log; with entries of this release behind it where the name says so."""
    file: Path = request.param[0]
    person = load(file)
    if request.param[1]:
        every_decision(person, make_user("Sue", is_staff=True), "later")
        assert set(log_of(person)) == set(Decision.values)
    return person


def test_this_release_is_frozen_too() -> None:
    kinds = {kind for file in FILES for kind in kinds_in(file)}
    said = "run python -m pytest tests/support/record_log.py, and commit the file"
    assert newest() in {version for version, _ in kinds}, said
    assert {version for version, _ in kinds} == set(range(newest() + 1)), "a file of an older version is gone"
    assert {algorithm for _, algorithm in kinds} == set(ALGORITHMS), said


def test_it_verifies_and_projects(frozen: User) -> None:
    holds(frozen)


def test_everything_can_be_undone(frozen: User) -> None:
    undone = 0
    while entry := standing_entry(frozen):
        done = decisions.undo(**acting_for_self(frozen), action_id=entry.pk)
        assert entry.pk in {each.pk for each in done.undone}
        undone += len(done.undone)
        before: State = lifted(entry.content)["before"]
        found = {str(trait.pk): trait_state(trait) for trait in PersonaTrait.objects.filter(user=frozen)}
        assert found.get(str(entry.trait_id_in_pkg)) == before["trait"], entry.revision
    assert undone > 40
    holds(frozen)


def test_what_was_merged_can_be_split_and_merged(frozen: User) -> None:
    merged = UserRefinedTrait.objects.filter(user=frozen, user_decision=Decision.MERGED).order_by("revision")[0]
    had = lifted(merged.content)["before"]["trait"]
    split = decisions.reopen(**acting_for_self(frozen), candidate_id=merged.original_candidate_id or uuid.uuid4())
    assert split.trait
    pieces = {piece["evidence_id"] for piece in split.trait.evidence}
    assert pieces == {piece["evidence_id"] for piece in had["evidence"]}
    decisions.merge(
        **acting_for_self(frozen), candidate_id=merged.original_candidate_id or uuid.uuid4(), into=split.trait.pk
    )
    new = make_candidate(frozen, "Said once more", evidence=["Once more."])
    decisions.merge(**acting_for_self(frozen), candidate_id=new.pk, into=split.trait.pk)
    other = confirmed_trait(frozen, "Said in other words", evidence=["In other words."])
    decisions.relate(
        **acting_for_self(frozen), trait_id=split.trait.pk, relation=Relation(trait_id=other.pk, kind="same")
    )
    holds(frozen)


def test_what_was_rejected_can_be_reopened(frozen: User) -> None:
    rejected = ExtractedTraitCandidate.objects.filter(user=frozen, status="rejected_by_user")
    for candidate in rejected:
        decisions.reopen(**acting_for_self(frozen), candidate_id=candidate.pk)
    assert not Suppression.objects.filter(user=frozen, sources__overlap=[row.pk for row in rejected]).exists()
    holds(frozen)


def test_the_past_is_there(frozen: User) -> None:
    entries = entries_of(frozen)
    for entry in entries:
        then = past.persona_at(frozen, entry.revision, limit=200)
        assert len(then.traits) == then.then
        after = lifted(entry.content)["after"]
        shown = {each.trait_id: each.state for each in then.traits}
        if entry.trait_id_in_pkg and after["trait"]:
            wanted = {name: value for name, value in after["trait"].items() if name != "evidence"}
            assert shown[entry.trait_id_in_pkg] == wanted
        if entry.style_element and after["style"]:
            assert after["style"] in past.styles_at(frozen, entry.revision)
    assert past.revision_at(frozen, entries[-1].created_at) == entries[-1].revision


def test_every_kind_of_entry_has_its_pages(frozen: User, sam: User, signed_in: SignedIn) -> None:
    mine, staff = signed_in(frozen), signed_in(sam)
    entries = list({entry.user_decision: entry for entry in reversed(entries_of(frozen))}.values())
    give_reason(staff, f"/admin/traits/userrefinedtrait/{entries[0].pk}/change/")
    for entry in entries:
        assert mine.get(f"/persona/history/{entry.pk}/").status_code == 200
        assert staff.get(f"/admin/traits/userrefinedtrait/{entry.pk}/change/").status_code == 200
        states = history.content(frozen, entry.pk)
        assert (states["v"], states.keys() >= {"before", "after", "reason", "notes", "relation"}) == (newest(), True)
    for address in ("history/", "history/?category=Skill", "history/?decision=merged", "past/", ""):
        assert mine.get(f"/persona/{address}").status_code == 200
    assert api_of(frozen).get("/traits/history?limit=100")[0] == 200


@pytest.mark.django_db(transaction=True)
def test_it_can_be_taken_along_and_checked_elsewhere(frozen: User, signed_in: SignedIn) -> None:
    mine, number = signed_in(frozen), len(entries_of(frozen))
    assert faults_outside(streamed(mine, "/persona/history/log.json")) == [f"{number} entries, 0 faults"]
    assert len(streamed(mine, "/persona/history/log.csv").splitlines()) > number
    document = orjson.loads(streamed(mine, "/v1/users/me/persona/export"))
    assert [entry["revision"] for entry in document["log"]] == list(range(1, number + 1))
    assert "Log intact" in mine.get("/persona/history/check/?after=0").content.decode()


def streamed(client: Client, address: str) -> str:
    response: Any = client.get(address)
    return b"".join(response).decode()


def of_category(user: User) -> Erasure:
    return finish(erasure_parts.erase_category(**acting_for_self(user), category="Skill"))


def of_a_piece(user: User) -> Erasure:
    piece = PersonaTrait.objects.get(user=user, name="Bakes once").evidence[0]
    return finish(erasure_parts.erase_evidence(**acting_for_self(user), evidence_id=uuid.UUID(piece["evidence_id"])))


@pytest.mark.parametrize(("erase", "text"), [(of_category, "Bakes once"), (of_a_piece, "My loaf.")])
def test_texts_can_be_erased(frozen: User, erase: Callable[[User], Erasure], text: str) -> None:
    before = redactions(frozen.pk)
    assert "traits_userrefinedtrait" in tables_with(text)
    erase(frozen)
    assert tables_with(text) == set()
    assert len(redactions(frozen.pk)) > len(before)
    holds(frozen)
