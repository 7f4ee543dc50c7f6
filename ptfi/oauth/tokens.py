"""The token and revocation endpoints: allauth's, with each code and refresh token good for one use."""

import datetime as dt
import json
import uuid
from typing import Any

from allauth.core.internal.httpkit import extract_basic_auth
from allauth.idp.oidc import app_settings, views
from allauth.idp.oidc.adapter import get_adapter
from allauth.idp.oidc.models import Client, Token
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from oauthlib.oauth2.rfc6749 import errors

from ptfi.oauth.authorize import InvalidTargetError
from ptfi.oauth.grants import LIVING, note_connected
from ptfi.oauth.models import SpentToken
from ptfi.oauth.parameters import refusal
from ptfi.oauth.scopes import INGEST, OF_CLIENTS

# What is exchanged, by grant type: the parameter that brings it, and how it is kept.
EXCHANGED = {
    Client.GrantType.AUTHORIZATION_CODE.value: ("code", Token.Type.AUTHORIZATION_CODE),
    Client.GrantType.REFRESH_TOKEN.value: ("refresh_token", Token.Type.REFRESH_TOKEN),
}

HURRY = dt.timedelta(seconds=5)


class TokenView(views.TokenView):  # type: ignore[misc]
    @transaction.atomic
    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            taken = take(request)
            response: HttpResponse = super().post(request)
        except errors.OAuth2Error as error:
            return refusal(error)
        except ValidationError as error:
            return refusal(InvalidTargetError(description=error.message))
        if response.status_code == 200:
            settle(taken, response)
        return response


class RevokeView(views.RevokeView):  # type: ignore[misc]
    """Only the client's own tokens; with a refresh token, the access tokens of the same consent go too."""

    @transaction.atomic
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            client_id = claimed_client(request)
        except errors.OAuth2Error as error:
            return refusal(error)
        rows = Token.objects.by_value(request.POST.get("token", "")).filter(type__in=LIVING)
        known = rows.select_for_update().first()
        if known and known.client_id != client_id:
            return refusal(errors.InvalidGrantError(description="The token was issued to another client."))
        response: HttpResponse = super().post(request, *args, **kwargs)
        if response.status_code == 200 and known and known.type == Token.Type.REFRESH_TOKEN:
            revoke_family(known.user_id, known.client_id, family_of(known))
        return response


def claimed_client(request: HttpRequest) -> str:
    """The id of the client that the request says it is from; whether that is so is for allauth to check.

    Raises InvalidRequestError when header and body name two.
    """
    in_header, _secret = extract_basic_auth(request.headers)
    in_body: str = request.POST.get("client_id", "")
    if in_header and in_body and in_header != in_body:
        raise errors.InvalidRequestError(description="Two clients are named.")
    return in_header or in_body


def take(request: HttpRequest) -> Token | None:
    """Lock the row of the code or refresh token that is to be exchanged; None where nothing is.

    Raises OAuth2Error when it is not there, or when another request has it just now: of many at once, one gets it.
    """
    grant_type = request.POST.get("grant_type", "")
    claimed = claimed_client(request)
    if grant_type == Client.GrantType.CLIENT_CREDENTIALS:
        # A client by itself gets nothing of anybody's persona, whatever its row may say.
        if not set(request.POST.get("scope", INGEST).split()) <= OF_CLIENTS.keys():
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
        answer_reuse(SpentToken.objects.filter(hash=get_adapter().hash_token(value), client_id=claimed).first(), kind)
        raise errors.InvalidGrantError
    return token


def answer_reuse(spent: SpentToken | None, kind: str) -> None:
    """What was used up before may have been stolen: revoke all that came of its family.

    A page that loads twice brings its code twice, and a code is worth nothing without the verifier of its page.
    """
    in_a_hurry = kind == Token.Type.AUTHORIZATION_CODE and spent and timezone.now() - spent.spent_at < HURRY
    if spent and not in_a_hurry:
        revoke_family(spent.user_id, spent.client_id, spent.family)


def settle(taken: Token | None, response: HttpResponse) -> None:
    """Put down what was used up and what came of it, and sweep up what has run out since."""
    made = json.loads(response.content)
    adapter = get_adapter()
    hashes = [adapter.hash_token(made[name]) for name in ("access_token", "refresh_token") if name in made]
    tokens = list(Token.objects.filter(type__in=LIVING, hash__in=hashes))
    user_id, client_id = tokens[0].user_id, tokens[0].client_id
    if taken:
        family = family_of(taken) or uuid.uuid4().hex
        for token in tokens:
            token.data = (token.data or {}) | {"family": family}
        Token.objects.bulk_update(tokens, ["data"])
        Token.objects.filter(type=taken.type, hash=taken.hash).delete()
        expires_at = timezone.now() + dt.timedelta(seconds=app_settings.REFRESH_TOKEN_EXPIRES_IN)
        spent = {"user_id": user_id, "client_id": client_id, "family": family, "expires_at": expires_at}
        SpentToken.objects.create(hash=taken.hash, **spent)
        SpentToken.objects.filter(user_id=user_id, client_id=client_id, expires_at__lt=timezone.now()).delete()
        note_connected(user_id, client_id)
    Token.objects.expired().filter(user_id=user_id, client_id=client_id).delete()


def family_of(token: Token) -> str:
    family: str = (token.data or {}).get("family", "")
    return family


def revoke_family(user_id: uuid.UUID, client_id: str, family: str) -> None:
    if family:
        Token.objects.filter(user_id=user_id, client_id=client_id, data__family=family).delete()
