"""Registers the three kinds of clients: browser apps, web apps with a server of their own, and the pipeline."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from allauth.idp.oidc.adapter import get_adapter
from allauth.idp.oidc.models import Client
from django.core.exceptions import ValidationError
from django.db import transaction

from ptfi.oauth.scopes import CLIENT_SCOPES, USER_SCOPES
from ptfi.texts import one_line, shows_nothing

LOOPBACK_ADDRESSES = {"127.0.0.1", "::1"}
LOOPBACK = {"localhost", *LOOPBACK_ADDRESSES}
MAX_NAME = 100
APP_GRANTS = [Client.GrantType.AUTHORIZATION_CODE.value, Client.GrantType.REFRESH_TOKEN.value]
PIPELINE_GRANTS = [Client.GrantType.CLIENT_CREDENTIALS.value]


@dataclass(frozen=True)
class RegisteredClient:
    """The client, and its secret if a new one was generated; only a hash of the secret is stored."""

    client: Client
    secret: str | None


@transaction.atomic
def register_spa(
    *, name: str, redirect_uris: Sequence[str], origins: Sequence[str] = (), client_id: str = ""
) -> RegisteredClient:
    """Create a public client that acts for people, or update the one with this id.

    Without origins, it gets those of its redirect addresses. Raises ValidationError.
    """
    client = _client(client_id, Client.Type.PUBLIC)
    client.name = "" if shows_nothing(name) else one_line(name)
    client.set_redirect_uris(list(dict.fromkeys(redirect_uris)))
    client.set_cors_origins(list(dict.fromkeys(origins)) or _origins(redirect_uris))
    client.set_grant_types(APP_GRANTS)
    client.set_scopes(list(USER_SCOPES))
    check_client(client)
    client.save()
    return RegisteredClient(client, None)


@transaction.atomic
def register_web_app(
    *, name: str, redirect_uris: Sequence[str], client_id: str = "", new_secret: bool = False
) -> RegisteredClient:
    """Create a confidential client that acts for people, or update the one with this id.

    An existing client keeps its secret unless new_secret is set. Raises ValidationError.
    """
    client = _client(client_id, Client.Type.CONFIDENTIAL)
    if not client._state.adding and is_pipeline(client):
        raise ValidationError(f"The client {client_id} is of another kind: choose another id.")
    client.name = "" if shows_nothing(name) else one_line(name)
    client.set_redirect_uris(list(dict.fromkeys(redirect_uris)))
    client.set_grant_types(APP_GRANTS)
    client.set_scopes(list(USER_SCOPES))
    return _saved(client, new_secret=new_secret)


@transaction.atomic
def register_pipeline(*, name: str, client_id: str = "", new_secret: bool = False) -> RegisteredClient:
    """Create a confidential client that adds suggestions, or update the one with this id.

    An existing client keeps its secret unless new_secret is set. Raises ValidationError.
    """
    client = _client(client_id, Client.Type.CONFIDENTIAL)
    if not client._state.adding and not is_pipeline(client):
        raise ValidationError(f"The client {client_id} is of another kind: choose another id.")
    client.name = "" if shows_nothing(name) else one_line(name)
    client.set_grant_types(PIPELINE_GRANTS)
    client.set_scopes(list(CLIENT_SCOPES))
    client.set_default_scopes(list(CLIENT_SCOPES))
    return _saved(client, new_secret=new_secret)


def _saved(client: Client, *, new_secret: bool) -> RegisteredClient:
    """Check and store a confidential client, with a secret if it has none yet or gets a new one."""
    secret = None
    if client._state.adding or new_secret:
        secret = get_adapter().generate_client_secret()
        client.set_secret(secret)
    check_client(client)
    client.save()
    return RegisteredClient(client, secret)


def is_pipeline(client: Client) -> bool:
    """Whether the client acts for itself, not for people."""
    return Client.GrantType.CLIENT_CREDENTIALS in client.get_grant_types()


def is_confidential(client: Client) -> bool:
    """Whether the client acts for people and keeps a secret, so that it has a server that can be told something."""
    return bool(client.type == Client.Type.CONFIDENTIAL) and not is_pipeline(client)


def _client(client_id: str, kind: str) -> Client:
    if client_id and not re.fullmatch(r"[A-Za-z0-9._-]{1,100}", client_id):
        raise ValidationError("A client id has up to 100 letters, digits, dots, hyphens and underscores.")
    client = Client.objects.select_for_update().filter(pk=client_id).first()
    if client and client.type != kind:
        raise ValidationError(f"The client {client_id} is of another kind: choose another id.")
    return client or Client(type=kind, **({"id": client_id} if client_id else {}))


def check_client(client: Client) -> None:
    """Raises ValidationError unless the client is of one of the three kinds and its addresses are safe."""
    if not 0 < len(client.name) <= MAX_NAME or not client.name.isprintable():
        raise ValidationError(f"A name has up to {MAX_NAME} characters and no line breaks.")
    pipeline = is_pipeline(client)
    scopes, allowed = set(client.get_scopes()), CLIENT_SCOPES if pipeline else USER_SCOPES
    if not scopes or not {*scopes, *client.get_default_scopes()} <= allowed.keys():
        raise ValidationError(f"The scopes of this kind of client are: {', '.join(allowed)}.")
    if not pipeline and not client.get_redirect_uris():
        raise ValidationError("An app needs an address to send people back to.")
    if pipeline and (client.get_redirect_uris() or client.get_cors_origins()):
        raise ValidationError("The pipeline sends nobody anywhere: it has no redirect addresses and no origins.")
    for uri in client.get_redirect_uris():
        check_uri(uri)
    for origin in client.get_cors_origins():
        check_uri(origin)
        if origin != _origin(origin):
            raise ValidationError(f"{origin} is not an origin: write it like https://app.example.com, in lower case.")


def check_uri(uri: str) -> None:
    """Raises ValidationError unless this is a plain https address, or http on this machine."""
    try:
        parts = urlsplit(uri)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise ValidationError(f"{uri} is not an address.") from None
    if not re.fullmatch(r"[A-Za-z0-9._~:/?@!$&'()+,;=%-]+", uri.replace("[::1]", "", 1)) or not (
        host == "::1" or re.fullmatch(r"[A-Za-z0-9.-]+", host)
    ):
        raise ValidationError(f"{uri} is not an address that can be matched to the letter.")
    if re.search(r"%(?![0-9A-Fa-f]{2})", uri) or "@" in parts.netloc:
        raise ValidationError(f"{uri} is not an address that can be matched to the letter.")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise ValidationError(f"{uri} must start with https://; http:// is for localhost, 127.0.0.1 and [::1] only.")


def _origin(uri: str) -> str:
    """The origin as browsers write it."""
    parts = urlsplit(uri)
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    port = f":{parts.port}" if parts.port not in (None, usual) else ""
    return f"{parts.scheme}://{host_of(uri)}{port}"


def host_of(uri: str) -> str:
    """The host as it stands in an address, without its port."""
    host = urlsplit(uri).hostname or ""
    return f"[{host}]" if ":" in host else host


def is_redirect_registered(uri: str, registered: Sequence[str]) -> bool:
    """Whether the client may send people there: to the letter, but for the port of a loopback address (RFC 8252, 7.3).

    A program on the person's own machine listens on any port that is free.
    """
    return uri in registered or (_without_port(uri) or uri) in map(_without_port, registered)


def _without_port(uri: str) -> str | None:
    """A loopback address without its port; None for any other."""
    try:
        check_uri(uri)
    except ValidationError:
        return None
    parts = urlsplit(uri)
    if parts.scheme != "http" or parts.hostname not in LOOPBACK_ADDRESSES:
        return None
    return parts._replace(netloc=host_of(uri)).geturl()


def _origins(uris: Sequence[str]) -> list[str]:
    for uri in uris:
        check_uri(uri)
    return list(dict.fromkeys(map(_origin, uris)))
