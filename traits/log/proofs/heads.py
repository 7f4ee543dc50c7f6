"""The tree's heads: signed, chained to each other, and published outside of the database.

A head is a small JSON object without personal data. The signature covers its canonical JSON without `signature`; the
next head's `previous` is the SHA-256 of its canonical JSON with `signature`.
"""

import datetime as dt
import fcntl
import hashlib
import json
import logging
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from ptfi import signing
from traits.log.chain import NO_HASH, canonical
from traits.models import TreeHead

FORMAT, VERSION = "ptfi-log-head", 1
POST_SECONDS = 10.0

Json = dict[str, Any]
logger = logging.getLogger(__name__)


class NotAHeadError(ValueError):
    """The text is not the head of a tree."""


def statement(head: TreeHead) -> Json:
    """The signed part of a head."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "size": head.size,
        "root": bytes(head.root).hex(),
        "time": head.created_at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        "previous": bytes(head.previous).hex(),
        "restored": head.is_restored,
        "keyID": head.key_id,
    }


def published(head: TreeHead) -> Json:
    """The head as it is published."""
    return statement(head) | {"signature": signing.encoded(bytes(head.signature))}


def digest(head: Json) -> bytes:
    """The digest by which the next head refers to this one."""
    return hashlib.sha256(canonical(head)).digest()


def is_genuine(head: Json, keys: dict[str, bytes] | None = None) -> bool:
    """Whether one of the installation's keys, or of those given, signed it."""
    data = {name: value for name, value in head.items() if name != "signature"}
    try:
        return signing.is_signed(canonical(data), head["keyID"], signing.decoded(head["signature"]), keys)
    except (KeyError, TypeError, ValueError, AttributeError):
        return False


def signed(size: int, root: bytes, previous: Json | None, *, at: dt.datetime, is_restored: bool = False) -> TreeHead:
    """Make and sign a new head, without saving it. Raises NotSignedError."""
    before = digest(previous) if previous else NO_HASH
    head = TreeHead(size=size, root=root, previous=before, is_restored=is_restored, created_at=at)
    head.key_id = next(iter(signing.public_keys()), "")
    signature = signing.sign(canonical(statement(head)))
    head.signature = signature.value
    return head


def newest() -> TreeHead | None:
    return TreeHead.objects.order_by("-id").first()


def in_file(path: Path) -> Iterator[Json]:
    """The heads in a file, one per line, oldest first; none if there is no file. Raises NotAHeadError."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield parsed(line)


def parsed(text: str) -> Json:
    """Parse a head. Raises NotAHeadError."""
    try:
        head = json.loads(text)
    except ValueError as error:
        raise NotAHeadError(text[:40]) from error
    if not isinstance(head, dict) or head.get("format") != FORMAT or not isinstance(head.get("size"), int):
        raise NotAHeadError(text[:40])
    return head


def last_in_file() -> Json | None:
    """The newest head of LOG_HEADS_FILE. Raises NotAHeadError."""
    found = list(in_file(Path(settings.LOG_HEADS_FILE))) if settings.LOG_HEADS_FILE else []
    return found[-1] if found else None


def write_to_file() -> int:
    """Append missing heads to LOG_HEADS_FILE, oldest first; returns their number. Raises NotAHeadError, OSError."""
    if not settings.LOG_HEADS_FILE:
        return 0
    path = Path(settings.LOG_HEADS_FILE)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        held = {digest(head) for head in in_file(path)}
        missing = [head for head in map(published, TreeHead.objects.order_by("id")) if digest(head) not in held]
        for head in missing:
            os.write(descriptor, canonical(head) + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return len(missing)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Refuses redirects: heads are sent to the configured address only."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def send(head: TreeHead) -> None:
    """Send the head to LOG_HEADS_URL. Raises OSError, also if the response is a redirect."""
    if not settings.LOG_HEADS_URL:
        return
    request = urllib.request.Request(  # noqa: S310 (the setting is http or https)
        settings.LOG_HEADS_URL, canonical(published(head)), {"Content-Type": "application/json"}
    )
    with urllib.request.build_opener(_NoRedirect).open(request, timeout=POST_SECONDS):
        pass
