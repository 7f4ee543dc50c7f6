"""Taking the log along and checking it: in the browser, and elsewhere with nothing but the file."""

import csv
import datetime as dt
import io
import json
import re
import uuid
import zoneinfo
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from django.utils.dateformat import format as date_format

from ptfi.accounts.models import User
from tests.support.cast import SignedIn, acting_for_self, confirmed, make_candidate
from tests.support.log_files import faults_outside
from tests.support.pages import text_of
from traits import decisions
from traits.decisions.inputs import Changes
from traits.erasure import parts as erasure_parts
from traits.log import verification
from traits.models import Persona

pytestmark = pytest.mark.django_db(transaction=True)
CHECK, JSON, CSV = "/persona/history/check/", "/persona/history/log.json", "/persona/history/log.csv"
HTMX = {"HX-Request": "true"}


def text(response: Any) -> str:
    return b"".join(response).decode()


def tamper(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE traits_userrefinedtrait DISABLE TRIGGER USER")
        cursor.execute(statement)
        cursor.execute("ALTER TABLE traits_userrefinedtrait ENABLE TRIGGER USER")


def some_decisions(user: User) -> None:
    decisions.undo(**acting_for_self(user), action_id=confirmed(user, "爵士乐 “jazz”").action_id)
    decisions.add_trait(
        **acting_for_self(user), changes=Changes(name="=1+1", category="Other", notes="@home", user_confidence=3)
    )
    decisions.reject(
        **acting_for_self(user), candidate_id=make_candidate(user, "Knits").pk, code="other", reason="-no\nway"
    )


def test_the_file_can_be_checked_elsewhere(as_alice: Client, alice: User) -> None:
    some_decisions(alice)
    response = as_alice.get(JSON)
    assert response["Content-Disposition"] == f'attachment; filename="persona-log-{timezone.now():%Y-%m-%d}.jsonl"'
    assert "no-store" in response["Cache-Control"]
    lines = text(response)
    head, *entries = map(json.loads, lines.splitlines())
    assert (head["format"], head["version"], head["revision"], len(entries)) == ("ptfi-log", 1, 4, 4)
    assert faults_outside(lines) == ["4 entries, 0 faults"]
    assert faults_outside(lines.replace("Knits", "Knots")) == ["4: the content was changed", "4 entries, 1 faults"]
    assert "2: the chain is broken" in faults_outside("\n".join(lines.splitlines()[:1] + lines.splitlines()[2:]))


def test_the_table_is_safe_for_spreadsheets(as_alice: Client, alice: User) -> None:
    some_decisions(alice)
    response = as_alice.get(CSV)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    raw = text(response)
    assert raw.startswith("\ufeffrevision,time,what")
    rows = list(csv.DictReader(io.StringIO(raw.removeprefix("\ufeff"))))
    assert [row["what"] for row in rows] == [
        "You confirmed “爵士乐 “jazz””",
        "You undid confirming “爵士乐 “jazz””",
        "You added “=1+1”",
        "You rejected “Knits”: other",
    ]
    assert (rows[3]["reason"], rows[2]["notes"]) == ("'-no\nway", "'@home")
    assert not any(value.startswith(("=", "+", "-", "@")) for row in rows for value in row.values())


def test_the_times_of_the_table_are_the_persons(as_alice: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(time_zone="Asia/Tokyo")
    until = timezone.now().astimezone(zoneinfo.ZoneInfo("Asia/Tokyo")) + dt.timedelta(days=7)
    decisions.snooze(**acting_for_self(alice), candidate_id=make_candidate(alice, "Knits").pk, until=until)
    (row,) = csv.DictReader(io.StringIO(text(as_alice.get(CSV))))
    assert row["time"].endswith("+09:00")
    assert row["what"] == f"You snoozed “Knits” until {date_format(until, 'j F Y, H:i')}"


def test_an_empty_log(as_alice: Client) -> None:
    assert faults_outside(text(as_alice.get(JSON))) == ["0 entries, 0 faults"]
    assert len(text(as_alice.get(CSV)).splitlines()) == 1
    assert "Nothing to verify yet" in text_of(as_alice.get(CHECK, {"after": "0"}))


def test_an_unbroken_log(as_alice: Client, alice: User) -> None:
    assert "Verify now" in text_of(as_alice.get(CHECK))
    some_decisions(alice)
    said = text_of(as_alice.get(CHECK, {"after": "0"}))
    assert "Log intact" in said
    assert re.search(r"4 entries without a gap, from \d+ \w+ \d{4}, \d\d:\d\d to ", said)
    assert "No text was deleted from them." in said


def test_pieces_follow_each_other(as_alice: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "PIECE", 3)
    some_decisions(alice)
    first = as_alice.get(CHECK, {"after": "0"}, headers=HTMX).content.decode()
    assert "3 of 4 entries are intact so far." in first
    assert f'hx-get="{CHECK}?after=3"' in first
    assert "<noscript>" in first
    assert "Log intact" in as_alice.get(CHECK, {"after": "3"}, headers=HTMX).content.decode()


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        (
            "UPDATE traits_userrefinedtrait SET content = jsonb_set(content, '{reason}', '\"x\"') WHERE revision = 2",
            "revision 2: the content was changed",
        ),
        ("DELETE FROM traits_userrefinedtrait WHERE revision = 3", "revision 3 is missing"),
        ("DELETE FROM traits_userrefinedtrait WHERE revision = 4", "the log ends at revision 3"),
    ],
)
def test_a_touched_log_says_whom_to_tell(as_alice: Client, alice: User, statement: str, fault: str) -> None:
    some_decisions(alice)
    tamper(statement)
    said = text_of(as_alice.get(CHECK, {"after": "0"}))
    assert "Log not intact" in said
    assert fault in said
    assert "contact those who run PTFI" in said
    assert str(alice.pk) in said


