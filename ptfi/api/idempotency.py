"""Requests with an Idempotency-Key: repeating one returns the first response, byte for byte."""

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

import orjson
from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request

from ptfi.api.errors import IdempotencyConflictError, answer
from ptfi.db import idempotency
from ptfi.db.transactions import front_door
from ptfi.errors import RuleError

Result = TypeVar("Result")
Act = Callable[[], tuple[int, Any]]
"""Performs the request, and returns the response's status and data."""


def respond(status: int, body: bytes) -> HttpResponse:
    return HttpResponse(body, status=status, content_type="application/json")


def durable(work: Callable[[], Result]) -> Result:
    with front_door():
        return work()


def once(
    request: Request,
    act: Act,
    run: Callable[[Callable[[], Any]], Any] = durable,
    may_repeat: Callable[[bytes], bool] = lambda _: True,
) -> HttpResponse:
    """Perform a change in one durable transaction together with its Idempotency-Key.

    Responses with 2xx and 409 are stored. run opens the transaction, and may repeat it. may_repeat: whether the caller
    may still see a stored response.
    """
    key = sent_key(request)
    if key is None:
        status, data = run(act)
        return respond(status, orjson.dumps(data))
    kept_as = idempotency.key_of(request.auth.client_id, key) if request.user.is_authenticated else key
    response: HttpResponse = run(lambda: _claimed(_owner(request), kept_as, _fingerprint(request), act, may_repeat))
    return response


def sent_key(request: Request) -> str | None:
    """The request's Idempotency-Key, if it has one. Raises RuleError for one that cannot be used."""
    key: str | None = request.headers.get("Idempotency-Key")
    if key is not None and not (key.isascii() and key.isprintable() and 1 <= len(key) <= 255):
        raise RuleError(details={"Idempotency-Key": [_("Use 1 to 255 printable ASCII characters.")]})
    return key


def _claimed(owner: str, key: str, fingerprint: bytes, act: Act, may_repeat: Callable[[bytes], bool]) -> HttpResponse:
    if not idempotency.claim(owner, key, fingerprint):
        kept = idempotency.find(owner, key)
        if kept is None or kept.fingerprint != fingerprint or not may_repeat(kept.body):
            raise IdempotencyConflictError
        response = respond(kept.status, kept.body)
        response["Idempotent-Replayed"] = "true"
        if kept.language:
            response["Content-Language"] = kept.language
        return response
    response = _done(act)
    idempotency.keep(owner, key, response.status_code, response.content, get_language() or "")
    return response


def _done(act: Act) -> HttpResponse:
    try:
        with transaction.atomic():
            status, data = act()
        return respond(status, orjson.dumps(data))
    except RuleError as error:
        if error.status != 409:
            raise
        return answer(error)


def _owner(request: Request) -> str:
    return str(request.user.pk) if request.user.is_authenticated else f"client:{request.auth.client_id}"


def _fingerprint(request: Request) -> bytes:
    asked = [request.method, request.get_full_path(), request.content_type, request.body]
    return hashlib.sha256(repr(asked).encode()).digest()
