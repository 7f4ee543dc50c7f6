"""What another package asks on the consent page, and the authorization details (RFC 9396) in which apps ask for it.

This package knows nothing of personas: the package that does registers its part.
"""

import json
from collections.abc import Collection, Sequence
from typing import Any, Protocol

from django.forms import Form
from django.http import QueryDict
from oauthlib.oauth2.rfc6749.errors import OAuth2Error

from ptfi.accounts.models import User
from ptfi.parsing import RepeatedNameError, parse_json

LONGEST = 10_000
Details = Sequence[dict[str, Any]]


class InvalidDetailsError(OAuth2Error):  # type: ignore[misc]
    """An authorization_details parameter that is not of this server's types (RFC 9396, 5)."""

    error = "invalid_authorization_details"


class Part(Protocol):
    """A part of the consent page. details: what the app asks in them; without any it asks for all that the scopes give.

    type: of its authorization details. template: shows its form. repeated: its fields that may come more than once.
    """

    type: str
    template: str
    repeated: frozenset[str]

    def check(self, details: Details) -> None:
        """Raise InvalidDetailsError if these are not valid."""

    def concerns(self, scopes: Collection[str]) -> bool:
        """Whether it has anything to ask, given the scopes."""

    def form(self, user: User, client_id: str, details: Details, data: QueryDict | None) -> Form:
        """The form; data is what was sent."""

    def widens(self, form: Form, user: User, client_id: str, scopes: Collection[str]) -> bool:
        """Whether the valid form grants more than the person granted before."""

    def save(self, form: Form, user: User, client_id: str, scopes: Collection[str]) -> None:
        """Grant what the valid form says."""

    def covers(self, user: User, client_id: str, details: Details) -> bool:
        """Whether the person has granted all that is asked for."""

    def granted(self, user_id: Any, client_id: str) -> list[dict[str, Any]]:
        """What is granted, as authorization details."""

    def end(self, user_id: Any, client_ids: Collection[str] | None) -> None:
        """The person disconnects these clients; None: all."""


parts: list[Part] = []
"""Other packages add theirs when they are loaded."""


def details_of(text: str) -> list[dict[str, Any]]:
    """The authorization details that a request asks for. Raises InvalidDetailsError."""
    if not text:
        return []
    if len(text) > LONGEST:
        raise InvalidDetailsError(description="authorization_details is too long.")
    try:
        found = parse_json(text.encode())
    except (json.JSONDecodeError, RepeatedNameError, UnicodeEncodeError):
        raise InvalidDetailsError(description="authorization_details is not JSON.") from None
    if not isinstance(found, list) or not found or not all(isinstance(each, dict) for each in found):
        raise InvalidDetailsError(description="authorization_details is an array of one or more objects.")
    types = [part.type for part in parts]
    if not all(each.get("type") in types for each in found):
        raise InvalidDetailsError(description=f"The type of each is one of: {', '.join(types)}.")
    for part in parts:
        part.check(asked(found, part))
    return found


def asked(details: Details, part: Part) -> list[dict[str, Any]]:
    """Those of the details that concern the part."""
    return [each for each in details if each["type"] == part.type]


def granted_details(user_id: Any, client_id: str, scopes: Collection[str]) -> list[dict[str, Any]]:
    """What the person has granted to the client, as authorization details."""
    return [each for part in parts if part.concerns(scopes) for each in part.granted(user_id, client_id)]
