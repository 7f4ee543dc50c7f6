"""The notices that wait in a person's sessions to be shown; they may quote what was decided."""

from contextlib import suppress
from importlib import import_module

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.messages.storage.session import SessionStorage
from django.contrib.sessions.backends.base import SessionBase, UpdateError

from .models import User

KEY = SessionStorage.session_key


def forget_notices(user: User) -> None:
    """Drop those of all sessions that the person signed in to; a view drops those of its own request itself."""
    store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
    for key in UserSession.objects.filter(user=user).values_list("session_key", flat=True):
        session = store(key)
        if KEY in session:
            drop_notices(session)
            # A session that ended meanwhile has no notices either.
            with suppress(UpdateError):
                session.save(must_create=False)


def drop_notices(session: SessionBase) -> None:
    """Drop the session's notices, in memory."""
    session.pop(KEY, None)
