"""The hash chain that shows whether a person's log was tampered with.

Each person's entries are numbered without gaps and chained: digest = sha256(salt ‖ canonical JSON of content), hash =
sha256(previous_hash ‖ digest ‖ canonical JSON of the columns that the algorithm covers). Canonical JSON is UTF-8 with
sorted keys and no white space. The first previous_hash is 32 zero bytes. Each entry names its algorithm, so that
entries of older releases verify for as long as they are kept. An entry that an erasure rewrote (erasure/redaction.py)
has no salt; a later entry records the digest of its new content.
"""

import dataclasses
import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Callable
from typing import Any

from traits.log.snapshots import State
from traits.models import UserRefinedTrait

NO_HASH = bytes(32)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Algorithm:
    """How an entry is hashed: the function, and the columns that the hash covers besides digest and previous_hash."""

    name: str
    function: Callable[[bytes], bytes]
    columns: tuple[str, ...]


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


FIRST_COLUMNS = (
    "refinement_action_id",
    "user",
    "revision",
    "user_decision",
    "trait_id_in_pkg",
    "original_candidate",
    "style_element",
    "batch_id",
    "undoes",
    "actor",
    "actor_kind",
    "client_id",
    "reference",
    "rejection_code",
    "created_at",
)
ALGORITHMS = {
    1: Algorithm(name="sha256-columns", function=_sha256, columns=FIRST_COLUMNS),
    # The hash covers the algorithm's number, so changing that number, in either direction, makes the hash invalid.
    2: Algorithm(name="sha256-columns-algorithm", function=_sha256, columns=(*FIRST_COLUMNS, "hash_algorithm")),
}
"""Algorithms by the number that entries name. An algorithm that was ever used is never changed or removed."""
NEW_ENTRIES = max(ALGORITHMS)


def canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest_of(salt: bytes, content: State, algorithm: int = NEW_ENTRIES) -> bytes:
    """The digest of the content as it is stored, whatever its version."""
    return ALGORITHMS[algorithm].function(salt + canonical(content))


def hash_of(entry: UserRefinedTrait) -> bytes:
    """The entry's hash by its own algorithm, which must be one of ALGORITHMS."""
    algorithm, values = ALGORITHMS[entry.hash_algorithm], _columns(entry)
    covered = canonical({name: values[name] for name in algorithm.columns})
    return algorithm.function(bytes(entry.previous_hash) + bytes(entry.digest) + covered)


def _columns(entry: UserRefinedTrait) -> State:
    """The columns that algorithms may cover, as JSON values."""
    return {
        "refinement_action_id": str(entry.refinement_action_id),
        "user": str(entry.user_id),
        "revision": entry.revision,
        "user_decision": str(entry.user_decision),
        "trait_id_in_pkg": _text(entry.trait_id_in_pkg),
        "original_candidate": _text(entry.original_candidate_id),
        "style_element": entry.style_element,
        "batch_id": _text(entry.batch_id),
        "undoes": _text(entry.undoes),
        "actor": _text(entry.actor_id),
        "actor_kind": str(entry.actor_kind),
        "client_id": entry.client_id,
        "reference": entry.reference,
        "rejection_code": str(entry.rejection_code),
        "created_at": entry.created_at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        "hash_algorithm": entry.hash_algorithm,
    }


def _text(value: uuid.UUID | None) -> str | None:
    return None if value is None else str(value)
