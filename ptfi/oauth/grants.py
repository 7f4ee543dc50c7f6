"""What people have given to clients: look at it, take it back, and note that it was used."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from allauth.idp.oidc.models import Client, Token
from django.db import OperationalError, transaction
from psycopg.errors import DeadlockDetected

from ptfi.accounts.models import User
from ptfi.errors import NotFoundError
from ptfi.oauth.models import ClientAccess, SpentToken, forget_read
from ptfi.oauth.scopes import in_words

ATTEMPTS = 3
LIVING = (Token.Type.ACCESS_TOKEN, Token.Type.REFRESH_TOKEN)


@dataclass(frozen=True)
class Connection:
    """A client that can act for the person now, and what it may do, in words."""

    client: Client
    abilities: list[str]
    since: dt.datetime
    last_read_at: dt.datetime | None


def connections(user: User) -> list[Connection]:
    """The clients with a living grant of the person, by name."""
    tokens = Token.objects.valid().filter(user=user, type__in=LIVING, client__isnull=False).select_related("client")
    known = {access.client_id: access for access in ClientAccess.objects.filter(user=user)}
    by_client: dict[str, list[Token]] = {}
    for token in tokens:
        by_client.setdefault(token.client_id, []).append(token)
    found = [_connection(each, known.get(client_id)) for client_id, each in by_client.items()]
    return sorted(found, key=lambda each: (each.client.name.casefold(), each.client.pk))


def _connection(tokens: list[Token], access: ClientAccess | None) -> Connection:
    scopes = {scope for token in tokens for scope in token.get_scopes()}
    since = access.connected_at if access else min(token.created_at for token in tokens)
    return Connection(tokens[0].client, in_words(scopes), since, access.last_read_at if access else None)


def client_names(client_ids: Iterable[str]) -> dict[str, str]:
    """What those clients that still exist call themselves, by id."""
    ids = set(client_ids)
    return dict(Client.objects.filter(pk__in=ids).values_list("pk", "name")) if ids else {}


def granted_scopes(user: User, client: Client) -> set[str]:
    """What this client, and no other one, may do for the person now."""
    tokens = Token.objects.valid().filter(user=user, client=client, type__in=LIVING)
    return {scope for token in tokens for scope in token.get_scopes()}


def disconnect(*, user: User, client_id: str) -> str:
    """Revoke all that the person gave this client, codes on their way included; the client's name.

    Raises NotFoundError when it has nothing.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return _disconnect(user, client_id)
        except OperationalError as error:
            # It waits for exchanges, of which one may wait for it: PostgreSQL ends one of the two.
            if not isinstance(error.__cause__, DeadlockDetected):
                raise
    return _disconnect(user, client_id)


@transaction.atomic
def _disconnect(user: User, client_id: str) -> str:
    tokens = Token.objects.filter(user=user, client_id=client_id)
    # An exchange holds the row of what it exchanges: after the wait, its new tokens are seen below.
    held = list(tokens.select_for_update(of=("self",)).order_by("pk").values_list("client__name", flat=True))
    if not held:
        raise NotFoundError
    tokens.delete()
    SpentToken.objects.filter(user=user, client_id=client_id).delete()
    ClientAccess.objects.filter(user=user, client_id=client_id).delete()
    return str(held[0])


def note_connected(user_id: uuid.UUID, client_id: str) -> None:
    """The person has let the client in, for the first time or again."""
    ClientAccess.objects.get_or_create(user_id=user_id, client_id=client_id)
    forget_read(user_id, client_id)
