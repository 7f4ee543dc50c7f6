"""The token and revocation endpoints: allauth's, with each code and refresh token good for one use."""

import datetime as dt
import json
import uuid
from typing import Any

from allauth.idp.oidc import app_settings, views
from allauth.idp.oidc.adapter import get_adapter
from allauth.idp.oidc.models import Client, Token
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from oauthlib.oauth2.rfc6749 import errors

from ptfi.accounts.allauth_internals import extract_basic_auth
from ptfi.oauth.authorize import InvalidTargetError
from ptfi.oauth.grants import LIVE_TOKEN_TYPES, record_connection
from ptfi.oauth.models import SpentToken
from ptfi.oauth.parameters import error_response
from ptfi.oauth.scopes import CLIENT_SCOPES, INGEST

# By grant type: the parameter that carries the code or token to exchange, and the type of its row.
EXCHANGED = {
    Client.GrantType.AUTHORIZATION_CODE.value: ("code", Token.Type.AUTHORIZATION_CODE),
    Client.GrantType.REFRESH_TOKEN.value: ("refresh_token", Token.Type.REFRESH_TOKEN),
}

DOUBLE_LOAD_WINDOW = dt.timedelta(seconds=5)
"""A code that comes a second time within this is taken for a page that loaded twice, not for a theft."""


class TokenView(views.TokenView):  # type: ignore[misc]
    @transaction.atomic
    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            exchanged = lock_exchanged(request)
            response: HttpResponse = super().post(request)
        except errors.OAuth2Error as error:
            return error_response(error)
        except ValidationError as error:
            return error_response(InvalidTargetError(description=error.message))
        if response.status_code == 200:
            record_exchange(exchanged, response)
        return response


class RevokeView(views.RevokeView):  # type: ignore[misc]
    """Revokes only the client's own tokens; with a refresh token, also the access tokens of the same consent."""

    @transaction.atomic
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            client_id = claimed_client_id(request)
        except errors.OAuth2Error as error:
            return error_response(error)
        rows = Token.objects.by_value(request.POST.get("token", "")).filter(type__in=LIVE_TOKEN_TYPES)
        known = rows.select_for_update().first()
        if known and known.client_id != client_id:
            return error_response(errors.InvalidGrantError(description="The token was issued to another client."))
        response: HttpResponse = super().post(request, *args, **kwargs)
        if response.status_code == 200 and known and known.type == Token.Type.REFRESH_TOKEN:
            revoke_family(known.user_id, known.client_id, family_of(known))
        return response


def claimed_client_id(request: HttpRequest) -> str:
    """The id of the client that the request names. allauth authenticates it later.

    Raises InvalidRequestError if header and body name different clients.
    """
    in_header, _secret = extract_basic_auth(request.headers)
    in_body: str = request.POST.get("client_id", "")
    if in_header and in_body and in_header != in_body:
        raise errors.InvalidRequestError(description="Two clients are named.")
    return in_header or in_body


def lock_exchanged(request: HttpRequest) -> Token | None:
    """Lock the row of the code or refresh token to be exchanged; None for a grant type that exchanges nothing.

    Raises OAuth2Error if there is no such row, or if another request is exchanging it: of concurrent requests one wins.
    """
    grant_type = request.POST.get("grant_type", "")
    claimed = claimed_client_id(request)
    if grant_type == Client.GrantType.CLIENT_CREDENTIALS:
        # Client credentials never give access to a persona, whatever scopes the client's row has.
        if not set(request.POST.get("scope", INGEST).split()) <= CLIENT_SCOPES.keys():
            raise errors.InvalidScopeError
        return None
    if grant_type not in EXCHANGED:
        raise errors.UnsupportedGrantTypeError
    parameter, kind = EXCHANGED[grant_type]
    if not (value := request.POST.get(parameter)):
        raise errors.InvalidRequestError(description=f"Missing {parameter} parameter.")
    rows = Token.objects.valid().by_value(value).filter(type=kind, client_id=claimed, user__is_active=True)
    token = rows.select_for_update(skip_locked=True, of=("self",)).first()
    if token is None:
        revoke_reused(SpentToken.objects.filter(hash=get_adapter().hash_token(value), client_id=claimed).first(), kind)
        raise errors.InvalidGrantError
    return token


def revoke_reused(spent: SpentToken | None, kind: str) -> None:
    """A code or token that was used before may have been stolen: revoke all tokens of its family.

    A page that loads twice sends its code twice. That is harmless: a code is worth nothing without its page's verifier.
    """
    if spent is None:
        return
    loaded_twice = kind == Token.Type.AUTHORIZATION_CODE and timezone.now() - spent.spent_at < DOUBLE_LOAD_WINDOW
    if not loaded_twice:
        revoke_family(spent.user_id, spent.client_id, spent.family)


def record_exchange(exchanged: Token | None, response: HttpResponse) -> None:
    """Record the code or token that was used and the new tokens of its family; delete the client's expired ones."""
    made = json.loads(response.content)
    adapter = get_adapter()
    hashes = [adapter.hash_token(made[name]) for name in ("access_token", "refresh_token") if name in made]
    tokens = list(Token.objects.filter(type__in=LIVE_TOKEN_TYPES, hash__in=hashes))
    user_id, client_id = tokens[0].user_id, tokens[0].client_id
    if exchanged:
        family = family_of(exchanged) or uuid.uuid4().hex
        for token in tokens:
            token.data = (token.data or {}) | {"family": family}
        Token.objects.bulk_update(tokens, ["data"])
        Token.objects.filter(type=exchanged.type, hash=exchanged.hash).delete()
        expires_at = timezone.now() + dt.timedelta(seconds=app_settings.REFRESH_TOKEN_EXPIRES_IN)
        spent = {"user_id": user_id, "client_id": client_id, "family": family, "expires_at": expires_at}
        SpentToken.objects.create(hash=exchanged.hash, **spent)
        SpentToken.objects.filter(user_id=user_id, client_id=client_id, expires_at__lt=timezone.now()).delete()
        record_connection(user_id, client_id)
    Token.objects.expired().filter(user_id=user_id, client_id=client_id).delete()


def family_of(token: Token) -> str:
    family: str = (token.data or {}).get("family", "")
    return family


def revoke_family(user_id: uuid.UUID, client_id: str, family: str) -> None:
    if family:
        Token.objects.filter(user_id=user_id, client_id=client_id, data__family=family).delete()
