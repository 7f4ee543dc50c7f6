"""Attacks through SQL, by the application's role or the tables' owner: log entries without a decision."""

import json
import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from ptfi.accounts.models import User
from traits.log.chain import NO_HASH, canonical, digest_of, hash_of
from traits.log.proofs.tree_check import tree_faults
from traits.log.verification import everybody, faults_of
from traits.models import Erasure, Persona, UserRefinedTrait

FORGED = "Supports a violent group"


def ask(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """Run SQL as the test's current role; a refused statement does not affect the test's transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def as_owner() -> Iterator[None]:
    """Run SQL as the role that owns the tables, whatever the test's role is."""
    ((role,),) = ask("SELECT current_user")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("RESET ROLE")
        try:
            yield
        finally:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"SET LOCAL ROLE {role}")


@contextmanager
def without_triggers(table: str) -> Iterator[None]:
    """Run SQL as the owner with the table's triggers disabled."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def verify_log() -> tuple[int, list[str]]:
    """The exit status of `manage.py verify_log` and the faults that it lists, within the test's transaction."""
    found = [f"{user_id}: {fault}" for user_id in everybody() for fault in faults_of(user_id)]
    found += tree_faults()
    return int(bool(found)), found


def backdate(**columns: Any) -> None:
    """Change all receipts, which their trigger would refuse."""
    with without_triggers("traits_erasure"):
        Erasure.objects.update(**columns)


def write_receipt(person: uuid.UUID, state: str, **columns: Any) -> uuid.UUID:
    """Insert a receipt that no erasure created."""
    receipt_id = uuid.uuid4()
    values = {"erasure_id": receipt_id, "user_id": person, "subject_id": person, "state": state, "kind": "source"}
    values |= {"requested_at": "now()", "counts": "{}", "kept": "{}", "things": "{}", "generation": 0, "attempts": 0}
    values |= {"actor_kind": "person", "client_id": "", "reference": "", "last_error": ""} | columns
    names, places = ", ".join(values), ", ".join(["%s"] * len(values))
    ask(f"INSERT INTO traits_erasure ({names}) VALUES ({places})", *values.values())  # noqa: S608 (names of ours)
    return receipt_id


def named(content: dict[str, Any], name: str) -> dict[str, Any]:
    """The content with another name, as a forger would change it."""
    forged: dict[str, Any] = json.loads(json.dumps(content))
    for half in ("before", "after"):
        for side in ("candidate", "trait"):
            if forged[half][side]:
                forged[half][side]["name"] = name
    return forged


def redacted(content: dict[str, Any]) -> dict[str, Any]:
    return content | {"erased": secrets.token_hex(16)}


def chained(entries: list[UserRefinedTrait]) -> list[UserRefinedTrait]:
    """The same decisions as a log of their own, with all hashes recomputed."""
    previous = NO_HASH
    for revision, entry in enumerate(entries, 1):
        entry.revision, entry.previous_hash = revision, previous
        entry.salt = salt = secrets.token_bytes(16)
        entry.digest = digest_of(salt, entry.content, entry.hash_algorithm)
        entry.hash = previous = hash_of(entry)
    return entries


def write_log(user: User, entries: list[UserRefinedTrait]) -> None:
    """Replace the log by these entries, and its head accordingly."""
    UserRefinedTrait.objects.bulk_create(entries)
    head = entries[-1] if entries else None
    Persona.objects.filter(user=user).update(revision=head.revision if head else 0, hash=head.hash if head else NO_HASH)


def vouch(user: User, receipt_id: uuid.UUID, revision: int, content: dict[str, Any]) -> None:
    """Append an entry that states the current digest of the content of that revision."""
    persona = Persona.objects.get(user=user)
    salt = secrets.token_bytes(16)
    nothing = {"candidate": None, "trait": None, "style": None}
    entry = UserRefinedTrait(
        user=user,
        revision=persona.revision + 1,
        user_decision="evidence_erased",
        batch_id=receipt_id,
        actor=user,
        actor_kind="person",
        content={"v": 1, "before": nothing, "after": nothing, "reason": "", "notes": "", "relation": None}
        | {"redacted": {str(revision): digest_of(b"", content).hex()}},
        salt=salt,
        previous_hash=bytes(persona.hash),
        hash_algorithm=2,
        created_at=persona.next_moment(),
    )
    entry.digest = digest_of(salt, entry.content)
    entry.hash = hash_of(entry)
    entry.save(force_insert=True)
    Persona.objects.filter(user=user).update(revision=entry.revision, hash=entry.hash)


def as_text(content: dict[str, Any]) -> str:
    return canonical(content).decode()
