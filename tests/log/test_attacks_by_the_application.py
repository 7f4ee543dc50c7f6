"""What the application's role could do to a log and to receipts: refused, or found by name."""

import uuid
from typing import Any

import pytest
from django.db import DatabaseError

from ptfi.accounts.models import User
from tests.support.attacks import (
    FORGED,
    as_text,
    ask,
    chained,
    named,
    redacted,
    vouch,
    without_triggers,
    write_log,
    write_receipt,
)
from tests.support.cast import acting_for_self, confirmed
from tests.support.erasure_parts import OTHER, SOURCE, erase_source, suggested
from traits import decisions
from traits.erasure import persona as erasure
from traits.log.verification import verify
from traits.models import AccessEntry, Erasure, LogIntervention, Persona, UserRefinedTrait

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def needs_role(application_role: str) -> None:
    if not application_role:
        pytest.skip("SKIPPED: this PostgreSQL has no role for the application")


def faults(user: User) -> list[str]:
    return list(verify(Persona.objects.get(user=user)))


def entries_of(user: User) -> list[UserRefinedTrait]:
    return list(UserRefinedTrait.objects.filter(user=user).order_by("revision"))


def sails(alice: User, *more: tuple[str, str]) -> UserRefinedTrait:
    candidate = suggested(alice, "Sails", ("I sail.", SOURCE), ("Out at sea.", OTHER), *more)
    decisions.confirm(**acting_for_self(alice), candidate_id=candidate.pk)
    return UserRefinedTrait.objects.get(user=alice)


# Other words under an erasure of one's own.


def test_an_erasure_puts_no_other_words_into_an_entry(alice: User) -> None:
    entry = sails(alice)
    write_receipt(alice.pk, "erasing")
    forged = redacted(named(entry.content, FORGED))
    with pytest.raises(DatabaseError, match="keeps what it said"):
        ask("SELECT redact_log(%s, '{1}', ARRAY[%s]::jsonb[])", alice.pk, as_text(forged))
    assert not faults(alice)


def changed(content: dict[str, Any], **more: Any) -> dict[str, Any]:
    return redacted(content | more)


@pytest.mark.parametrize(
    "change",
    [
        lambda c: redacted(c) | {"erased": "0 Supports a violent group"},
        lambda c: changed(c, reason="Because of that."),
        lambda c: changed(c, notes="x"),
        lambda c: changed(c, more="x"),
        lambda c: {name: value for name, value in redacted(c).items() if name != "v"},
        lambda c: changed(c, v=0),
        lambda c: changed(c, relation={"trait_id": "x", "kind": "replaces", "existing_contexts": []}),
        lambda c: changed(c, redacted={"1": "00"}),
        lambda c: changed(c, after=c["after"] | {"more": 1}),
        lambda c: changed(c, after=c["after"] | {"style": {"element": "humour", "context": "", "value": 1}}),
        lambda c: changed(c, after=c["after"] | {"trait": c["after"]["trait"] | {"more": 1}}),
        lambda c: changed(c, after=c["after"] | {"trait": c["after"]["trait"] | {"notes": "x"}}),
        lambda c: changed(c, before=c["before"] | {"trait": c["after"]["trait"]}),
        lambda c: changed(c, after=c["after"] | {"trait": c["after"]["trait"] | {"evidence": [{"content": "x"}]}}),
        lambda c: changed(
            c, after=c["after"] | {"trait": c["after"]["trait"] | {"evidence": c["after"]["trait"]["evidence"] * 2}}
        ),
        lambda c: changed(c, before="x"),
        lambda c: [c],
    ],
)
def test_a_redacted_entry_is_the_old_one_without_texts(alice: User, change: Any) -> None:
    entry = sails(alice)
    write_receipt(alice.pk, "erasing")
    with pytest.raises(DatabaseError, match="keeps what it said"):
        ask("SELECT redact_log(%s, '{1}', ARRAY[%s]::jsonb[])", alice.pk, as_text(change(entry.content)))


