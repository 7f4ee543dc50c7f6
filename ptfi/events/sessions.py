"""Finds the person behind a stream's session, when the stream opens and regularly while it is open."""

import uuid
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from ptfi.accounts.middleware import is_over
from ptfi.accounts.models import User
from ptfi.accounts.second_steps import fits_rule, steps_of


def signed_in(keys: Collection[str]) -> dict[str, uuid.UUID]:
    """The person of each session that is valid and whose account is active.

    A session without a second step is of no use if everyone needs one. Takes two statements, or three with that, for
    any number of sessions and returns the connection to the pool immediately. Runs in a thread.
    """
    try:
        rows = Session.objects.filter(session_key__in=list(keys), expire_date__gt=timezone.now())
        sessions = {row.session_key: row.get_decoded() for row in rows}
        named = {pk for data in sessions.values() if (pk := data.get(SESSION_KEY))}
        people = {str(user.pk): user for user in User.objects.filter(pk__in=named, is_active=True)}
        steps = steps_of([user.pk for user in people.values()]) if settings.REQUIRE_SECOND_STEP else {}
    finally:
        connection.close()
    found = {key: people.get(data.get(SESSION_KEY, "")) for key, data in sessions.items()}
    return {key: user.pk for key, user in found.items() if user and _fits(user, sessions[key], steps.get(user.pk, ()))}


def _fits(user: User, data: dict[str, Any], steps: Collection[int]) -> bool:
    if is_over(data) or not fits_rule(data, user, steps):
        return False
    # A new password ends every other session of the account.
    return constant_time_compare(data.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
