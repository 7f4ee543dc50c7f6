"""What the tables' owner can do without the key: found by name, for everything that was published."""

import uuid
from pathlib import Path

import pytest

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
    without_triggers,
    write_log,
    write_receipt,
)
from tests.support.cast import acting_for_self, confirmed
from tests.support.erasure_parts import OTHER, SOURCE, erase_source, suggested
from traits import decisions
from traits.erasure import persona as erasure
from traits.log.proofs import tree
from traits.log.proofs.publication import publish
from traits.models import LogIntervention, LogLeaf, Persona, TreeHead, UserRefinedTrait

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("heads_file")]
LOG, TREE = "traits_userrefinedtrait", ("traits_logleaf", "traits_treenode", "traits_treehead")


@pytest.fixture
def lived(alice: User, bob: User) -> User:
    """Alice has three decisions and Bob one, all of them published."""
    for name in ("Loves jazz", "Sails", "Keeps bees"):
        confirmed(alice, name)
    confirmed(bob, "Bakes")
    publish()
    assert verify_log() == (0, [])
    return alice


def entries_of(user: User) -> list[UserRefinedTrait]:
    return list(UserRefinedTrait.objects.filter(user=user).order_by("revision"))


def rewrite(user: User, entries: list[UserRefinedTrait]) -> None:
    with without_triggers(LOG):
        ask(f"DELETE FROM {LOG} WHERE user_id = %s", user.pk)  # noqa: S608
        write_log(user, entries)


def is_named(user: User, fault: str) -> bool:
    status, said = verify_log()
    assert status == 1
    assert all(line.startswith(str(user.pk)) or not line[:8].isalnum() for line in said), said
    return f"{user.pk}: {fault}" in said


def test_a_cut_off_end_is_named(lived: User) -> None:
    rewrite(lived, entries_of(lived)[:2])
    assert is_named(lived, "the log ended at revision 3 when it was published, and ends at revision 2 now")


def test_an_end_that_was_replaced_is_named(lived: User) -> None:
    rewrite(lived, entries_of(lived)[:2])
    confirmed(lived, "Something else")
    assert is_named(lived, "the log up to revision 3 is not the one that was published")


def test_a_log_with_other_words_and_new_hashes_is_named(lived: User) -> None:
    entries = entries_of(lived)
    entries[1].content = named(entries[1].content, FORGED)
    rewrite(lived, chained(entries))
    assert is_named(lived, "the log up to revision 3 is not the one that was published")


def test_other_words_that_a_later_entry_vouches_for_are_named(lived: User) -> None:
    """With a receipt, an entry and a record of an erasure that there never was."""
    content = redacted(named(entries_of(lived)[1].content, FORGED))
    receipt_id = forge_redaction(lived, 2, content)
    assert is_named(lived, f"the record of the erasure {receipt_id} (redact_log) is not signed")


def forge_redaction(user: User, revision: int, content: dict[str, object]) -> uuid.UUID:
    receipt_id = write_receipt(user.pk, "erasing")
    with without_triggers(LOG):
        ask(
            f"UPDATE {LOG} SET content = %s::jsonb, salt = '' WHERE user_id = %s AND revision = %s",  # noqa: S608
            *(as_text(content), user.pk, revision),
        )
        ask(
            "INSERT INTO traits_logintervention (subject_id, erasure_id, action, number, revisions, created_at,"
            " is_backfilled) VALUES (%s, %s, 'redact_log', 1, ARRAY[%s]::bigint[], now(), true)",
            *(user.pk, receipt_id, revision),
        )
        vouch(user, receipt_id, revision, content)
    return receipt_id


def test_other_words_in_an_entry_that_was_redacted_are_named(alice: User) -> None:
    candidate = suggested(alice, "Sails", ("I sail.", SOURCE), ("Out at sea.", OTHER))
    decisions.confirm(**acting_for_self(alice), candidate_id=candidate.pk)
    done = erase_source(alice)
    publish()
    assert verify_log() == (0, [])
    content = redacted(named(entries_of(alice)[0].content, FORGED))
    with without_triggers(LOG):
        ask(f"UPDATE {LOG} SET content = %s::jsonb WHERE revision = 1", as_text(content))  # noqa: S608
        vouch(alice, done.pk, 1, content)
    assert is_named(alice, "revision 1 is not what the erasure left of it")


def test_a_signed_record_that_was_changed_is_named(alice: User) -> None:
    confirmed(alice)
    done = erasure.erase_persona(**acting_for_self(alice))
    with without_triggers("traits_logintervention"):
        ask("UPDATE traits_logintervention SET number = 0")
    confirmed(alice)
    publish()
    status, said = verify_log()
    assert status == 1
    assert f"the record of the erasure {done.pk} (erase_persona_log) is not what the key" in said[0]


