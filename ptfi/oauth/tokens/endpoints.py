"""The token and revocation endpoints: allauth's, with codes and refresh tokens that work once."""

import dataclasses
import datetime as dt
import json
import uuid
from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.idp.oidc import app_settings, views
from allauth.idp.oidc.adapter import get_adapter
from allauth.idp.oidc.models import Client, Token
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from oauthlib.oauth2.rfc6749 import errors

from ptfi.accounts.activity.events import Kind, record
from ptfi.accounts.allauth_internals import extract_basic_auth
from ptfi.accounts.models import User
from ptfi.oauth.adapter import AUTH_TIME, set_auth_time
from ptfi.oauth.authorization.parameters import error_response
from ptfi.oauth.authorization.views import InvalidTargetError
from ptfi.oauth.consent import InvalidDetailsError, granted_details
from ptfi.oauth.grants import LIVE_TOKEN_TYPES, record_connection
from ptfi.oauth.models import SpentToken
from ptfi.oauth.scopes import CLIENT_SCOPES, INGEST
from ptfi.oauth.tokens import repeats

# By grant type: the parameter with the code or token to exchange, and the type of its row.
EXCHANGED = {
    Client.GrantType.AUTHORIZATION_CODE.value: ("code", Token.Type.AUTHORIZATION_CODE),
    Client.GrantType.REFRESH_TOKEN.value: ("refresh_token", Token.Type.REFRESH_TOKEN),
}

# The tokens in a response, and the fields that tell their lifetimes.
LIFETIMES = {"access_token": "expires_in", "refresh_token": "refresh_expires_in"}

DOUBLE_LOAD_WINDOW = dt.timedelta(seconds=5)
"""A code that is repeated within this time is ascribed to a page that loaded twice, not to theft."""


@dataclasses.dataclass(frozen=True)
class Presented:
    """The code or refresh token that a client wants to exchange."""

    kind: str
    value: str
    client_id: str

    @property
    def is_refresh(self) -> bool:
        return bool(self.kind == Token.Type.REFRESH_TOKEN)

    def lock(self) -> Token | None:
        """Lock its row; None if there is none.

        Of concurrent exchanges of a code one succeeds and the others are refused. Those of a refresh token wait, and
        get the answer of the first.
        """
        rows = Token.objects.valid().by_value(self.value)
        mine = rows.filter(type=self.kind, client_id=self.client_id, user__is_active=True)
        return mine.select_for_update(skip_locked=not self.is_refresh, of=("self",)).first()


class ReusedError(errors.InvalidGrantError):  # type: ignore[misc]
    """A code or token was presented a second time, and its consent was ended."""

    def __init__(self, spent: SpentToken) -> None:
        super().__init__()
        self.spent = spent


class TokenView(views.TokenView):  # type: ignore[misc]
    reused: SpentToken | None = None

    def post(self, request: HttpRequest) -> HttpResponse:
        """Answer the client, and record refusals and reuse."""
        response = self.exchange(request)
        if self.reused:
            tell_of_reuse(request, self.reused)
        if response.status_code != 200:
            record(Kind.TOKEN_REFUSED, user_id=None, request=request, client_id=known_client_id(request))
        return response

    @transaction.atomic
    def exchange(self, request: HttpRequest) -> HttpResponse:
        """The endpoint's response, in the same transaction that creates its tokens."""
        try:
            if "authorization_details" in request.POST:
                raise InvalidDetailsError(description="authorization_details belongs to the authorization request.")
            presented = presented_to(request)
            exchanged = presented.lock() if presented else None
            if presented and exchanged is None:
                return second_answer(request, presented)
            if exchanged and end_of(exchanged) <= timezone.now():
                raise errors.InvalidGrantError
            set_auth_time(request, exchanged)
            response: HttpResponse = super().post(request)
        except errors.OAuth2Error as error:
            self.reused = error.spent if isinstance(error, ReusedError) else None
            return error_response(error)
        except ValidationError as error:
            return error_response(InvalidTargetError(description=error.message))
        if response.status_code == 200:
            record_exchange(request, exchanged, response)
            if presented and presented.is_refresh:
                repeats.keep(request, response.content)
        return response


class RevokeView(views.RevokeView):  # type: ignore[misc]
    """Revokes only the client's own tokens; with a refresh token also the access tokens of the same consent."""

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
    """The id of the client that the request names; allauth authenticates it later.

    Raises InvalidRequestError if header and body name different clients.
    """
    in_header, _secret = extract_basic_auth(request.headers)
    in_body: str = request.POST.get("client_id", "")
    if in_header and in_body and in_header != in_body:
        raise errors.InvalidRequestError(description="Two clients are named.")
    return in_header or in_body


def presented_to(request: HttpRequest) -> Presented | None:
    """The code or refresh token to be exchanged; None for a grant type that exchanges nothing. Raises OAuth2Error."""
    grant_type = request.POST.get("grant_type", "")
    claimed = claimed_client_id(request)
    if grant_type == Client.GrantType.CLIENT_CREDENTIALS:
        # Client credentials never give access to a persona, whatever scopes are stored for the client.
        if not set(request.POST.get("scope", INGEST).split()) <= CLIENT_SCOPES.keys():
            raise errors.InvalidScopeError
        return None
    if grant_type not in EXCHANGED:
        raise errors.UnsupportedGrantTypeError
    parameter, kind = EXCHANGED[grant_type]
    if not (value := request.POST.get(parameter)):
        raise errors.InvalidRequestError(description=f"Missing {parameter} parameter.")
    return Presented(kind, value, claimed)


