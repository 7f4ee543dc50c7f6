"""The log: what it keeps, and what tampering with it is found."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from ptfi.accounts.models import User
from tests.support.cast import Suggest, acting_for_self, confirmed
from tests.support.decisions import assert_log_whole
from traits import decisions
from traits.decisions.inputs import Changes
from traits.log import entries as log
from traits.log.verification import verify
from traits.models import Persona, PersonaTrait, UserRefinedTrait

pytestmark = pytest.mark.django_db


def test_the_log_is_insert_only(alice: User) -> None:
    confirmed(alice)
    rows = UserRefinedTrait.objects.filter(user=alice)
    for change in (lambda: rows.update(rejection_code=""), rows.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


@pytest.mark.owner
@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("content = jsonb_set(content, '{reason}', '\"x\"')", "content was changed"),
        ("created_at = created_at - interval '1 day'", "a column was changed"),
        ("previous_hash = sha256('x')", "does not follow"),
        ("revision = 9", "is missing"),
    ],
)
def test_verify_finds_what_was_touched(alice: User, change: str, fault: str) -> None:
    for name in ("One", "Two"):
        confirmed(alice, name)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE traits_userrefinedtrait DISABLE TRIGGER log_is_insert_only")
        cursor.execute(f"UPDATE traits_userrefinedtrait SET {change} WHERE revision = 2")  # noqa: S608
    faults = "; ".join(verify(Persona.objects.get(user=alice)))
    assert fault in faults


def test_verify_misses_a_cut_off_end(alice: User) -> None:
    confirmed(alice)
    Persona.objects.filter(user=alice).update(revision=5)
    assert "head is 5" in "; ".join(verify(Persona.objects.get(user=alice)))


def test_times_never_go_back(alice: User) -> None:
    confirmed(alice, "One")
    ahead = timezone.now() + dt.timedelta(hours=1)
    Persona.objects.filter(user=alice).update(last_entry_at=ahead)
    assert confirmed(alice, "Two").entries[0].created_at == ahead


def test_staff_must_give_a_reference(alice: User, sam: User, suggest: Suggest) -> None:
    candidate = suggest(alice)
    staff = log.Actor(user_id=sam.pk, kind="staff")
    with pytest.raises(DatabaseError), transaction.atomic():
        decisions.confirm(user=alice, actor=staff, candidate_id=candidate.pk)
    ticket = log.Actor(user_id=sam.pk, kind="staff", reference="T-1")
    decisions.confirm(user=alice, actor=ticket, candidate_id=candidate.pk)


def test_extreme_texts_survive_the_log(alice: User, suggest: Suggest) -> None:
    name = ("ا" * 100) + ("é́" * 20) + "<script>🦊" + "x" * 100
    candidate = suggest(alice, name[:255], evidence=["e" * 4000] * 3, confidence_score=1e-7)
    decisions.confirm(
        **acting_for_self(alice), candidate_id=candidate.pk, changes=Changes(notes="\u2028 \U0001f468\u200d\U0001f469")
    )
    assert PersonaTrait.objects.get(user=alice).name == name[:255]
    assert_log_whole(alice)
