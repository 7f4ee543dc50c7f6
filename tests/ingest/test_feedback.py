"""What clients learn of decisions about their suggestions: only for people who allow it, and until it is erased."""

import threading
import uuid
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client

from ptfi.accounts.models import User
from tests.support.api import Api, api_of
from tests.support.cast import acting_for_self, make_candidate
from tests.support.pipeline import Row, api_row, pipeline, send
from traits import decisions
from traits.decisions.inputs import Changes, Evidence
from traits.decisions.locking import lock
from traits.erasure import persona as erasure
from traits.erasure.parts import erase_category, erase_evidence
from traits.models import ExtractedTraitCandidate, Feedback, Verdict

pytestmark = pytest.mark.django_db


def read(api: Api, cursor: str = "0", limit: int = 100) -> tuple[list[Row], str]:
    status, answer = api.call("GET", f"ingest/outcomes?cursor={cursor}&limit={limit}")
    assert status == 200, answer
    return answer["data"], answer["next"]


def allow(user: User, *, on: bool = True) -> None:
    erasure.set_feedback(**acting_for_self(user), on=on)


def brought(api: Api, user: User, *names: str, **changes: Any) -> list[uuid.UUID]:
    rows = [api_row(user, traitName=name, **changes) for name in names]
    send(api, *rows)
    return [uuid.UUID(row["candidateID"]) for row in rows]


def test_each_decision_is_told_once_it_is_allowed(alice: User) -> None:
    api = pipeline()
    early, kept, changed, merged, rejected, later = brought(
        api, alice, "Sings", "Rows", "Knits", "Knits a lot", "Runs", "Hums"
    )
    mine = acting_for_self(alice)
    decisions.confirm(**mine, candidate_id=early)
    allow(alice)
    assert read(api) == ([], "0")
    decisions.confirm(**mine, candidate_id=kept)
    piece = ExtractedTraitCandidate.objects.get(pk=changed).supporting_evidence[0]["evidence_id"]
    changes = Changes(name="Knits socks", category="Skill", notes="A secret.")
    verdicts = Evidence(verdicts={piece: Verdict.NOT_ME})
    decisions.confirm(**mine, candidate_id=changed, changes=changes, evidence=verdicts)
    decisions.merge(**mine, candidate_id=merged, into=changed)
    refusal = decisions.reject(**mine, candidate_id=rejected, code="too_private", reason="A secret.")
    decisions.snooze(**mine, candidate_id=later, until=None)
    decisions.undo(**mine, action_id=refusal.action_id)
    decisions.remove_trait(**mine, trait_id=kept, reason="A secret.")
    rows, following = read(api)
    told = [(row["candidateID"], row["outcome"]) for row in rows]
    assert told == [
        (str(kept), "confirmed"), (str(changed), "changed"), (str(merged), "merged"), (str(rejected), "rejected"),
        (str(later), "snoozed"), (str(rejected), "reopened"), (str(kept), "removed"),
    ]  # fmt: skip
    assert (rows[1]["nameChanged"], rows[1]["traitCategory"]) == (True, "Skill")
    assert rows[1]["verdicts"] == [{"evidenceID": piece, "verdict": "not_me"}]
    assert [row["nameChanged"] for row in rows].count(False) == len(rows) - 1
    assert "Knits socks" not in str(rows)
    assert [row["rejectionCode"] for row in rows] == [None, None, None, "too_private", None, None, None]
    assert "secret" not in str(rows)
    assert read(api, following) == ([], following)
    decisions.confirm(**mine, candidate_id=rejected)
    assert [row["outcome"] for row in read(api, following)[0]] == ["confirmed"]


def test_pages_of_the_feed_neither_skip_nor_repeat(alice: User) -> None:
    api = pipeline()
    allow(alice)
    ids = brought(api, alice, *(f"Counts {number}" for number in range(7)))
    decisions.decide_many(**acting_for_self(alice), candidate_ids=ids, decision="confirmed_asis")
    found, cursor = list[str](), "0"
    while page := read(api, cursor, 3):
        rows, cursor = page
        found += [row["candidateID"] for row in rows]
        if not rows:
            break
    assert sorted(found) == sorted(map(str, ids))
    for wrong in ("x", "-1", "1" * 30):
        status, answer = api.call("GET", f"ingest/outcomes?cursor={wrong}")
        assert (status, list(answer["error"]["details"])) == (400, ["cursor"])


