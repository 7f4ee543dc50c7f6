"""A person's position: the head of their log, signed, with a proof that an earlier head is in the published tree.

A position in a download is enough to prove later, elsewhere and to others, what the log was at that time.
"""

import datetime as dt
import logging
import uuid
from typing import Any

from django.utils import timezone

from ptfi import signing
from traits.log.chain import canonical
from traits.log.proofs import heads, merkle, tree
from traits.models import LogLeaf, Persona

FORMAT, VERSION = "ptfi-log-position", 1
logger = logging.getLogger(__name__)
Json = dict[str, Any]


def statement(user_id: uuid.UUID, revision: int, log_hash: str, at: str) -> Json:
    """The signed part of a position; at: the time as it is written in the file."""
    about = {"format": FORMAT, "version": VERSION, "userID": str(user_id)}
    return about | {"revision": revision, "hash": log_hash, "time": at}


def position(persona: Persona) -> Json:
    """The head of the log, its signature (null if nothing can be signed), and what was published of the log."""
    at = timezone.now().astimezone(dt.UTC).isoformat(timespec="microseconds")
    said = statement(persona.user_id, persona.revision, bytes(persona.hash).hex(), at)
    signature = signing.try_to_sign(canonical(said))
    key_id, value = (signature.key_id, signing.encoded(signature.value)) if signature else (None, None)
    return said | {"keyID": key_id, "signature": value, "published": published(persona.user_id)}


def published(user_id: uuid.UUID) -> Json | None:
    """The newest leaf of the person's log and the proof that the newest head's tree contains it; None without one.

    leaf = sha256(0x00 ‖ salt ‖ userID ‖ revision as 8 bytes ‖ hash).
    """
    head = heads.newest()
    leaves = LogLeaf.objects.filter(subject_id=user_id, index__lt=head.size) if head else LogLeaf.objects.none()
    leaf = leaves.exclude(salt=b"").order_by("-index").first()
    if head is None or leaf is None:
        return None
    try:
        proof = tree.with_nodes(lambda at: merkle.inclusion(leaf.index, head.size, at))
    except tree.BrokenTreeError:
        # The download continues without it; manage.py verify_log reports what is wrong with the tree.
        logger.error("The tree of the logs lacks nodes")
        return None
    return {
        "revision": leaf.revision,
        "hash": bytes(leaf.hash).hex(),
        "salt": bytes(leaf.salt).hex(),
        "index": leaf.index,
        "proof": [each.hex() for each in proof],
        "head": heads.published(head),
    }


def is_genuine(said: Json) -> bool:
    """Whether one of our keys signed the position; the signature does not cover `published`."""
    try:
        data = statement(uuid.UUID(said["userID"]), said["revision"], said["hash"], said["time"])
        return signing.is_signed(canonical(data), said["keyID"], signing.decoded(said["signature"]))
    except (KeyError, TypeError, ValueError, AttributeError):
        return False


def is_proven(user_id: uuid.UUID, said: Json) -> bool:
    """Whether the proof leads from the leaf to its head, and one of our keys signed that head."""
    try:
        salt, log_hash = bytes.fromhex(said["salt"]), bytes.fromhex(said["hash"])
        leaf = tree.leaf_of(salt, user_id, said["revision"], log_hash)
        proof, head = [bytes.fromhex(each) for each in said["proof"]], said["head"]
        root = bytes.fromhex(head["root"])
        return heads.is_genuine(head) and merkle.is_included(leaf, said["index"], head["size"], proof, root)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return False
