"""Authentication by access token or by the browser's session. One statement finds a token and its person."""

import dataclasses
import hashlib
from typing import Any

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from ptfi.accounts.models import User
from ptfi.accounts.second_steps import lacks_second_step
from ptfi.api.errors import CHALLENGE, CsrfFailedError, NotAuthenticatedError, SecondStepRequiredError
from ptfi.db.prepared import fetch, loaded
from ptfi.oauth.scopes import EXPORT, MANAGE_TRAITS, READ_TRAITS
from ptfi.oauth.sql import USER_COLUMNS
from ptfi.oauth.sql import token as token_statement

OF_SESSION = frozenset({READ_TRAITS, MANAGE_TRAITS, EXPORT})
"""Scopes of people who use their own persona in the browser."""


@dataclasses.dataclass(frozen=True, slots=True)
class Access:
    """What the caller may do; client_id is "" for the browser's session.

    joined: what another package reads with a token (ptfi/oauth/sql.py).
    """

    client_id: str
    scopes: frozenset[str]
    joined: tuple[Any, ...] = ()

    @property
    def is_own(self) -> bool:
        """Whether the caller is the person, not an app acting for them."""
        return not self.client_id


class BearerAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User | AnonymousUser, Access] | None:
        """The token's person, or an anonymous user for the pipeline's; None without a token.

        Raises NotAuthenticatedError.
        """
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if not scheme:
            return None
        row = _token(token.strip()) if scheme.lower() == "bearer" else None
        # Without a client it would count as the person's own session.
        if row is None or not row[0]:
            raise NotAuthenticatedError
        client_id, scopes, *columns = row
        width = len(USER_COLUMNS)
        user = loaded(User, USER_COLUMNS, columns[:width]) if columns[0] else AnonymousUser()
        return user, Access(client_id, frozenset(scopes.split()), tuple(columns[width:]))

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 (DRF's signature)
        return CHALLENGE


def _token(token: str) -> tuple[Any, ...] | None:
    rows = fetch(token_statement(), [hashlib.sha256(token.encode(errors="replace")).hexdigest()])
    return rows[0] if rows else None


class BrowserAuthentication(SessionAuthentication):
    """The pages' session, for scripts of this site; changes need the CSRF token."""

    def authenticate(self, request: Request) -> tuple[Any, Access] | None:
        """The person; None without a session. Raises CsrfFailedError and SecondStepRequiredError."""
        try:
            found = super().authenticate(request)
        except PermissionDenied:
            raise CsrfFailedError from None
        if found and lacks_second_step(request._request):
            raise SecondStepRequiredError
        return (found[0], Access("", OF_SESSION)) if found else None
