"""What people have granted to clients: listing it, revoking it, recording its use."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from allauth.idp.oidc.models import Client, Token
from django.db import OperationalError, transaction
from psycopg.errors import DeadlockDetected

from ptfi.accounts.models import User
from ptfi.errors import NotFoundError
from ptfi.oauth import consent
from ptfi.oauth.models import ClientAccess, SpentToken, forget_access
from ptfi.oauth.scopes import scope_descriptions
from ptfi.texts import Text, sort_key

ATTEMPTS = 3
LIVE_TOKEN_TYPES = (Token.Type.ACCESS_TOKEN, Token.Type.REFRESH_TOKEN)


@dataclass(frozen=True)
class ConnectedClient:
    """A client that can act for the person now; abilities: what its scopes allow, in words."""

    client: Client
    scopes: frozenset[str]
    abilities: list[Text]
    since: dt.datetime
    last_read_at: dt.datetime | None


def connected_clients(user: User) -> list[ConnectedClient]:
    """The clients with a valid grant of the person, by name."""
    live = Token.objects.valid().filter(user=user, type__in=LIVE_TOKEN_TYPES)
    tokens = live.filter(client__isnull=False).select_related("client")
    known = {access.client_id: access for access in ClientAccess.objects.filter(user=user)}
    by_client: dict[str, list[Token]] = {}
    for token in tokens:
        by_client.setdefault(token.client_id, []).append(token)
    clients = [_connected_client(each, known.get(client_id)) for client_id, each in by_client.items()]
    return sorted(clients, key=lambda connected: (sort_key(connected.client.name), connected.client.pk))


def connected_client(user: User, client_id: str) -> ConnectedClient:
    """The client with a valid grant of the person. Raises NotFoundError."""
    found = {each.client.pk: each for each in connected_clients(user)}.get(client_id)
    if found is None:
        raise NotFoundError
    return found


def _connected_client(tokens: list[Token], access: ClientAccess | None) -> ConnectedClient:
    scopes = frozenset(scope for token in tokens for scope in token.get_scopes())
    since = access.connected_at if access else min(token.created_at for token in tokens)
    read_at = access.last_read_at if access else None
    return ConnectedClient(tokens[0].client, scopes, scope_descriptions(scopes), since, read_at)


def client_names(client_ids: Iterable[str]) -> dict[str, str]:
    """The names of the clients that still exist, by id."""
    ids = set(client_ids)
    return dict(Client.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


def granted_scopes(user: User, client: Client) -> set[str]:
    """The scopes that the person has granted to this client and that are valid now."""
    tokens = Token.objects.valid().filter(user=user, client=client, type__in=LIVE_TOKEN_TYPES)
    return {scope for token in tokens for scope in token.get_scopes()}


def disconnect(*, user: User, client_id: str) -> str:
    """Revoke everything that the person granted to this client, including unused codes; returns the client's name.

    Raises NotFoundError if nothing was granted.
    """
    name = client_names([client_id]).get(client_id)
    if not _repeated(user, client_id=client_id) or name is None:
        raise NotFoundError
    return name


def disconnect_all(user: User) -> None:
    """Revoke everything that the person granted to any client."""
    _repeated(user)


def _repeated(user: User, **which: str) -> bool:
    for _ in range(ATTEMPTS - 1):
        try:
            return _disconnect(user, **which)
        except OperationalError as error:
            # Disconnecting waits for token exchanges, and one of them may wait for it: PostgreSQL then aborts one of
            # the two.
            if not isinstance(error.__cause__, DeadlockDetected):
                raise
    return _disconnect(user, **which)


@transaction.atomic
def _disconnect(user: User, **which: str) -> bool:
    """Delete the tokens and the records about them; returns whether there were any tokens."""
    tokens = Token.objects.filter(user=user, **which)
    # An exchange locks the row that it exchanges. After waiting for it, the statements below see its new tokens.
    found = bool(tokens.select_for_update(of=("self",)).order_by("pk").values_list("pk"))
    tokens.delete()
    SpentToken.objects.filter(user=user, **which).delete()
    ClientAccess.objects.filter(user=user, **which).delete()
    for part in consent.parts:
        part.end(user.pk, list(which.values()) or None)
    return found


def record_connection(user_id: uuid.UUID, client_id: str) -> None:
    """Record that the person connected the client, for the first time or again."""
    ClientAccess.objects.get_or_create(user_id=user_id, client_id=client_id)
    forget_access(user_id, client_id)
