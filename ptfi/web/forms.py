"""What every form of a page carries: a key, which is valid once and for one account only.

The key proves that we made the form for this account. With it a form that is sent twice has one effect
(ptfi/web/submissions.py), and what was typed survives a session that ended: it is sealed, kept with the visitor's new
session, and shown only to the account that typed it.
"""

import re
import secrets
import time
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, QueryDict
from django.utils.crypto import constant_time_compare, salted_hmac

from ptfi.encryption import Cipher, NotDecryptedError

FIELD = "form_key"
CSRF_FIELD = "csrfmiddlewaretoken"
SALT = "ptfi: forms"
KEPT = "unsent"
"""Session key of what was typed when the session had ended."""
MOST_KEPT, MINUTES_KEPT = 200_000, 60
"""Bytes, and how long a sign-in may take."""
SECRET_PATHS, PREFERENCES = ("/accounts/", "/identity/"), "/accounts/preferences/"
"""What is typed there is mostly secrets and is never kept or shown again; preferences are not."""
CHOICES = re.compile(r"[\w-]*:?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9.]*", re.ASCII)
"""Values that nobody types: ids, answers about something with an id, and numbers."""
NOT_TYPED = (
    *(CSRF_FIELD, FIELD, "next", "seen", "context", "category", "emoji_unset"),
    *("ids", "batch", "decision", "code", "until", "answer", "action", "act", "status", "open", "save", "more"),
)
"""Fields that a form or its buttons fill in."""


def account_mark(user: Any) -> str:
    """A text by which a page recognizes its account; "" for visitors."""
    return _mac(f"account:{user.pk}") if user.is_authenticated else ""


def new_key(user: Any) -> str:
    """The key of a form that is shown to the person; visitors' keys prove nothing."""
    nonce = secrets.token_urlsafe(12)
    return f"{nonce}.{_mac(nonce)}.{_mac(f'{nonce}:{user.pk}')}" if user.is_authenticated else nonce


def is_of(user: Any, key: str) -> bool:
    """Whether we made the form with this key for the person."""
    nonce, _ours, mac = _parts(key)
    return bool(user.is_authenticated and mac) and constant_time_compare(mac, _mac(f"{nonce}:{user.pk}"))


def is_ours(key: str) -> bool:
    """Whether we made the form with this key for anybody who was signed in."""
    nonce, mac, _account = _parts(key)
    return bool(mac) and constant_time_compare(mac, _mac(nonce))


def is_anothers(request: HttpRequest) -> bool:
    """Whether the form is from a page of another account than the one that is signed in."""
    key = request.POST.get(FIELD, "") if request.method == "POST" else ""
    return is_ours(key) and request.user.is_authenticated and not is_of(request.user, key)


def _parts(key: str) -> tuple[str, str, str]:
    nonce, _dot, macs = key.partition(".")
    ours, _dot, account = macs.partition(".")
    return nonce, ours, account


def _mac(text: str) -> str:
    return salted_hmac(SALT, text, algorithm="sha256").hexdigest()[:32]


def keep(request: HttpRequest) -> bool:
    """Keep what was sent without a session until the visitor has signed in; False if it cannot be kept."""
    key, typed = request.POST.get(FIELD, ""), request.POST.urlencode()
    if not is_ours(key) or request.FILES or len(typed) > MOST_KEPT or may_be_secret(request):
        return False
    sealed = _cipher().encrypt(typed.encode(), about=key)
    request.session[KEPT] = {"path": request.get_full_path(), "at": time.time(), "key": key, "sealed": sealed}
    return True


def take(request: HttpRequest) -> QueryDict | None:
    """What the person sent to this address before they signed in; None if there is nothing, or it is another's."""
    kept = request.session.get(KEPT)
    if not kept or kept["path"] != request.get_full_path():
        return None
    del request.session[KEPT]
    if not _fits(kept, request.user):
        return None
    try:
        return QueryDict(_cipher().decrypt(kept["sealed"], about=kept["key"]), encoding="utf-8")
    except NotDecryptedError:
        return None


def drop_unfit(session: SessionBase, user: Any) -> None:
    """Delete what was kept for too long, or for another person than the one who is signed in."""
    kept = session.get(KEPT)
    if kept and not _fits(kept, user):
        del session[KEPT]


def _fits(kept: dict[str, Any], user: Any) -> bool:
    in_time = time.time() - kept["at"] <= MINUTES_KEPT * 60
    return in_time and (user.is_anonymous or is_of(user, kept["key"]))


def _cipher() -> Cipher:
    return Cipher(settings.SECRET_KEY.encode(), "ptfi: forms that were kept through a sign-in")


def may_be_secret(request: HttpRequest) -> bool:
    """Whether the page takes passwords, codes or addresses."""
    return request.path_info.startswith(SECRET_PATHS) and request.path_info != PREFERENCES


def may_show(request: HttpRequest) -> bool:
    """Whether an error page may repeat what was sent: it came from a page of ours, and is no secret."""
    from_us = request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
    return request.method == "POST" and from_us and not may_be_secret(request)


def typed_texts(post: QueryDict) -> list[str]:
    """The texts that a person may have typed, without what a form sends of itself."""
    fields = [(name, value) for name, values in post.lists() for value in values]
    return [
        value
        for name, value in fields
        if value.strip() and name not in NOT_TYPED and not name.startswith("verdict-") and not CHOICES.fullmatch(value)
    ]