def test_pieces_together_find_what_one_finds(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "PIECE", 4)
    for number in range(12):
        confirmed(alice, f"Likes {number}")
    tamper("DELETE FROM traits_userrefinedtrait WHERE revision IN (5, 6, 12)")
    for after, wanted in ((0, []), (4, ["revision 5 is missing (found 7)"]), (8, ["the log ends at revision 11"])):
        faults = verification.check(alice, after=after).faults
        assert [each for each in wanted if not any(each in said for said in faults)] == [], faults
    assert Persona.objects.get(user=alice).revision == 12


def test_bob_gets_his_own(alice: User, bob: User, signed_in: SignedIn) -> None:
    some_decisions(alice)
    his = signed_in(bob)
    assert "Knits" not in text(his.get(JSON)) + text(his.get(CSV))
    assert his.get("/persona/history/log.xml").status_code == 404
    assert Client().get(JSON).status_code == 302


@pytest.mark.slow
def test_erased_texts_are_told_and_checked(as_alice: Client, alice: User) -> None:
    secret = make_candidate(alice, "Plays jazz", evidence=["My secret.", "My piano."])
    decisions.confirm(**acting_for_self(alice), candidate_id=secret.pk)
    some_decisions(alice)
    piece = uuid.UUID(secret.supporting_evidence[0]["evidence_id"])
    done = erasure_parts.erase_evidence(**acting_for_self(alice), evidence_id=piece)
    erasure_parts.go_on(erasure_id=done.pk)
    history = text_of(as_alice.get("/persona/history/"))
    assert "You deleted evidence of “ Plays jazz ”" in history
    assert "A text of this entry was deleted." in history
    assert "Deleted text cannot be brought back." in history
    assert "In 1 of them a text was deleted" in text_of(as_alice.get(CHECK, {"after": "0"}))
    lines = text(as_alice.get(JSON))
    assert "My secret." not in lines
    assert faults_outside(lines) == ["6 entries, 0 faults"]
    assert faults_outside(lines.replace("My piano.", "My banjo."))[-1] == "6 entries, 2 faults"
    assert "deleted evidence of “Plays jazz”" in text(as_alice.get(CSV))
    assert as_alice.get("/persona/").status_code == 200
