"""What imports, their undoing, and staff who look at them leave to the people concerned."""

import uuid
from typing import Any

import orjson
import pytest
from django.test import Client

from ptfi.accounts.models import User
from tests.support.cast import SignedIn, acting_for_self
from tests.support.pages import said, text_of
from tests.support.pipeline import api_row, pipeline, send
from tests.support.staff import give_reason, staff_of
from traits import decisions
from traits.decisions.inputs import Evidence
from traits.models import AccessEntry, CandidateChange, ExtractedTraitCandidate, IngestBatch
from traits.privacy import export

pytestmark = pytest.mark.django_db

LIST = "/admin/traits/ingestbatch/"
JAZZ = {"type": "text_snippet", "content": "I love jazz.", "sourcePackageID": "p1"}
SECRET = {"type": "text_snippet", "content": "My xylophone.", "sourcePackageID": "p2"}


@pytest.fixture
def moderator(db: None, signed_in: SignedIn) -> Client:
    return signed_in(staff_of("moderator"))


def sent(*rows: Any) -> IngestBatch:
    send(pipeline(), *rows)
    return IngestBatch.objects.latest("created_at")


def do(client: Client, batch: IngestBatch, action: str) -> str:
    form = {"action": action, "confirm": "yes", "reason": "Model gone wrong"}
    return said(client.post(f"{LIST}{batch.pk}/act/", form))[-1]


def now(row: Any) -> ExtractedTraitCandidate:
    return ExtractedTraitCandidate.objects.get(pk=row["candidateID"])


def verdicts(row: Any) -> dict[str, str]:
    return {piece["content"]: piece["verdict"] for piece in now(row).supporting_evidence}


def judge(user: User, row: Any, content: str) -> None:
    """Snooze the suggestion, and find one of its pieces too private."""
    piece = next(each for each in now(row).supporting_evidence if each["content"] == content)
    judged = Evidence(verdicts={piece["evidence_id"]: "too_private"})
    pk = uuid.UUID(row["candidateID"])
    decisions.snooze(**acting_for_self(user), candidate_id=pk, until=None, evidence=judged)


def test_a_verdict_outlasts_undoing_and_putting_back(moderator: Client, alice: User) -> None:
    row = api_row(alice, supportingEvidenceSnippets=[JAZZ])
    sent(row)
    batch = sent(row | {"supportingEvidenceSnippets": [SECRET]})
    judge(alice, row, SECRET["content"])
    assert do(moderator, batch, "undo") == "Change taken back: 1."
    assert verdicts(row) == {JAZZ["content"]: ""}
    judge(alice, row, JAZZ["content"])
    for _ in range(2):
        assert do(moderator, batch, "restore") == "Change made again: 1."
        assert verdicts(row) == {SECRET["content"]: "too_private"}
        assert do(moderator, batch, "undo") == "Change taken back: 1."
        assert verdicts(row) == {JAZZ["content"]: "too_private"}


def test_a_verdict_outlasts_an_import_without_its_piece(alice: User) -> None:
    row = api_row(alice, supportingEvidenceSnippets=[JAZZ, SECRET])
    sent(row)
    judge(alice, row, SECRET["content"])
    sent(row | {"supportingEvidenceSnippets": [JAZZ]})
    assert verdicts(row) == {JAZZ["content"]: ""}
    sent(row)
    assert verdicts(row) == {JAZZ["content"]: "", SECRET["content"]: "too_private"}


def test_old_changes_are_not_shown_nor_taken_back(moderator: Client, alice: User, settings: Any) -> None:
    row = api_row(alice, traitName="Hums tunes")
    sent(row)
    batch = sent(row | {"traitName": "Likes xylophones"})
    pages = [f"{LIST}{batch.pk}/change/", f"/admin/traits/extractedtraitcandidate/{row['candidateID']}/change/"]
    give_reason(moderator, pages[0])

    def shown() -> list[bool]:
        return ["Hums tunes" in text_of(moderator.get(page)) for page in pages]

    def exported() -> int:
        parts = b"".join(export.members(alice, now(row).created_at)).removeprefix(b",")
        return len(orjson.loads(b"{" + parts + b"}")["suggestionChanges"])

    assert (shown(), exported()) == ([True, True], 1)
    settings.SUGGESTION_CHANGES_DAYS = -1
    assert (shown(), exported()) == ([False, False], 0)
    assert do(moderator, batch, "undo") == "Undo import: there was nothing to do."
    assert now(row).trait_name == "Likes xylophones"
    assert CandidateChange.objects.exists()


def test_a_look_at_an_import_is_in_the_access_log_of_all_it_shows(
    moderator: Client, alice: User, bob: User, signed_in: SignedIn
) -> None:
    rows = api_row(alice), api_row(bob, traitName="Plays golf")
    sent(*rows)
    batch = sent(*(row | {"traitName": f"{row['traitName']} often"} for row in rows))
    new = sent(rows[1] | {"traitName": "Golfs"}, api_row(alice, traitName="Rows boats"))
    for each, number in ((batch, 2), (new, 2)):
        assert moderator.get(f"{LIST}{each.pk}/change/").status_code == 200
        look = AccessEntry.objects.latest("pk")
        assert (look.kind, look.number, set(look.people)) == ("suggestions", number, {alice.pk, bob.pk})
        for person in (alice, bob):
            assert f"Import {each.pk}" in text_of(signed_in(person).get("/persona/looks/"))
