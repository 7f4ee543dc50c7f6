"""What stays of a decision on somebody's behalf once their persona is erased."""

import json

import pytest
from django.test import Client
from django.utils import timezone

from ptfi.accounts.models import User
from tests.support.cast import confirmed, make_candidate
from tests.support.on_behalf import TICKET, suggestion
from tests.support.pages import text_of
from tests.support.persona_marker import erased, tables_with
from traits.models import ModerationEntry, UserRefinedTrait
from traits.privacy import export

pytestmark = pytest.mark.django_db


def test_an_erasure_asks_for_the_reason_again(acting: Client, alice: User) -> None:
    erased(alice)
    candidate = make_candidate(alice)
    assert "Why do you need access" in acting.get(suggestion(candidate)).content.decode()


def test_that_staff_decided_outlives_the_persona(acting: Client, alice: User, tina: User, as_alice: Client) -> None:
    candidate = make_candidate(alice, "Plays xylophone")
    acting.post(suggestion(candidate), {"act": "confirm"})
    confirmed(alice, "Sails")
    decided = newest_by_staff(alice)
    for _ in range(2):
        erased(alice)
        row = ModerationEntry.objects.get()
        assert (row.pk, row.action, row.candidate_id, row.actor_id) == (decided.pk, "decide", candidate.pk, tina.pk)
        assert row.created_at == decided.created_at
        assert row.after["decision"] == "confirmed_asis"
        assert row.reason == ""
    assert not UserRefinedTrait.objects.exists()
    assert tables_with("xylophone") == set()
    assert tables_with(TICKET) == {"django_session"}
    assert "Staff decided on your behalf, as you asked; the decision was deleted" in text_of(
        as_alice.get("/persona/history/staff/")
    )
    document = json.loads(b"{" + b"".join(export.members(alice, timezone.now()))[1:] + b"}")
    assert [each["action"] for each in document["moderation"]] == ["decide"]


def newest_by_staff(person: User) -> UserRefinedTrait:
    return UserRefinedTrait.objects.filter(user=person, actor_kind="staff").latest("revision")
