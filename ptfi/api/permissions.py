"""What the caller may do, and whose persona an address refers to."""

import uuid
from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from ptfi.accounts.models import User
from ptfi.api.errors import InsufficientScopeError, NotAuthenticatedError
from ptfi.errors import NotFoundError
from ptfi.oauth.scopes import INGEST, MANAGE_TRAITS
from ptfi.parsing import parse_id


class PersonScope(BasePermission):
    """Requires a token of a person, with the view's scope for reading and persona:manage_traits for everything else."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.auth is None:
            raise NotAuthenticatedError
        needed = view.read_scope if request.method in ("GET", "HEAD") else MANAGE_TRAITS
        if needed not in request.auth.scopes or not request.user.is_authenticated:
            raise InsufficientScopeError
        return True


class IngestScope(BasePermission):
    """Requires candidates:ingest and a client that acts for itself."""

    def has_permission(self, request: Request, view: Any) -> bool:  # noqa: ARG002 (DRF's signature)
        if request.auth is None:
            raise NotAuthenticatedError
        if INGEST not in request.auth.scopes or request.user.is_authenticated:
            raise InsufficientScopeError
        return True


def person_of(request: Request, name: str) -> User:
    """The caller, if the address refers to them; NotFoundError for any other id, whether it exists or not."""
    user: User = request.user
    if name != "me" and name.lower() != str(user.pk):
        raise NotFoundError
    return user


def id_of(text: str) -> uuid.UUID:
    """The id in an address. Raises NotFoundError if the text is not an id."""
    try:
        return parse_id(text)
    except ValueError:
        raise NotFoundError from None
