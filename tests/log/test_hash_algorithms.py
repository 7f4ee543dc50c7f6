"""Each entry of the log is verified by its own hash algorithm, and cannot be given another one."""

import pytest
from django.db import DatabaseError, connection, transaction

from ptfi.accounts.models import User
from tests.support.cast import confirmed
from tests.support.frozen_logs import FOLDER, load
from traits.log.chain import ALGORITHMS, NEW_ENTRIES
from traits.log.snapshots import SIDES, State
from traits.log.verification import verify
from traits.log.versions import lifted, newest
from traits.models import Persona, UserRefinedTrait

pytestmark = pytest.mark.django_db


def tamper(change: str, revision: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE traits_userrefinedtrait DISABLE TRIGGER log_is_insert_only")
        cursor.execute(f"UPDATE traits_userrefinedtrait SET {change} WHERE revision = %s", [revision])  # noqa: S608
        cursor.execute("ALTER TABLE traits_userrefinedtrait ENABLE TRIGGER log_is_insert_only")


def faults(user: User) -> list[str]:
    return list(verify(Persona.objects.get(user=user)))


def test_new_entries_name_theirs(alice: User) -> None:
    confirmed(alice)
    entry = UserRefinedTrait.objects.get()
    assert (entry.hash_algorithm, entry.content["v"]) == (NEW_ENTRIES, newest())
    assert "hash_algorithm" in ALGORITHMS[NEW_ENTRIES].columns


@pytest.mark.slow
def test_both_stand_in_one_log(db: None) -> None:
    alice = load(FOLDER / "log-v0.json")
    confirmed(alice, "Said later")
    rows = UserRefinedTrait.objects.filter(user=alice)
    assert set(rows.values_list("hash_algorithm", flat=True)) == {1, NEW_ENTRIES}
    assert faults(alice) == []


@pytest.mark.owner
def test_a_newer_one_cannot_be_exchanged(alice: User) -> None:
    for name in ("Sails", "Rows", "Swims"):
        confirmed(alice, name)
    tamper("hash_algorithm = 1", 2)
    assert faults(alice) == ["revision 2: a column was changed"]


@pytest.mark.owner
@pytest.mark.slow
def test_an_older_one_cannot_be_exchanged(db: None) -> None:
    alice = load(FOLDER / "log-v0.json")
    tamper("hash_algorithm = 2", 3)
    assert faults(alice) == ["revision 3: a column was changed"]


@pytest.mark.owner
def test_an_unknown_one_is_a_fault_of_its_own(alice: User) -> None:
    confirmed(alice)
    confirmed(alice, "Sails")
    tamper("hash_algorithm = 99", 1)
    assert faults(alice) == ["revision 1: its hash algorithm 99 is unknown"]


@pytest.mark.owner
def test_the_version_is_covered(alice: User) -> None:
    confirmed(alice)
    tamper("content = content - 'v'", 1)
    assert faults(alice) == ["revision 1: the content was changed"]


def test_the_release_before_gets_the_first_one(alice: User) -> None:
    """It leaves the column out."""
    confirmed(alice)
    copied = [str(field.column) for field in UserRefinedTrait._meta.concrete_fields if field.name != "hash_algorithm"]
    new = {"refinement_action_id": "gen_random_uuid()", "revision": "2"}
    values = ", ".join(new.get(name, name) for name in copied)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO traits_userrefinedtrait ({', '.join(copied)}) "  # noqa: S608 (names of ours)
            f"SELECT {values} FROM traits_userrefinedtrait"
        )
    assert UserRefinedTrait.objects.get(revision=2).hash_algorithm == 1


def test_the_application_cannot_change_it(alice: User) -> None:
    confirmed(alice)
    with pytest.raises(DatabaseError), transaction.atomic():
        UserRefinedTrait.objects.update(hash_algorithm=1)


def test_lifting_leaves_what_is_stored(alice: User) -> None:
    nothing: State = dict.fromkeys(SIDES)
    old: State = {"before": nothing, "after": nothing, "reason": "", "notes": "", "relation": None}
    assert lifted(old)["v"] == newest()
    assert "v" not in old
    newer = old | {"v": newest() + 1, "more": 1}
    assert lifted(newer) == newer
