"""Messages and unsent forms waiting in a person's sessions; they may quote decisions."""

from contextlib import suppress
from importlib import import_module
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.contrib.messages.storage.session import SessionStorage
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.http import HttpRequest

from ptfi.web import forms

from .models import User

KEYS = (SessionStorage.session_key, forms.KEPT)


def clear_session_messages(user: User) -> None:
    """Delete what waits in all sessions of the person; views delete that of their own request (drop_messages)."""
    store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
    for key in UserSession.objects.filter(user=user).values_list("session_key", flat=True):
        session = store(key)
        if any(name in session for name in KEYS):
            drop_messages(session)
            # In a session that ended in the meantime nothing is left.
            with suppress(UpdateError):
                session.save(must_create=False)


def drop_messages(session: SessionBase) -> None:
    """Delete the session's messages and unsent form in memory; the caller saves the session."""
    for name in KEYS:
        session.pop(name, None)


def drop_unsent_of_others(sender: Any, request: HttpRequest, user: User, **_kwargs: Any) -> None:  # noqa: ARG001 (a receiver)
    """Delete the form that somebody else left in the visitor's session."""
    forms.drop_unfit(request.session, user)


def connect() -> None:
    """Connect the receiver. Called once, when the app is ready."""
    user_logged_in.connect(drop_unsent_of_others, dispatch_uid="ptfi.accounts.session_messages")
