"""Parts whose texts were stored in several Unicode forms, as earlier releases did: an erasure takes them all."""

import uuid
from typing import Any
from unicodedata import normalize

import pytest
from django.test import Client
from django.utils import timezone

from ptfi.accounts.models import User
from tests.support.candidate_files import suggestion
from tests.support.cast import acting_for_self, make_candidate
from tests.support.decisions import assert_log_whole
from tests.support.erasure_parts import OTHER, first_piece, piece_of, suggested
from tests.support.pages import text_of
from tests.support.persona_marker import tables_with
from traits import decisions
from traits.erasure import parts as erasure_parts
from traits.ingest import batch as ingest
from traits.ingest import blocklist
from traits.models import CandidateChange, Erasure, ExtractedTraitCandidate, PersonaTrait
from traits.privacy import selectors as my_data

pytestmark = [pytest.mark.graph, pytest.mark.django_db]
COMPOSED = "f\u00fcr-sp\u00e4ter"
APART = normalize("NFD", COMPOSED)
MIXED = "f\u00fcr-spa\u0308ter"


@pytest.fixture
def held(alice: User, word: str) -> dict[str, ExtractedTraitCandidate]:
    """Alice has confirmed a suggestion from each form of the source, each with another piece that stays."""
    found = {}
    for form in (COMPOSED, APART):
        candidate = suggested(alice, f"Sails {len(form)}", (f"{word} {form}", form), ("I sail.", OTHER))
        decisions.confirm(**acting_for_self(alice), candidate_id=candidate.pk)
        before = {"supporting_evidence": [piece_of(candidate.pk, f"{word} {form}", form)]}
        columns = {"user": alice, "candidate_id": candidate.pk, "before": before, "after": {}}
        CandidateChange.objects.create(batch_id=uuid.uuid4(), created_at=timezone.now(), **columns)
        suggested(alice, f"Only {len(form)}", (f"{word} {form}", form))
        found[form] = candidate
    return found


def stays(alice: User, word: str) -> None:
    assert tables_with(word) == set()
    assert [[piece["content"] for piece in trait.evidence] for trait in PersonaTrait.objects.all()] == [["I sail."]] * 2
    assert Erasure.objects.get().counts["evidence"] == 4
    assert ExtractedTraitCandidate.objects.count() == 2
    assert_log_whole(alice)


@pytest.mark.parametrize("form", [COMPOSED, APART])
def test_a_source_goes_in_every_form(alice: User, as_alice: Client, held: dict[str, Any], word: str, form: str) -> None:
    listed = my_data.sources(alice).rows
    assert [(source.name, source.pieces) for source in listed] == [(COMPOSED, 4), (OTHER, 2)]
    assert my_data.source_count(alice) == 2
    for key in (listed[0].key, blocklist.source_bar(alice.pk, form)):
        asked = text_of(as_alice.get(f"/persona/sources/{key}/erase/"))
        assert "4 pieces of evidence" in asked
    erasure_parts.erase_source(**acting_for_self(alice), source=blocklist.source_bar(alice.pk, form))
    stays(alice, word)
    assert [source.name for source in my_data.sources(alice).rows] == [OTHER]


@pytest.mark.parametrize("form", [COMPOSED, APART])
def test_a_piece_goes_in_every_form(alice: User, held: dict[str, Any], word: str, form: str) -> None:
    erasure_parts.erase_evidence(**acting_for_self(alice), evidence_id=first_piece(held[form]))
    stays(alice, word)


def test_a_source_in_a_form_of_its_own_goes_and_stays_away(alice: User, word: str) -> None:
    for name in (COMPOSED, APART, MIXED):
        suggested(alice, f"Sails {name}", (word, name))
    erasure_parts.erase_source(**acting_for_self(alice), source=my_data.sources(alice).rows[0].key)
    assert tables_with(word) == set()
    for name in (COMPOSED, APART, MIXED):
        pk = uuid.uuid4()
        piece: Any = piece_of(pk, word, name)
        del piece["evidence_id"], piece["verdict"]
        row = suggestion(candidate_id=str(pk), supporting_evidence=[piece])
        assert ingest.apply([row], owner=alice).refused == {0: [blocklist.ERASED]}
    stored = make_candidate(alice, supporting_evidence=[piece_of(uuid.uuid4(), word, MIXED)])
    assert blocklist.of_person(alice.pk).reason_to_refuse(stored) == blocklist.ERASED
