"""Erasing a part goes in steps: who takes them, who may ask for them, and what holds meanwhile."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from graph.projection import erasure as erasing
from ptfi.accounts.models import User
from tests.support.cast import SignedIn, acting_for_self, confirmed_trait
from tests.support.decisions import assert_log_whole
from tests.support.erasure_parts import SOURCE, erase_source, first_piece, persona_with, suggested, whole
from tests.support.graph_helpers import project
from tests.support.graph_outage import away
from tests.support.persona_marker import erased, graph_with, tables_with
from tests.support.staff import give_reason
from traits.erasure import parts as erasure_parts
from traits.erasure import worker as erasure_steps
from traits.errors import InvalidError, NotFoundError
from traits.models import Erasure, ExtractedTraitCandidate, PersonaTrait, UserRefinedTrait

pytestmark = [pytest.mark.graph, pytest.mark.django_db, pytest.mark.slow]


def test_the_tables_do_not_wait_for_the_graph(alice: User, settings: Any, word: str) -> None:
    persona_with(alice, word)
    project(alice)
    with away(settings):
        done = erase_source(alice)
        assert tables_with(word) == set()
        assert done.state == "erased"
        assert erasing.claim(30, alice.pk) is None
    assert graph_with(word)
    project(alice)
    done.refresh_from_db()
    assert done.state == "completed"
    assert graph_with(word) == []
    whole(alice)


def test_another_process_goes_on(alice: User, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that ends before all is done leaves the rest to the projector, also when one is killed in between."""
    monkeypatch.setattr(erasure_steps, "THINGS", 3)
    monkeypatch.setattr(erasure_steps, "ENTRIES", 3)
    persona_with(alice, word)
    project(alice)
    done = erase_source(alice)
    assert (done.state, done.erased_at) == ("erasing", None)
    assert tables_with(word)
    assert_log_whole(alice)
    steps = 0
    while done.state == "erasing":
        savepoint = transaction.savepoint()
        erasure_parts.go_on(erasure_id=done.pk)
        transaction.savepoint_rollback(savepoint)
        done = erasure_parts.go_on(erasure_id=done.pk)
        assert_log_whole(alice)
        steps += 1
    # How many depends on which ids come first.
    assert steps > 1
    assert tables_with(word) == set()
    assert (done.counts["candidates"], done.counts["traits_less"], done.target) == (9, 3, {})
    project(alice)
    whole(alice)
    assert graph_with(word) == []


def test_the_projector_takes_the_steps(alice: User, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure_steps, "THINGS", 2)
    persona_with(alice, word)
    done = erase_source(alice)
    assert done.state == "erasing"
    project(alice)
    done.refresh_from_db()
    assert done.state == "completed"
    assert tables_with(word) == set()
    assert graph_with(word) == []
    whole(alice)


def test_the_whole_persona_goes_while_a_part_is_under_way(
    alice: User, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure_steps, "THINGS", 2)
    persona_with(alice, word)
    project(alice)
    part = erase_source(alice)
    all_of_it = erased(alice)
    assert tables_with(word) == set()
    project(alice)
    for done in (part, all_of_it):
        done.refresh_from_db()
        assert done.state == "completed"
    assert graph_with(word) == []
    whole(alice)


def test_what_is_not_there_is_not_erased(alice: User, bob: User) -> None:
    theirs = suggested(bob, "Sails", ("I sail.", SOURCE))
    with pytest.raises(NotFoundError):
        erasure_parts.erase_evidence(**acting_for_self(alice), evidence_id=first_piece(theirs))
    with pytest.raises(NotFoundError):
        erase_source(alice)
    with pytest.raises(InvalidError):
        erasure_parts.erase_category(**acting_for_self(alice), category="Nonsense")
    assert not Erasure.objects.exists()


def test_operators_erase_a_part_or_the_account(
    alice: User, sam: User, capsys: pytest.CaptureFixture[str], word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure_steps, "THINGS", 2)
    persona_with(alice, word)
    interest = confirmed_trait(alice, "Loves jazz")
    piece = interest.evidence[0]["evidence_id"]

    def erase(*what: str, who: str = "alice@example.com") -> Erasure:
        call_command("erase_persona", who, *what, reference="T-1", yes=True)
        done = Erasure.objects.order_by("-requested_at").first()
        assert done
        return done

    assert erase("--source", SOURCE).state == "erased"
    assert tables_with(word) == set()
    assert UserRefinedTrait.objects.filter(user_decision="evidence_erased", actor_kind="staff", reference="T-1")
    assert_log_whole(alice)
    assert erase("--evidence", piece).counts["evidence"] == 1
    assert erase("--category", "Interest").counts["traits"] == 4
    assert not PersonaTrait.objects.exists()
    for what, who in (
        (["--source", "nothing"], "alice@example.com"),
        (["--evidence", piece], "alice@example.com"),
        (["--account"], "sam@example.com"),
    ):
        with pytest.raises(CommandError, match="Nothing was erased"):
            erase(*what, who=who)
    assert erase("--account").subject_id == alice.pk
    assert not User.objects.filter(pk=alice.pk).exists()
    assert "the receipt is" in capsys.readouterr().out


def test_staff_do_not_read_what_is_being_erased(
    alice: User, sam: User, signed_in: SignedIn, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure_steps, "THINGS", 1)
    persona_with(alice, word)
    piece = ExtractedTraitCandidate.objects.exclude(evidence_count=2).order_by("?").first()
    assert piece
    done = erasure_parts.erase_evidence(**acting_for_self(alice), evidence_id=first_piece(piece))
    assert done.state == "erasing"
    staff, address = signed_in(sam), f"/admin/traits/erasure/{done.pk}/change/"
    give_reason(staff, address)
    page = staff.get(address).content.decode()
    assert str(done.pk) in page
    assert word not in page
    assert done.bar not in page