def second_answer(request: HttpRequest, presented: Presented) -> HttpResponse:
    """Repeat the response to a refresh token that is presented again within seconds.

    Otherwise revoke what may have been stolen and raise InvalidGrantError.
    """
    hashed = get_adapter().hash_token(presented.value)
    spent = SpentToken.objects.filter(hash=hashed, client_id=presented.client_id).first()
    # Only for public clients: a confidential client's secret has not been checked at this point.
    is_public = spent and Client.objects.filter(pk=presented.client_id, type=Client.Type.PUBLIC).exists()
    if is_public and presented.is_refresh and (answer := repeats.kept(request)):
        new = Token.objects.valid().by_value(json.loads(answer)["refresh_token"])
        if new.filter(client_id=presented.client_id, user__is_active=True).exists():
            return HttpResponse(answer, content_type="application/json", headers={"Cache-Control": "no-store"})
    if spent and revoke_reused(spent, presented.kind):
        raise ReusedError(spent)
    raise errors.InvalidGrantError


def revoke_reused(spent: SpentToken, kind: str) -> bool:
    """Revoke all tokens of the family, if any: a code or token that is used again may have been stolen.

    A page that loads twice sends its code twice. That is harmless, because a code is useless without the page's
    verifier.
    """
    loaded_twice = kind == Token.Type.AUTHORIZATION_CODE and timezone.now() - spent.spent_at < DOUBLE_LOAD_WINDOW
    return not loaded_twice and revoke_family(spent.user_id, spent.client_id, spent.family)


def tell_of_reuse(request: HttpRequest, spent: SpentToken) -> None:
    """Record that a client lost its access because a token was used twice, and notify the person."""
    record(Kind.TOKEN_REUSED, user_id=spent.user_id, request=request, client_id=spent.client_id)
    user = User.objects.filter(pk=spent.user_id, email__isnull=False).first()
    if user:
        app = Client.objects.filter(pk=spent.client_id).values_list("name", flat=True).first()
        get_account_adapter().send_notification_mail("account/email/app_cut_off", user, {"app": app})


def known_client_id(request: HttpRequest) -> str:
    """The client that a request names, if it exists; the caller's own text must not get into the log."""
    try:
        claimed = claimed_client_id(request).replace("\0", "")
    except errors.OAuth2Error:
        return ""
    return Client.objects.filter(pk=claimed).values_list("pk", flat=True).first() or ""


def record_exchange(request: HttpRequest, exchanged: Token | None, response: HttpResponse) -> None:
    """Record the used code or token and the new tokens of its family; delete the client's expired ones."""
    made = json.loads(response.content)
    adapter = get_adapter()
    hashes = {adapter.hash_token(made[name]): name for name in LIFETIMES if name in made}
    tokens = list(Token.objects.filter(type__in=LIVE_TOKEN_TYPES, hash__in=hashes))
    user_id, client_id = tokens[0].user_id, tokens[0].client_id
    if exchanged:
        origin, end = origin_of(exchanged), end_of(exchanged)
        for token in tokens:
            token.data = (token.data or {}) | origin
            if token.expires_at > end:
                token.expires_at = end
                made[LIFETIMES[hashes[token.hash]]] = round((end - timezone.now()).total_seconds())
        Token.objects.bulk_update(tokens, ["data", "expires_at"])
        if granted := granted_details(user_id, client_id, tokens[0].get_scopes()):
            made["authorization_details"] = granted
        response.content = json.dumps(made).encode()
        record_spent(exchanged, user_id, origin["family"])
        record_connection(user_id, client_id)
    Token.objects.expired().filter(user_id=user_id, client_id=client_id).delete()
    record(Kind.TOKEN_ISSUED, user_id=user_id, request=request, client_id=client_id)


def record_spent(exchanged: Token, user_id: uuid.UUID, family: str) -> None:
    """Replace a used code or token by a record that it was used, kept for as long as it could have been valid."""
    Token.objects.filter(type=exchanged.type, hash=exchanged.hash).delete()
    expires_at = timezone.now() + dt.timedelta(seconds=app_settings.REFRESH_TOKEN_EXPIRES_IN)
    mine = SpentToken.objects.filter(user_id=user_id, client_id=exchanged.client_id)
    mine.create(
        hash=exchanged.hash, user_id=user_id, client_id=exchanged.client_id, family=family, expires_at=expires_at
    )
    mine.filter(expires_at__lt=timezone.now()).delete()


def end_of(token: Token) -> dt.datetime:
    """When the consent behind the token ends."""
    granted_at: float = origin_of(token)["granted_at"]
    return dt.datetime.fromtimestamp(granted_at, dt.UTC) + dt.timedelta(days=settings.GRANT_MAX_DAYS)


def origin_of(token: Token) -> dict[str, Any]:
    """What all tokens of a consent share: the family, when it was granted, and when the person authenticated."""
    known = token.data or {}
    # Tokens of an earlier release store only their family, so their consent counts from their creation.
    origin = {"family": family_of(token) or uuid.uuid4().hex, "granted_at": token.created_at.timestamp()}
    return origin | {name: known[name] for name in ("granted_at", AUTH_TIME) if known.get(name)}


def family_of(token: Token) -> str:
    family: str = (token.data or {}).get("family", "")
    return family


def revoke_family(user_id: uuid.UUID, client_id: str, family: str) -> bool:
    """Delete all tokens of a consent; returns whether there were any."""
    if not family:
        return False
    return bool(Token.objects.filter(user_id=user_id, client_id=client_id, data__family=family).delete()[0])
