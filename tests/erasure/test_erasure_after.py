"""What happens after a part was erased: undoing, reopening, confirming again, and reading it all."""

import uuid
from xml.etree import ElementTree

import pytest
from django.test import Client

from graph.projection import erasure as erasing
from ptfi.accounts.models import User
from tests.support.candidate_files import new_row
from tests.support.cast import SignedIn, acting_for_self, confirmed_trait, make_candidate
from tests.support.decisions import assert_log_whole
from tests.support.erasure_parts import SOURCE, suggested
from tests.support.graph_helpers import cypher, project, trait_node
from tests.support.pages import text_of
from tests.support.persona_marker import check_graph
from traits import decisions
from traits.decisions.inputs import Changes
from traits.erasure import account as erasure_account
from traits.erasure import parts as erasure_parts
from traits.erasure import suppressions
from traits.errors import AlreadyDecidedError, InvalidError, NotFoundError
from traits.history.download import Reader
from traits.ingest import batch as ingest
from traits.ingest import blocklist
from traits.ingest.parsing import CandidateRecord, parse
from traits.log import entries as log
from traits.models import CandidateStatus, ExtractedTraitCandidate, PersonaTrait
from traits.persona import overview
from traits.privacy.export_page import page

pytestmark = [pytest.mark.graph, pytest.mark.django_db]


def test_a_merge_is_taken_back_though_the_log_no_longer_says_what_it_gave(alice: User) -> None:
    trait = confirmed_trait(alice, "T", trait_category="Interest")
    merged = make_candidate(alice, "C", trait_category="Skill")
    decisions.merge(**acting_for_self(alice), candidate_id=merged.pk, into=trait.pk)
    decisions.edit_trait(**acting_for_self(alice), trait_id=trait.pk, changes=Changes(category="Skill"))
    erasure_parts.erase_category(**acting_for_self(alice), category="Interest")
    decisions.reopen(**acting_for_self(alice), candidate_id=merged.pk)
    merged.refresh_from_db()
    assert merged.status == CandidateStatus.CANDIDATE
    assert_log_whole(alice)


@pytest.mark.parametrize("name", ["Likes tea", "Drinks tea"])
def test_a_suggestion_that_came_again_is_not_beside_its_trait(alice: User, name: str) -> None:
    first = suggested(alice, "Likes tea", ("tea", SOURCE))
    decisions.confirm(**acting_for_self(alice), candidate_id=first.pk)
    erasure_parts.erase_source(**acting_for_self(alice), source=blocklist.source_bar(alice.pk, SOURCE))
    removal = decisions.remove_trait(**acting_for_self(alice), trait_id=first.pk)
    again = parse(new_row(candidate_id=str(first.pk), trait_name=name, trait_category="Interest"))
    assert isinstance(again, CandidateRecord)
    ingest.apply([again], owner=alice)
    assert ExtractedTraitCandidate.objects.filter(pk=first.pk).exists()
    decisions.undo(**acting_for_self(alice), action_id=removal.action_id)
    assert PersonaTrait.objects.get().pk == first.pk
    assert ExtractedTraitCandidate.objects.get().status == CandidateStatus.ARCHIVED
    with pytest.raises(AlreadyDecidedError):
        decisions.confirm(**acting_for_self(alice), candidate_id=first.pk)
    assert_log_whole(alice)


def test_a_suggestion_does_not_go_into_itself(alice: User) -> None:
    pk = make_candidate(alice).pk
    with pytest.raises(InvalidError):
        decisions.merge(**acting_for_self(alice), candidate_id=pk, into=pk)


def test_what_the_person_has_again_stays_in_the_graph(alice: User) -> None:
    """The pipeline made its node, so an erasure blanks it there: before it was confirmed again, and never after."""
    pk = make_candidate(alice, "Likes tea").pk
    cypher("CREATE (t:Trait {traitID: $id, name: 'tea', ownerID: $owner})", id=pk, owner=alice.pk)
    decisions.confirm(**acting_for_self(alice), candidate_id=pk)
    project(alice)
    erased = erasure_parts.erase_category(**acting_for_self(alice), category="Interest")
    suppressions.lift_bar(**acting_for_self(alice), erasure_id=erased.pk)
    make_candidate(alice, "Likes tea", candidate_id=pk)
    decisions.confirm(**acting_for_self(alice), candidate_id=pk)
    project(alice)
    assert (trait_node(pk) or {})["name"] == "Likes tea"
    erasing.repeat([alice.pk])
    project(alice)
    assert (trait_node(pk) or {})["name"] == "Likes tea"
    assert "0 differ" in check_graph(alice)


def test_any_name_of_a_style_can_be_read(alice: User) -> None:
    decisions.put_styles(**acting_for_self(alice), context="", styles={"items": 5})
    decisions.put_styles(**acting_for_self(alice), context="items", styles={"keys": "abc"})
    graph = {"revision": None, "nodes": 0, "edges": 0, "away": False}
    text = b"".join(page(alice, Reader.of(alice), graph)).decode()
    assert "items" in text
    assert "abc" in text


def test_a_file_of_the_picture_is_xml_whatever_names_hold(alice: User, as_alice: Client) -> None:
    confirmed_trait(alice, "Rings \x07 bells \x1b", concepts=["a\x0bb"])
    project(alice)
    ElementTree.fromstring(as_alice.get("/persona/graph.svg").content)  # noqa: S314 (our own)


def test_hosts_that_are_not_ours_get_no_answer_from_the_api(as_alice: Client) -> None:
    answer = as_alice.get("/v1/users/me/persona/traits/candidates", headers={"Host": "evil.example"})
    assert answer.status_code == 400


def test_an_address_that_is_none_is_guarded_as_well(as_alice: Client) -> None:
    answer = as_alice.get("/v1/users/me/nothing")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_change_that_waited_for_the_end_of_the_account_finds_nobody(alice: User) -> None:
    late = acting_for_self(alice)
    erasure_account.erase_account(user=alice, actor=log.Actor(user_id=alice.pk), confirm_email="alice@example.com")
    late["user"].pk = late["user"].pk or uuid.uuid4()
    with pytest.raises(NotFoundError):
        decisions.add_trait(**late, changes=Changes(name="Too late", category="Skill"))


@pytest.mark.django_db(transaction=True)
def test_the_logs_table_tells_times_where_the_person_is(alice: User, signed_in: SignedIn) -> None:
    alice.time_zone = "Asia/Tokyo"
    alice.save()
    make_candidate(alice)
    decisions.reject(**acting_for_self(alice), candidate_id=ExtractedTraitCandidate.objects.get().pk, code="other")
    lines = b"".join(signed_in(alice).get("/persona/history/log.csv")).decode()
    assert "+09:00" in lines


def test_the_overview_ends_with_what_is_left(alice: User) -> None:
    for name, category in (("A", "Interest"), ("B", "Interest"), ("C", "Skill")):
        confirmed_trait(alice, name, trait_category=category)
    erasure_parts.erase_category(**acting_for_self(alice), category="Interest")
    grown = overview.growth(alice)
    assert grown
    assert grown.points[-1][1] == PersonaTrait.objects.count() == 1


def test_the_history_counts_what_one_erasure_took(alice: User, as_alice: Client) -> None:
    for number in range(3):
        confirmed_trait(alice, f"Trait {number}", trait_category="Interest")
    erasure_parts.erase_category(**acting_for_self(alice), category="Interest")
    assert "deleted evidence of 3 traits together" in text_of(as_alice.get("/persona/history/"))
