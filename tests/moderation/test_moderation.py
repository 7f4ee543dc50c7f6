"""Moderating: who may, what is done and what is refused, and that the person sees it and loses no decision by it."""

import uuid
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from ptfi.accounts.models import User
from tests.support.api import api_of
from tests.support.candidate_files import new_row
from tests.support.cast import SignedIn, Suggest, acting_for_self, make_user
from tests.support.decisions import log_of
from tests.support.moderation import ACT, act, entries, fresh
from tests.support.pages import said, text_of
from tests.support.persona_marker import erased
from tests.support.staff import give_reason, staff_of
from traits import decisions, selectors
from traits.erasure import parts as erasure_parts
from traits.errors import NotFoundError, NotLatestError, RuleError
from traits.ingest import batch as ingest
from traits.ingest.parsing import CandidateRecord, parse
from traits.models import (
    CandidateStatus,
    ExtractedTraitCandidate,
    ModerationAction,
    ModerationEntry,
    UserRefinedTrait,
)
from traits.moderation import services as moderation
from traits.review.head import read_head
from traits.review.selectors import QueueFilters, queue

pytestmark = pytest.mark.django_db

LIST = "/admin/traits/extractedtraitcandidate/"
TABLES = ("extractedtraitcandidate", "moderationentry", "persona", "erasure")
MODERATOR = {"archive", "requeue", "flag", "release", "reassign"}
MAY = {"moderator": MODERATOR, "support": set(), "auditor": set(), "administrator": MODERATOR}
PAGES = {
    "moderator": {"extractedtraitcandidate", "moderationentry", "import", "export"},
    "support": {"extractedtraitcandidate", "persona"},
    "auditor": {"moderationentry", "persona", "erasure"},
    "administrator": {"extractedtraitcandidate", "moderationentry", "import", "export", "persona", "erasure", "user"},
}


def told(answer: Any) -> str:
    """The newest notice."""
    return said(answer)[-1]


@pytest.mark.slow
@pytest.mark.parametrize("role", MAY)
def test_each_role_may_do_what_it_is_for(role: str, alice: User, suggest: Suggest, signed_in: SignedIn) -> None:
    client, row = signed_in(staff_of(role)), suggest(alice)
    for action in ModerationAction.values:
        form = {"action": action, "candidate": str(row.pk)}
        preview = client.post(ACT, form)
        done = client.post(ACT, form | {"confirm": "yes"})
        if action in ("receive", "decide", "revert", "reapply") or role == "auditor":
            assert preview.status_code in (302, 403)
        else:
            assert preview.status_code == (200 if action in MAY[role] else 403), action
            assert done.status_code == (400 if action in MAY[role] else 403), action
    assert fresh(row).version == row.version
    pages = {
        **{
            name: f"/admin/traits/{name}/"
            for name in ("extractedtraitcandidate", "moderationentry", "persona", "erasure")
        },
        **{name: f"{LIST}{name}/" for name in ("import", "export")},
        "user": "/admin/accounts/user/",
    }
    opened = {name for name, address in pages.items() if client.get(address).status_code == 200}
    assert opened == PAGES[role]
    for table in TABLES:
        assert client.get(f"/admin/traits/{table}/add/").status_code == 403
        assert client.post(f"/admin/traits/{table}/{row.pk}/delete/", {"post": "yes"}).status_code in (302, 403)
    assert fresh(row).version == row.version


def test_archived_ones_leave_the_queue_and_come_back(moderator: Client, alice: User, suggest: Suggest) -> None:
    row = suggest(alice, "Loves jazz")
    preview = moderator.post(ACT, {"action": "archive", "candidate": str(row.pk)})
    assert "1 will be changed" in text_of(preview)
    assert "Loves jazz" in text_of(preview)
    assert fresh(row).version == row.version
    answer = act(moderator, "archive", row)
    assert told(answer) == "Archived: 1."
    assert fresh(row).status == CandidateStatus.ARCHIVED
    assert read_head(alice).counts["review"] == 0
    assert log_of(alice) == []
    assert told(act(moderator, "archive", row)) == "Archived: 0. Refused: 1. It is archived. (1)"
    act(moderator, "requeue", row)
    assert fresh(row).status == CandidateStatus.CANDIDATE
    assert entries(alice) == [("archive", "Ticket 17"), ("requeue", "Ticket 17")]
    decisions.confirm(**acting_for_self(alice), candidate_id=row.pk)


def test_a_reason_is_asked_for(moderator: Client, alice: User, suggest: Suggest) -> None:
    row = suggest(alice)
    for reason in ("", "   ", "x" * 241):
        answer = act(moderator, "flag", row, reason=reason, kind="unsafe")
        assert answer.status_code == 400
        assert answer.content.decode().count('value="unsafe"') == 1
    assert act(moderator, "flag", row).status_code == 400
    assert fresh(row).held_reason == ""
    assert moderator.post(ACT, {"action": "flag"}).status_code == 302
    assert moderator.get(ACT).status_code == 302