def test_an_erasure_that_nobody_asked_for_stays_on_record(alice: User) -> None:
    """Who may carry out an erasure can carry out one more; neither its receipt nor the record of it goes away."""
    entry = sails(alice)
    receipt_id = write_receipt(alice.pk, "erasing")
    less = redacted(entry.content | {half: entry.content[half] | {"candidate": None} for half in ("before", "after")})
    ask("SELECT redact_log(%s, '{1}', ARRAY[%s]::jsonb[])", alice.pk, as_text(less))
    found = LogIntervention.objects.get()
    assert (found.subject_id, found.erasure_id, found.action) == (alice.pk, receipt_id, "redact_log")
    assert found.hash is not None
    assert (found.revision, bytes(found.hash), found.number) == (1, bytes(entry.hash), 1)
    assert found.revisions == [1]
    for change in ("subject_id = gen_random_uuid()", "user_id = NULL", "state = 'expired'", "kind = 'category'"):
        with pytest.raises(DatabaseError, match="receipt"):
            ask(f"UPDATE traits_erasure SET {change}")  # noqa: S608
    for statement in ("DELETE FROM traits_erasure", "DELETE FROM traits_logintervention"):
        with pytest.raises(DatabaseError, match="permission denied"):
            ask(statement)


def test_an_entry_vouches_only_for_what_an_erasure_did(alice: User) -> None:
    entry = sails(alice)
    receipt_id = write_receipt(alice.pk, "erasing")
    vouch(alice, receipt_id, 1, redacted(named(entry.content, FORGED)))
    assert "revision 2 vouches for revision 1, which no erasure rewrote" in faults(alice)


# The log goes under a receipt of one's own, and another one takes its place.


def test_a_receipt_is_not_born_as_one_that_erased(alice: User) -> None:
    confirmed(alice)
    for when in ("now()", "2999-01-01"):
        with pytest.raises(DatabaseError, match="begins"):
            write_receipt(alice.pk, "erased", erased_at=when, kind="persona")


def test_a_receipt_from_the_future_opens_nothing(alice: User) -> None:
    confirmed(alice)
    receipt_id = write_receipt(alice.pk, "awaiting_confirmation", kind="persona", requested_at="2999-01-01")
    ask("UPDATE traits_erasure SET state = 'erased', erased_at = '2999-01-01' WHERE erasure_id = %s", receipt_id)
    receipt = Erasure.objects.get()
    ((now,),) = ask("SELECT clock_timestamp()")
    assert receipt.requested_at <= now
    assert receipt.erased_at is not None
    assert receipt.erased_at <= now
    # Such a one as earlier releases may have left.
    with without_triggers("traits_erasure"):
        ask("UPDATE traits_erasure SET erased_at = '2999-01-01'")
    for function in ("erase_persona_log", "erase_moderation", "erase_access_reasons"):
        with pytest.raises(DatabaseError, match="together with a receipt"):
            ask(f"SELECT {function}(%s)", alice.pk)


def test_a_part_is_no_reason_to_erase_the_log(alice: User) -> None:
    confirmed(alice)
    receipt_id = write_receipt(alice.pk, "erasing")
    ask("UPDATE traits_erasure SET state = 'erased', erased_at = now() WHERE erasure_id = %s", receipt_id)
    with pytest.raises(DatabaseError, match="together with a receipt"):
        ask("SELECT erase_persona_log(%s)", alice.pk)


def test_a_log_in_the_place_of_one_that_was_erased_is_found(alice: User) -> None:
    for name in ("Loves jazz", "Sails", "Keeps bees"):
        confirmed(alice, name)
    old = entries_of(alice)
    with without_triggers("traits_userrefinedtrait"):
        # Long ago.
        ask("UPDATE traits_userrefinedtrait SET created_at = created_at - interval '1 day'")
    old = entries_of(alice)
    receipt_id = write_receipt(alice.pk, "awaiting_confirmation", kind="persona")
    ask("UPDATE traits_erasure SET state = 'erased', erased_at = now() WHERE erasure_id = %s", receipt_id)
    ask("SELECT erase_persona_log(%s)", alice.pk)
    old[0].content = named(old[0].content, FORGED)
    write_log(alice, chained([old[0], old[2]]))
    said = faults(alice)
    assert f"revision 1 is older than the erasure {receipt_id}, which took the whole log" in said
    assert f"revision 2 is older than the erasure {receipt_id}, which took the whole log" in said
    found = LogIntervention.objects.get()
    assert (found.action, found.number, found.revision) == ("erase_persona_log", 3, 3)
    for change in ("subject_id = gen_random_uuid()", "user_id = NULL", "erasure_id = gen_random_uuid()"):
        with pytest.raises(DatabaseError, match="receipt"):
            ask(f"UPDATE traits_erasure SET {change}")  # noqa: S608


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ("requested_at = '2020-01-01'", "requested_at"),
        ("erased_at = '2020-01-01'", "erased_at"),
        ("confirmed_at = '2020-01-01'", "confirmed_at"),
    ],
)
def test_times_of_a_receipt_stay(alice: User, change: str, kept: str) -> None:
    confirmed(alice)
    erasure.erase_persona(**acting_for_self(alice))
    before = getattr(Erasure.objects.get(), kept)
    ask(f"UPDATE traits_erasure SET {change}")  # noqa: S608
    assert getattr(Erasure.objects.get(), kept) == before is not None


