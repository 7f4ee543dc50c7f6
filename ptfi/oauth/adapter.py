"""PTFI's settings for allauth's OpenID provider, through the adapter that it offers."""

import secrets
from collections.abc import Iterable
from typing import Any, Literal
from urllib.parse import urlsplit

from allauth.core import context
from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from allauth.idp.oidc.models import Client, Token
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from ptfi.accounts.models import User
from ptfi.oauth import consent, scopes

GRANT_TYPES = (Client.GrantType.AUTHORIZATION_CODE, Client.GrantType.REFRESH_TOKEN, Client.GrantType.CLIENT_CREDENTIALS)


AUTH_TIME = "auth_time"
"""Key in tokens' data and ID tokens: when the person authenticated before granting access, in seconds."""


def set_auth_time(request: HttpRequest, token: Token | None) -> None:
    """Set the authentication time for the next ID token; token: the one that is exchanged for it."""
    request.auth_time = ((token and token.data) or {}).get(AUTH_TIME)  # type: ignore[attr-defined]


class OIDCAdapter(DefaultOIDCAdapter):  # type: ignore[misc]
    scope_display = scopes.USER_SCOPES

    def generate_client_secret(self) -> str:
        """A secret of letters, digits, - and _, which read the same in every encoding (RFC 6749, 2.3.1)."""
        return secrets.token_urlsafe(48)

    def get_issuer(self) -> str:
        """The site's address; never the Host header, which the caller can choose."""
        issuer: str = settings.SITE_URL
        return issuer

    def populate_server_metadata(self, data: dict[str, Any]) -> None:
        """Put all addresses under SITE_URL, and leave out what is not offered here."""
        data.pop("device_authorization_endpoint", None)
        for name, value in data.items():
            if name.endswith(("_endpoint", "_uri")):
                data[name] = settings.SITE_URL + urlsplit(value).path
        data["scopes_supported"] = [*scopes.USER_SCOPES, *scopes.CLIENT_SCOPES]
        data["grant_types_supported"] = [kind.value for kind in GRANT_TYPES]
        data["response_types_supported"] = [Client.ResponseType.CODE.value]
        data["response_modes_supported"] = ["query"]
        data["claims_supported"] = ["sub", AUTH_TIME, "email", "email_verified", "name"]
        data["authorization_details_types_supported"] = [part.type for part in consent.parts]
        data["claims_parameter_supported"] = data["request_uri_parameter_supported"] = False

    def get_claims(
        self,
        purpose: Literal["id_token", "userinfo"],
        user: User,
        client: Client,
        scopes: Iterable[str],
        email: str | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        claims: dict[str, Any] = super().get_claims(purpose, user, client, scopes, email=email, **kwargs)
        if "profile" in scopes and user.display_name:
            claims["name"] = user.display_name
        return claims

    def populate_id_token(self, id_token: dict[str, Any], client: Client, scopes: Iterable[str], **kwargs: Any) -> None:
        """Add when the person authenticated (OpenID Connect Core, 2)."""
        super().populate_id_token(id_token, client, scopes, **kwargs)
        if at := getattr(context.request, AUTH_TIME, None):
            id_token[AUTH_TIME] = at

    def validate_resource_uris(self, *, uris: list[str], **_kwargs: Any) -> None:
        """Refuse resources on other servers, because tokens are valid only here. Raises ValidationError."""
        if not all(f"{uri}/".startswith(f"{settings.SITE_URL}/") for uri in uris):
            raise ValidationError("The resource is not served here.")