@pytest.mark.parametrize("also", ["the log", "the persona"])
def test_a_log_that_was_deleted_is_named(lived: User, also: str) -> None:
    with without_triggers(LOG):
        ask(f"DELETE FROM {LOG} WHERE user_id = %s", lived.pk)  # noqa: S608
        Persona.objects.filter(user=lived).update(revision=0, hash=bytes(32), last_entry_at=None)
        if also == "the persona":
            ask("DELETE FROM traits_persona WHERE user_id = %s", lived.pk)
    assert is_named(lived, "the log ended at revision 3 when it was published, and ends at revision 0 now")


def test_an_erasure_that_was_invented_for_a_deleted_log_is_named(lived: User) -> None:
    """Even if the leaf is blanked, as an erasure does."""
    receipt_id = uuid.uuid4()
    with without_triggers(LOG), without_triggers("traits_erasure"), without_triggers("traits_logleaf"):
        ask(f"DELETE FROM {LOG} WHERE user_id = %s", lived.pk)  # noqa: S608
        Persona.objects.filter(user=lived).update(revision=0, hash=bytes(32), last_entry_at=None)
        receipt_id = write_receipt(lived.pk, "erased", kind="persona", erased_at="now()")
        ask("UPDATE traits_logleaf SET salt = '', hash = '' WHERE subject_id = %s", lived.pk)
        assert is_named(lived, "leaf 0 of the tree lost what it said, and no erasure took the log") or is_named(
            lived, "leaf 1 of the tree lost what it said, and no erasure took the log"
        )
        ask(
            "INSERT INTO traits_logintervention (subject_id, erasure_id, action, number, revisions, created_at,"
            " is_backfilled) VALUES (%s, %s, 'erase_persona_log', 3, '{}', now(), true)",
            *(lived.pk, receipt_id),
        )
    assert is_named(lived, f"the record of the erasure {receipt_id} (erase_persona_log) is not signed")


def test_leaves_that_follow_a_rewritten_log_do_not_fit_the_signed_head(lived: User) -> None:
    entries = entries_of(lived)
    entries[1].content = named(entries[1].content, FORGED)
    rewrite(lived, chained(entries))
    with without_triggers("traits_logleaf"):
        ask(
            "UPDATE traits_logleaf SET hash = (SELECT hash FROM traits_persona WHERE user_id = subject_id)"
            " WHERE subject_id = %s",
            lived.pk,
        )
    status, said = verify_log()
    assert status == 1
    assert any(f"was changed ({lived.pk}, revision 3)" in line for line in said)


def test_a_tree_that_was_made_again_does_not_fit_the_signed_head(lived: User) -> None:
    entries = entries_of(lived)
    entries[1].content = named(entries[1].content, FORGED)
    rewrite(lived, chained(entries))
    with without_triggers("traits_logleaf"), without_triggers("traits_treenode"):
        for table in TREE[:2]:
            ask(f"DELETE FROM {table}")  # noqa: S608
    tree.grow((row.pk, row.revision, bytes(row.hash)) for row in Persona.objects.filter(revision__gt=0))
    status, said = verify_log()
    assert status == 1
    assert any("is not a head of this tree" in line for line in said), said


def test_a_head_that_somebody_else_signed_is_named(lived: User) -> None:
    with without_triggers("traits_treehead"):
        ask("UPDATE traits_treehead SET signature = %s", bytes(64))
    status, said = verify_log()
    assert status == 1
    assert any("has no signature of ours" in line for line in said)


def test_without_the_published_heads_the_file_tells(lived: User, heads_file: Path) -> None:
    """Log, leaves, nodes and heads go back together."""
    confirmed(lived, "Plays the piano")
    publish_again()
    newest = TreeHead.objects.order_by("-id")[0]
    rewrite(lived, entries_of(lived)[:3])
    for table, which in zip(TREE, ("index >= 2", "place % (1::bigint << 56) >= 2", f"id = {newest.pk}"), strict=True):
        with without_triggers(table):
            ask(f"DELETE FROM {table} WHERE {which}")  # noqa: S608
    status, said = verify_log()
    assert status == 1
    assert any("was published, and is no longer there" in line for line in said), said
    assert heads_file.read_text().count("\n") == 2


def publish_again() -> None:
    done = publish()
    assert done.is_new
    assert done.leaves


def test_leaves_that_are_gone_are_named(lived: User) -> None:
    with without_triggers("traits_logleaf"):
        LogLeaf.objects.filter(subject_id=lived.pk).delete()
    status, said = verify_log()
    assert status == 1
    assert any("the tree has no leaf" in line for line in said)


def test_records_of_erasures_that_are_gone_are_named(lived: User) -> None:
    done = erasure.erase_persona(**acting_for_self(lived))
    assert verify_log() == (0, [])
    with without_triggers("traits_logintervention"):
        LogIntervention.objects.all().delete()
    assert is_named(lived, f"the erasure {done.pk} took the whole log, and there is no record of that")