@pytest.mark.parametrize(
    "change",
    [
        "state = 'erasing', erased_at = NULL",
        "state = 'awaiting_confirmation', erased_at = NULL",
        "generation = 0",
        "revision = 7",
        'target = \'{"category": "Skill"}\'',
        "bar = 'Skill'",
        "actor_kind = 'staff'",
        "client_id = 'x'",
        "reference = 'x'",
    ],
)
def test_what_a_receipt_says_stays(alice: User, change: str) -> None:
    confirmed(alice)
    erasure.erase_persona(**acting_for_self(alice))
    with pytest.raises(DatabaseError, match="receipt"):
        ask(f"UPDATE traits_erasure SET {change}")  # noqa: S608


@pytest.mark.parametrize("change", ["counts = '{}'", "kept = '{}'", "things = ARRAY[gen_random_uuid()]"])
def test_what_a_receipt_counted_stays_once_it_is_done(alice: User, change: str) -> None:
    confirmed(alice)
    erasure.erase_persona(**acting_for_self(alice))
    with without_triggers("traits_erasure"):
        # In an earlier transaction.
        ask("UPDATE traits_erasure SET erased_at = erased_at - interval '1 day'")
    with pytest.raises(DatabaseError, match="receipt"):
        ask(f"UPDATE traits_erasure SET {change}")  # noqa: S608


# What the owner's functions wrote down.


@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET number = 0", "TRUNCATE {}"])
def test_the_record_of_what_was_done_to_a_log_is_only_added_to(alice: User, statement: str) -> None:
    confirmed(alice)
    erasure.erase_persona(**acting_for_self(alice))
    with pytest.raises(DatabaseError, match="permission denied"):
        ask(statement.format("traits_logintervention"))
    with pytest.raises(DatabaseError, match="permission denied"):
        ask(
            "INSERT INTO traits_logintervention (subject_id, erasure_id, action, number, created_at, revisions)"
            " VALUES (%s, %s, 'redact_log', 1, now(), '{1}')",
            alice.pk,
            uuid.uuid4(),
        )


def test_an_erasure_without_its_record_is_found(alice: User) -> None:
    sails(alice)
    done = erase_source(alice)
    assert not faults(alice)
    with without_triggers("traits_logintervention"):
        ask("DELETE FROM traits_logintervention")
    assert "revision 1 was redacted, and there is no record of an erasure that did" in faults(alice)
    assert "revision 2 vouches for revision 1, which no erasure rewrote" in faults(alice)
    assert done.pk


def test_a_whole_erasure_without_its_record_is_found(alice: User) -> None:
    confirmed(alice)
    done = erasure.erase_persona(**acting_for_self(alice))
    assert not faults(alice)
    with without_triggers("traits_logintervention"):
        ask("DELETE FROM traits_logintervention")
    assert f"the erasure {done.pk} took the whole log, and there is no record of that" in faults(alice)


def test_a_record_whose_receipt_was_turned_to_somebody_else_is_found(alice: User, bob: User) -> None:
    confirmed(alice)
    done = erasure.erase_persona(**acting_for_self(alice))
    with without_triggers("traits_erasure"):
        ask("UPDATE traits_erasure SET subject_id = %s", bob.pk)
    assert f"an erasure {done.pk} took the whole log, and its receipt is not there" in faults(alice)


def test_moderation_and_looks_go_on_record_too(alice: User, sam: User) -> None:
    AccessEntry.objects.create(staff_id=sam.pk, subject_id=alice.pk, kind="account", reason="T-1")
    confirmed(alice)
    erasure.erase_persona(**acting_for_self(alice))
    assert {row.action for row in LogIntervention.objects.all()} >= {"erase_persona_log", "erase_access_reasons"}


def test_the_application_calls_no_function_past_its_checks(alice: User) -> None:
    note = "note_intervention(uuid, uuid, text, bigint, bigint[], bytea[])"
    for function in (note, "receipt_for(uuid, boolean, text)"):
        assert ask("SELECT has_function_privilege(%s, 'EXECUTE')", function) == [(False,)]
