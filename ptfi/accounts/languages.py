"""Remembers the language of a person's browser, so that their e-mails are in it."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.utils.translation import get_language

from ptfi.accounts.models import User


def keep_language(sender: Any, user: User, **_kwargs: Any) -> None:  # noqa: ARG001 (a receiver)
    """Store the language of the sign-in page, unless the person has chosen one."""
    language = get_language() or ""
    if not user.language_chosen and user.language != language:
        user.language = language
        user.save(update_fields=["language"])


def connect() -> None:
    """Connect the receiver. Called once, when the app is ready."""
    user_logged_in.connect(keep_language, dispatch_uid="ptfi.accounts.languages")
