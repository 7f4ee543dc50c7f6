"""Keys of requests, so that a repeated request has no effect: the API's Idempotency-Key, and the keys of forms.

A key is claimed in the transaction of what the request does, so both are committed, or neither. The first response is
stored with it. Keys are deleted after 24 hours.
"""

import hashlib
from typing import NamedTuple

from django.db import connection

CLAIM = """
    WITH swept AS (
        DELETE FROM api_idempotencykey WHERE (owner, key) <> (%s, %s) AND id IN (
            SELECT id FROM api_idempotencykey WHERE created_at < now() - interval '24 hours'
            ORDER BY created_at LIMIT 100 FOR UPDATE SKIP LOCKED))
    INSERT INTO api_idempotencykey AS kept (owner, key, fingerprint, status, body, created_at)
    VALUES (%s, %s, %s, 0, '', now()) ON CONFLICT (owner, key)
    DO UPDATE SET fingerprint = excluded.fingerprint, status = 0, body = '', language = '', created_at = now()
    WHERE kept.created_at < now() - interval '24 hours' RETURNING id
"""
"""Claims the key unless an earlier request has it, and deletes some that are too old."""
KEEP = "UPDATE api_idempotencykey SET status = %s, body = %s, language = %s WHERE owner = %s AND key = %s"
REMEMBER = """
    INSERT INTO api_idempotencykey (owner, key, fingerprint, status, body, created_at)
    VALUES (%s, %s, '', 200, %s, now()) ON CONFLICT (owner, key) DO UPDATE SET status = 200, body = excluded.body
"""
WITHHOLD = """
    UPDATE api_idempotencykey SET fingerprint = '', body = '' WHERE owner = %s AND starts_with(key, %s)
"""
LOCK = "SELECT FROM api_idempotencykey WHERE owner = %s ORDER BY id FOR UPDATE"
FIND = "SELECT fingerprint, status, body, language FROM api_idempotencykey WHERE owner = %s AND key = %s"


class Kept(NamedTuple):
    """What is stored for a key; status is 0 until the first response is stored."""

    fingerprint: bytes
    status: int
    body: bytes
    language: str


def claim(owner: str, key: str, fingerprint: bytes = b"") -> bool:
    """Claim the key in the current transaction; False if an earlier request has it.

    Waits for a running request with the same key.
    """
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [owner, key, owner, key, fingerprint])
        return cursor.fetchone() is not None


def keep(owner: str, key: str, status: int, body: bytes, language: str) -> None:
    """Store the response, in this language, to the request that claimed the key.

    Nothing is stored if the request erased what is stored about the owner.
    """
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [status, body, language, owner, key])


def remember(owner: str, key: str, body: bytes) -> None:
    """Store the response to a request that succeeded, whether or not it claimed the key and whatever it erased."""
    with connection.cursor() as cursor:
        cursor.execute(REMEMBER, [owner, key, body])


def find(owner: str, key: str) -> Kept | None:
    """What is stored for the key; None if no request has it."""
    with connection.cursor() as cursor:
        cursor.execute(FIND, [owner, key])
        row = cursor.fetchone()
    return Kept(bytes(row[0]), row[1], bytes(row[2]), row[3]) if row else None


def key_of(client_id: str, key: str) -> str:
    """The key under which a client's request is kept, so that clients of one person do not get each other's answers."""
    return f"{_prefix(client_id)}{hashlib.sha256(key.encode()).hexdigest()}" if client_id else key


def withhold(owner: str, client_id: str) -> None:
    """Keep the answers to a client from being repeated, as it may no longer see them; a repeat is refused."""
    with connection.cursor() as cursor:
        cursor.execute(WITHHOLD, [owner, _prefix(client_id)])


def lock(owner: str) -> None:
    """Lock the owner's rows until the transaction ends; call it before locking the person.

    A request deletes old stored responses first and then waits for the person, so the other order could deadlock.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [owner])


def _prefix(client_id: str) -> str:
    return f"{hashlib.sha256(client_id.encode()).hexdigest()[:32]}:"