@pytest.mark.slow
def test_a_form_that_was_tampered_with_comes_back(moderator: Client, alice: User, suggest: Suggest) -> None:
    row = suggest(alice)
    for name in ("detail", "filters", "to", "kind", "reason"):
        for value in ("\n", "\0", "x" * 3_000):
            assert act(moderator, "reassign", row, **{name: value}).status_code == 400, (name, value)
    assert act(moderator, "archive", row, detail="\n").status_code == 302
    assert told(act(moderator, "archive", row)) == "Archived: 0. Refused: 1. It is archived. (1)"


def test_what_the_person_dealt_with_is_refused(moderator: Client, alice: User, bob: User, suggest: Suggest) -> None:
    later, confirmed, rejected = suggest(alice, "Later"), suggest(alice, "Yes"), suggest(alice, "No")
    decisions.snooze(**acting_for_self(alice), candidate_id=later.pk, until=None)
    decisions.confirm(**acting_for_self(alice), candidate_id=confirmed.pk)
    decisions.reject(**acting_for_self(alice), candidate_id=rejected.pk, code="other")
    before = list(ExtractedTraitCandidate.objects.order_by("pk").values())
    for action in ("archive", "requeue", "reassign"):
        answer = act(moderator, action, later, confirmed, rejected, to=str(bob.pk))
        assert "Refused: 3." in told(answer), action
    assert list(ExtractedTraitCandidate.objects.order_by("pk").values()) == before
    assert not ModerationEntry.objects.exists()


def test_replaced_and_suppressed_ones_are_not_requeued(moderator: Client, alice: User, suggest: Suggest) -> None:
    replaced = suggest(alice, "Old", status=CandidateStatus.ARCHIVED)
    archived = suggest(alice, "Loves jazz")
    act(moderator, "archive", archived)
    decisions.reject(**acting_for_self(alice), candidate_id=suggest(alice, "Loves jazz!").pk, code="not_me")
    answer = act(moderator, "requeue", replaced, archived)
    assert told(answer).startswith("Put back into the queue: 0. Refused: 2.")


def test_what_is_held_back_is_nowhere_until_released(
    moderator: Client, alice: User, as_alice: Client, suggest: Suggest
) -> None:
    row, other = suggest(alice, "Loves jazz"), suggest(alice, "Plays golf")
    deferred = decisions.snooze(**acting_for_self(alice), candidate_id=other.pk, until=None)
    assert told(act(moderator, "flag", row, other, kind="sensitive")) == "Held back: 2."
    assert fresh(row).status == CandidateStatus.CANDIDATE
    assert fresh(row).held_reason == "sensitive: Ticket 17"
    assert read_head(alice).counts["total"] == 0
    assert queue(alice, QueueFilters()).rows == []
    assert api_of(alice).get("/traits/candidates")[1]["pagination"]["total"] == 0
    for page in ("/review/", "/review/?tab=later", "/review/?q=jazz", "/persona/"):
        assert "Loves jazz" not in text_of(as_alice.get(page))
    for refused in (
        lambda: decisions.confirm(**acting_for_self(alice), candidate_id=row.pk),
        lambda: decisions.reject(**acting_for_self(alice), candidate_id=row.pk, code="other"),
        lambda: decisions.snooze(**acting_for_self(alice), candidate_id=row.pk, until=None),
        lambda: selectors.candidate(alice, row.pk),
    ):
        with pytest.raises(NotFoundError):
            refused()
    with pytest.raises(NotLatestError):
        decisions.undo(**acting_for_self(alice), action_id=deferred.action_id)
    done = decisions.decide_many(**acting_for_self(alice), candidate_ids=[row.pk], decision="confirmed_asis")
    assert set(done.outcomes.values()) == {"not_found"}
    page = text_of(as_alice.get("/persona/history/"))
    assert "Staff are holding a suggestion back for now" in page
    assert "Ticket 17" in page
    assert told(act(moderator, "release", row, other)) == "Released: 2."
    decisions.confirm(**acting_for_self(alice), candidate_id=row.pk)
    decisions.undo(**acting_for_self(alice), action_id=deferred.action_id)
    assert fresh(other).status == CandidateStatus.CANDIDATE


def test_of_two_ids_that_look_alike_the_written_one_receives(
    moderator: Client, alice: User, bob: User, suggest: Suggest
) -> None:
    first, second = sorted((bob, make_user("Cleo")), key=lambda user: user.pk)
    for person, external_id in ((first, "42"), (second, "\uff14\uff12")):
        suggest(person)
        User.objects.filter(pk=person.pk).update(external_id=external_id)
    for external_id, person in (("\uff14\uff12", second), ("4\uff12", first)):
        row = suggest(alice, "Rows boats")
        act(moderator, "reassign", row, to=external_id)
        assert fresh(row).user_id == person.pk
        listed: Any = moderator.post(f"{LIST}?{urlencode({'person': external_id})}", {"access_reason": "Ticket 17"})
        assert listed["Location"] == f"{LIST}?person={person.pk}"


