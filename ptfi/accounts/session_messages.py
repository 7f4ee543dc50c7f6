"""Messages waiting in a person's sessions; they may quote decisions."""

from contextlib import suppress
from importlib import import_module

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.messages.storage.session import SessionStorage
from django.contrib.sessions.backends.base import SessionBase, UpdateError

from .models import User

KEY = SessionStorage.session_key


def clear_session_messages(user: User) -> None:
    """Delete the messages of all sessions of the person; views delete those of their own request (drop_messages)."""
    store: type[SessionBase] = import_module(settings.SESSION_ENGINE).SessionStore
    for key in UserSession.objects.filter(user=user).values_list("session_key", flat=True):
        session = store(key)
        if KEY in session:
            drop_messages(session)
            # A session that ended in the meantime has no messages left.
            with suppress(UpdateError):
                session.save(must_create=False)


def drop_messages(session: SessionBase) -> None:
    """Delete the session's messages in memory; the caller saves the session."""
    session.pop(KEY, None)
