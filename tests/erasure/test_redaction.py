"""The log after an erasure: what verify says of it, and that nothing else rewrites an entry."""

import pytest
from django.db import DatabaseError, connection, transaction

from ptfi.accounts.models import User
from tests.support.cast import acting_for_self, confirmed
from tests.support.decisions import assert_log_whole
from tests.support.erasure_parts import OTHER, SOURCE, erase_source, suggested
from traits import decisions
from traits.log.verification import redactions, verify
from traits.models import Erasure, Persona, UserRefinedTrait

pytestmark = pytest.mark.django_db


def test_the_log_says_how_much_was_redacted(alice: User, word: str) -> None:
    candidate = suggested(alice, "Sails", (word, SOURCE), ("I sail.", OTHER))
    decisions.confirm(**acting_for_self(alice), candidate_id=candidate.pk)
    before = UserRefinedTrait.objects.get()
    erase_source(alice)
    after = UserRefinedTrait.objects.get(revision=1)
    assert (bytes(after.digest), bytes(after.hash), bytes(after.salt)) == (
        bytes(before.digest),
        bytes(before.hash),
        b"",
    )
    assert redactions(alice.pk).keys() == {1}
    erase_source(alice, OTHER)
    # The entry about the first erasure quoted the trait as it was then.
    assert redactions(alice.pk).keys() == {1, 2}
    assert_log_whole(alice)


@pytest.mark.owner
@pytest.mark.parametrize(
    "change", ["content = jsonb_set(content, '{erased}', '\"x\"')", "salt = 'x'", "content = content - 'erased'"]
)
def test_a_redacted_entry_that_was_touched_is_found(alice: User, change: str) -> None:
    candidate = suggested(alice, "Sails", ("Private.", SOURCE), ("I sail.", OTHER))
    decisions.confirm(**acting_for_self(alice), candidate_id=candidate.pk)
    erase_source(alice)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE traits_userrefinedtrait DISABLE TRIGGER log_is_insert_only")
        cursor.execute(f"UPDATE traits_userrefinedtrait SET {change} WHERE revision = 1")  # noqa: S608
    assert "revision 1: the content was changed" in list(verify(Persona.objects.get(user=alice)))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT redact_log(%s, ARRAY[1]::bigint[], ARRAY['{}']::jsonb[])",
        "UPDATE traits_userrefinedtrait SET content = '{}', salt = '' WHERE user_id = %s",
        "SELECT set_config('ptfi.redacting', %s, true); UPDATE traits_userrefinedtrait SET reference = 'x', salt = ''",
    ],
)
def test_the_log_is_redacted_by_an_erasure_alone(alice: User, bob: User, statement: str) -> None:
    confirmed(alice)
    Erasure.objects.create(subject_id=bob.pk, state="erasing", kind="source")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [str(alice.pk)])
    assert_log_whole(alice)
