"""What the application's role could do to a log that was published: found by name."""

from pathlib import Path

import pytest
from django.utils import timezone

from ptfi import signing
from ptfi.accounts.models import User
from tests.support.attacks import (
    FORGED,
    as_text,
    ask,
    chained,
    named,
    redacted,
    verify_log,
    vouch,
    write_log,
    write_receipt,
)
from tests.support.cast import confirmed
from traits.log.chain import NO_HASH
from traits.log.proofs.publication import publish
from traits.models import Persona, UserRefinedTrait

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def needs_role(application_role: str) -> None:
    if not application_role:
        pytest.skip("SKIPPED: this PostgreSQL has no role for the application")


def entries_of(user: User) -> list[UserRefinedTrait]:
    return list(UserRefinedTrait.objects.filter(user=user).order_by("revision"))


@pytest.fixture
def published(alice: User, heads_file: Path) -> User:
    """Alice's log, whose head is in the signed tree."""
    confirmed(alice, "Sails")
    confirmed(alice, "Keeps bees")
    publish()
    assert heads_file.exists()
    assert verify_log() == (0, [])
    return alice


def test_texts_that_an_invented_erasure_took_are_named(published: User) -> None:
    entry = entries_of(published)[0]
    receipt_id = write_receipt(published.pk, "erasing")
    less = redacted(entry.content | {half: entry.content[half] | {"candidate": None} for half in ("before", "after")})
    ask("SELECT redact_log(%s, '{1}', ARRAY[%s]::jsonb[])", published.pk, as_text(less))
    vouch(published, receipt_id, 1, less)
    assert verify_log() == (
        1,
        [f"{published.pk}: the record of the erasure {receipt_id} (redact_log) is not signed"],
    )


def test_a_log_in_the_place_of_another_one_is_named_whatever_its_times(published: User) -> None:
    receipt_id = write_receipt(published.pk, "awaiting_confirmation", kind="persona")
    ask("UPDATE traits_erasure SET state = 'erased' WHERE erasure_id = %s", receipt_id)
    entries = entries_of(published)
    ask("SELECT erase_persona_log(%s)", published.pk)
    entries[0].content = named(entries[0].content, FORGED)
    for entry in entries:
        entry.created_at = timezone.now()
    write_log(published, chained(entries))
    assert verify_log() == (
        1,
        [f"{published.pk}: the record of the erasure {receipt_id} (erase_persona_log) is not signed"],
    )


def test_a_signature_of_ones_own_does_not_help(published: User) -> None:
    receipt_id = write_receipt(published.pk, "awaiting_confirmation", kind="persona")
    ask("UPDATE traits_erasure SET state = 'erased' WHERE erasure_id = %s", receipt_id)
    ask("SELECT erase_persona_log(%s)", published.pk)
    Persona.objects.filter(user=published).update(revision=0, hash=NO_HASH)
    ask(
        "INSERT INTO traits_logattestation (subject_id, interventions, key_id, signature, created_at)"
        " SELECT subject_id, ARRAY[id], %s, %s, now() FROM traits_logintervention",
        *(next(iter(signing.public_keys())), bytes(64)),
    )
    status, said = verify_log()
    assert status == 1
    assert f"the record of the erasure {receipt_id} (erase_persona_log) is not what the key" in said[0]


def test_leaves_and_heads_of_ones_own_do_not_fit_what_was_signed(published: User) -> None:
    ask(
        "INSERT INTO traits_logleaf (index, subject_id, revision, hash, salt) VALUES (1, %s, 1, %s, %s)",
        *(published.pk, bytes(32), bytes(32)),
    )
    ask("INSERT INTO traits_treenode (place, hash) VALUES (1, %s)", bytes(32))
    ask(
        "INSERT INTO traits_treehead (size, root, previous, is_restored, created_at, key_id, signature)"
        " VALUES (2, %s, %s, false, now(), %s, %s)",
        *(bytes(32), bytes(32), next(iter(signing.public_keys())), bytes(64)),
    )
    status, said = verify_log()
    assert status == 1
    assert any("leaf 1 of the tree was changed" in line for line in said)
    assert any("(2 leaves) has no signature of ours" in line for line in said)