def test_nobody_elses_outcomes(alice: User, bob: User) -> None:
    api, other = pipeline(), pipeline("pipeline-b")
    allow(alice)
    (mine,), (theirs,), (bobs,) = (
        brought(api, alice, "Rows"), brought(other, alice, "Sings"), brought(api, bob, "Knits"),
    )  # fmt: skip
    for user, pk in ((alice, mine), (alice, theirs), (bob, bobs), (alice, make_candidate(alice, "Old").pk)):
        decisions.confirm(**acting_for_self(user), candidate_id=pk)
    assert [row["candidateID"] for row in read(api)[0]] == [str(mine)]
    assert [row["candidateID"] for row in read(other)[0]] == [str(theirs)]
    assert Feedback.objects.count() == 2
    assert api_of(alice).call("GET", "ingest/outcomes")[0] == 403
    assert Api().call("GET", "ingest/outcomes")[0] == 401


def test_it_ends_when_the_person_forbids_it(alice: User, signed_in: Any) -> None:
    api = pipeline()
    page: Client = signed_in(alice)
    assert "Feedback is off" in page.get("/persona/data/").content.decode()
    assert page.post("/persona/feedback/", {"on": "1"}).status_code == 302
    assert "Feedback is on" in page.get("/persona/data/").content.decode()
    first, second, third = brought(api, alice, "Rows", "Sings", "Knits")
    decisions.confirm(**acting_for_self(alice), candidate_id=first)
    assert len(read(api)[0]) == 1
    page.post("/persona/feedback/", {"on": "0"})
    assert read(api)[0] == []
    decisions.confirm(**acting_for_self(alice), candidate_id=second)
    page.post("/persona/feedback/", {"on": "1"})
    decisions.confirm(**acting_for_self(alice), candidate_id=third)
    assert [row["candidateID"] for row in read(api)[0]] == [str(third)]


def test_what_was_told_is_told_to_be_erased(alice: User) -> None:
    api = pipeline()
    allow(alice)
    evidence = [{"type": "text_snippet", "content": "A secret.", "sourcePackageID": "p2"}]
    (skill,) = brought(api, alice, "Rows", traitCategory="Skill")
    (thin,) = brought(api, alice, "Sings", supportingEvidenceSnippets=evidence)
    (kept,) = brought(api, alice, "Knits")
    brought(api, alice, "Waits", traitCategory="Skill")
    for pk in (skill, thin, kept):
        decisions.confirm(**acting_for_self(alice), candidate_id=pk)
    cursor = read(api)[1]
    piece = ExtractedTraitCandidate.objects.get(pk=thin).supporting_evidence[0]["evidence_id"]
    done = [
        erase_evidence(**acting_for_self(alice), evidence_id=uuid.UUID(piece)),
        erase_category(**acting_for_self(alice), category="Skill"),
    ]
    assert all("feedback" in receipt.kept for receipt in done)
    rows, cursor = read(api, cursor)
    assert [(row["candidateID"], row["outcome"]) for row in rows] == [(str(thin), "erased"), (str(skill), "erased")]
    assert "feedback" in erasure.erase_persona(**acting_for_self(alice)).kept
    assert "feedback" not in erasure.erase_persona(**acting_for_self(alice)).kept
    rows, _ = read(api, cursor)
    assert [(row["candidateID"], row["outcome"]) for row in rows] == [(str(kept), "erased")]
    # Who starts over sees nothing else any more, and the person is not named.
    assert {row["outcome"] for row in read(api)[0]} == {"erased"}
    assert not Feedback.objects.exclude(user=None).exists()


def test_old_feedback_is_deleted(alice: User, settings: Any) -> None:
    allow(alice)
    (pk,) = brought(pipeline(), alice, "Rows")
    decisions.confirm(**acting_for_self(alice), candidate_id=pk)
    call_command("refresh_quality_statistics", stdout=StringIO())
    assert Feedback.objects.count() == 1
    settings.FEEDBACK_DAYS = -1
    out = StringIO()
    call_command("refresh_quality_statistics", stdout=out)
    assert "Deleted 1 old row of feedback." in out.getvalue()
    assert not Feedback.objects.exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("began_first", [False, True])
def test_a_row_waits_for_decisions_that_may_come_before_it(alice: User, bob: User, began_first: bool) -> None:
    """A client that reads while decisions are being made misses none, whichever ends first."""
    api = pipeline()
    first, second = (brought(api, user, "Rows")[0] for user in (alice, bob))
    allow(alice)
    allow(bob)
    decided, may_end = threading.Event(), threading.Event()

    def decide_slowly() -> None:
        try:
            with transaction.atomic():
                decisions.confirm(**acting_for_self(alice), candidate_id=first)
                decided.set()
                may_end.wait(30)
        finally:
            connection.close()

    thread = threading.Thread(target=decide_slowly)
    with transaction.atomic():
        if began_first:
            lock(bob)
        thread.start()
        assert decided.wait(30)
        decisions.confirm(**acting_for_self(bob), candidate_id=second)
    rows, cursor = read(api)
    assert rows == []
    may_end.set()
    thread.join()
    assert [row["candidateID"] for row in read(api, cursor)[0]] == [str(first), str(second)]
