"""`manage.py verify_log` finds what was touched, and nothing else."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from ptfi.accounts.models import User
from tests.support.cast import acting_for_self, confirmed
from traits.erasure import parts as erasure_parts
from traits.models import Persona

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def verify(*arguments: str) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    status = 0
    try:
        call_command("verify_log", *arguments, stdout=out, stderr=err)
    except SystemExit as stop:
        status = int(str(stop.code))
    return status, out.getvalue().strip(), err.getvalue().strip()


def tamper(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE traits_userrefinedtrait DISABLE TRIGGER USER")
        cursor.execute(statement)
        cursor.execute("ALTER TABLE traits_userrefinedtrait ENABLE TRIGGER USER")


def test_untouched_logs_have_no_fault(alice: User, bob: User) -> None:
    confirmed(alice)
    confirmed(alice, "Sails")
    confirmed(bob)
    assert verify() == (0, "2 people, 0 faults", "")


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        (
            "UPDATE traits_userrefinedtrait SET content = jsonb_set(content, '{reason}', '\"x\"') WHERE revision = 1",
            "revision 1: the content was changed",
        ),
        ("UPDATE traits_userrefinedtrait SET actor_kind = 'pipeline' WHERE revision = 2", "a column was changed"),
        ("DELETE FROM traits_userrefinedtrait WHERE revision = 1", "revision 1 is missing"),
        ("DELETE FROM traits_userrefinedtrait WHERE revision = 2", "the log ends at revision 1"),
    ],
)
def test_a_touched_log_is_found(alice: User, bob: User, statement: str, fault: str) -> None:
    confirmed(alice)
    confirmed(alice, "Sails")
    tamper(statement)
    status, _, said = verify()
    assert status == 1
    assert f"{alice.pk}: " in said
    assert fault in said
    assert verify("--person", "BOB@example.com")[0] == 0
    assert verify("--person", str(alice.pk))[0] == 1


def test_of_two_ids_that_look_alike_the_written_one_is_meant(alice: User, bob: User) -> None:
    for person, external_id in ((alice, "42"), (bob, "\uff14\uff12")):
        confirmed(person)
        User.objects.filter(pk=person.pk).update(external_id=external_id)
    tamper(f"DELETE FROM traits_userrefinedtrait WHERE user_id = '{bob.pk}'")  # noqa: S608
    assert [verify("--person", written)[0] for written in ("42", "\uff14\uff12", "4\uff12")] == [0, 1, 0]


def test_what_was_erased_is_no_fault_and_is_counted(alice: User) -> None:
    confirmed(alice)
    erasure_parts.erase_category(**acting_for_self(alice), category="Interest")
    assert verify() == (0, "1 people, 0 faults, 1 entries without what was erased since", "")


def test_entries_without_a_persona_are_a_fault(alice: User) -> None:
    confirmed(alice)
    Persona.objects.filter(user=alice).delete()
    status, _, said = verify()
    assert status == 1
    assert "no persona that holds the head" in said


def test_an_unknown_person_is_an_error(db: None) -> None:
    with pytest.raises(CommandError, match="No person goes by somebody"):
        verify("--person", "somebody")
