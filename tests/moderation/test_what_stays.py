"""What moderation leaves: entries that stay without what was erased, which the person sees and takes along."""

import datetime as dt
import json
import uuid
from collections.abc import Callable

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from ptfi.accounts.models import User
from tests.support.cast import Suggest, acting_for_self
from tests.support.moderation import act, entries, fresh
from tests.support.pages import text_of
from tests.support.persona_marker import erased, tables_with
from traits.erasure import parts as erasure_parts
from traits.models import ModerationEntry
from traits.privacy import export

pytestmark = pytest.mark.django_db


@pytest.mark.owner
def test_entries_are_insert_only_and_lose_their_reasons_with_the_persona(
    moderator: Client, alice: User, as_alice: Client, suggest: Suggest
) -> None:
    row = suggest(alice, evidence=["Jazz, says xylophone"])
    act(moderator, "flag", row, kind="unsafe", reason="It says xylophone")
    kept = ModerationEntry.objects.get()
    mine = ModerationEntry.objects.filter(pk=kept.pk)
    changes: list[Callable[[], object]] = [lambda: mine.update(reason=""), lambda: mine._raw_delete("default")]
    for change in changes:
        with pytest.raises(DatabaseError, match="insert-only"), transaction.atomic():
            change()
    erasure_parts.erase_evidence(
        **acting_for_self(alice), evidence_id=uuid.UUID(row.supporting_evidence[0]["evidence_id"])
    )
    assert entries(alice) == [("flag", "")]
    assert tables_with("xylophone") == set()
    archived = suggest(alice)
    act(moderator, "archive", archived, reason="Xylophone again")
    erased(alice)
    stays = ModerationEntry.objects.order_by("created_at").values_list("action", "candidate_id", "reason", "actor_id")
    assert list(stays) == [("flag", row.pk, "", kept.actor_id), ("archive", archived.pk, "", kept.actor_id)]
    assert "The reason was deleted together with what it was about." in text_of(as_alice.get("/persona/history/staff/"))


def test_a_thinned_suggestion_stays_held_back_without_the_words(
    moderator: Client, alice: User, suggest: Suggest
) -> None:
    row = suggest(alice, evidence=["Says xylophone", "Says drum"])
    act(moderator, "flag", row, kind="unsafe", reason="It says xylophone")
    erasure_parts.erase_evidence(
        **acting_for_self(alice), evidence_id=uuid.UUID(row.supporting_evidence[0]["evidence_id"])
    )
    assert fresh(row).held_reason == "unsafe"
    assert "xylophone" not in str(ModerationEntry.objects.values())


def test_the_person_takes_it_along(moderator: Client, alice: User, bob: User, suggest: Suggest) -> None:
    row = suggest(alice)
    act(moderator, "reassign", row, to=str(bob.pk))
    document = json.loads(b"{" + b"".join(export.members(alice, timezone.now()))[1:] + b"}")
    assert [each["action"] for each in document["moderation"]] == ["reassign"]
    assert str(bob.pk) not in json.dumps(document["moderation"])


def test_the_history_of_what_staff_did_is_paged(sam: User, alice: User, as_alice: Client, suggest: Suggest) -> None:
    row, at = suggest(alice), timezone.now()
    ModerationEntry.objects.bulk_create(
        ModerationEntry(
            batch_id=uuid.uuid4(),
            user=alice,
            candidate_id=row.pk,
            action="flag",
            actor=sam,
            reason=f"Reason {number}.",
            before={},
            after={},
            created_at=at - dt.timedelta(minutes=number),
        )
        for number in range(40)
    )
    first = as_alice.get("/persona/history/staff/")
    assert text_of(first).count("Reason") == 30
    second = text_of(as_alice.get(f"/persona/history/staff/?{first.context['next_query']}"))
    assert "Reason 30." in second
    assert "Reason 29." not in second
    assert as_alice.get("/persona/history/staff/?after=nonsense").status_code == 200