def test_a_wrong_import_goes_to_whom_it_is_about(
    moderator: Client, alice: User, bob: User, suggest: Suggest, signed_in: SignedIn
) -> None:
    User.objects.filter(pk=bob.pk).update(external_id="pipeline:bob")
    row, twin = suggest(alice, "Rows boats"), suggest(alice, "Knits")
    decisions.reject(**acting_for_self(bob), candidate_id=suggest(bob, "Knits!").pk, code="not_me")
    asked = moderator.post(ACT, {"action": "reassign", "candidate": str(row.pk)})
    assert "New owner" in text_of(asked)
    assert "Rows boats" not in text_of(asked)
    assert "No one has this ID" in text_of(act(moderator, "reassign", row, to="bob@example.com"))
    preview = moderator.post(
        ACT, {"action": "reassign", "candidate": [str(row.pk), str(twin.pk)], "to": "pipeline:bob"}
    )
    assert "That person has rejected the same" in text_of(preview)
    answer = act(moderator, "reassign", row, twin, to="pipeline:bob", detail=str(row.pk))
    # Not to the suggestion's own page, which asks why one looks at Bob's persona.
    assert answer.url == LIST
    assert told(answer).startswith("Given to somebody else: 1. Refused: 1.")
    assert (fresh(row).user_id, fresh(twin).user_id) == (bob.pk, alice.pk)
    assert entries(alice) == [("reassign", "Ticket 17")]
    assert entries(bob) == [("receive", "Ticket 17")]
    gone, came = (text_of(signed_in(user).get("/persona/history/staff/")) for user in (alice, bob))
    assert "about somebody else" in gone
    assert "Rows boats" not in gone
    assert "Rows boats" in came
    with pytest.raises(NotFoundError):
        decisions.confirm(**acting_for_self(alice), candidate_id=row.pk)
    decisions.confirm(**acting_for_self(bob), candidate_id=row.pk)


def test_what_its_new_person_erased_is_not_brought_back(
    moderator: Client, alice: User, bob: User, suggest: Suggest
) -> None:
    evidence = suggest(bob, "Swims", evidence=["In the lake"], trait_category="Skill")
    erasure_parts.erase_category(**acting_for_self(bob), category="Skill")
    row = suggest(alice, "Swims", trait_category="Skill")
    assert evidence.pk != row.pk
    assert "has erased this" in told(act(moderator, "reassign", row, to=str(bob.pk)))
    erased(bob)
    assert "has turned suggestions off" in told(act(moderator, "reassign", row, to=str(bob.pk)))
    assert fresh(row).user_id == alice.pk


def test_a_later_import_leaves_what_staff_did(moderator: Client, alice: User, suggest: Suggest) -> None:
    archived, held = suggest(alice, "Archived"), suggest(alice, "Held")
    act(moderator, "archive", archived)
    act(moderator, "flag", held, kind="unsafe")
    for row in (archived, held):
        fields = new_row(candidate_id=str(row.pk), trait_name="Another name")
        parsed = parse(fields)
        assert isinstance(parsed, CandidateRecord)
        ingest.apply([parsed], owner=alice)
    assert fresh(archived).status == CandidateStatus.ARCHIVED
    assert fresh(held).held_reason


def test_many_go_at_once_in_a_bounded_number_of_queries(
    alice: User, sam: User, suggest: Suggest, django_assert_max_num_queries: Any
) -> None:
    rows = [suggest(make_user(f"Person{number}"), "Loves jazz") for number in range(12)]
    archive = moderation.Moderation(name=ModerationAction.ARCHIVE, reason="Twice")
    with django_assert_max_num_queries(14):
        outcome = moderation.act(actor=sam, action=archive, candidate_ids=[row.pk for row in rows])
    assert len(outcome.done) == 12
    with pytest.raises(RuleError):
        moderation.act(actor=sam, action=archive, candidate_ids=[uuid.uuid4() for _ in range(501)])


def test_the_detail_page_has_the_persons_decisions(alice: User, suggest: Suggest, signed_in: SignedIn) -> None:
    row = suggest(alice, "Loves jazz", evidence=["I love jazz."])
    decisions.reject(**acting_for_self(alice), candidate_id=row.pk, code="not_me", reason="Never said so")
    client, address = signed_in(staff_of("support")), f"{LIST}{row.pk}/change/"
    give_reason(client, address)
    page = text_of(client.get(address))
    assert "Rejected: Not me" in page
    assert "Never said so" in page
    assert "I love jazz." in page
    assert client.get(f"{LIST}{uuid.uuid4()}/change/").status_code == 404
    assert client.get(f"{LIST}nonsense/change/").status_code == 404
    assert UserRefinedTrait.objects.count() == 1
