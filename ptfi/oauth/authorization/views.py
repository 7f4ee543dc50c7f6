"""The consent page, and signing out at a client's request."""

import datetime as dt
import re
import time
import uuid
from typing import Any, cast
from urllib.parse import parse_qs, urlencode, urlsplit

from allauth.core.exceptions import ReauthenticationRequired
from allauth.idp.oidc import app_settings, views
from allauth.idp.oidc.adapter import get_adapter
from allauth.idp.oidc.forms import AuthorizationForm, RPInitiatedLogoutForm
from allauth.idp.oidc.models import Client, Token
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from oauthlib.oauth2.rfc6749 import errors
from oauthlib.openid.connect.core.exceptions import ConsentRequired, LoginRequired

from ptfi.accounts.activity.events import Kind, record
from ptfi.accounts.allauth_internals import authorization_request
from ptfi.accounts.models import User
from ptfi.accounts.reauthentication import proved_at, recently_authenticated
from ptfi.oauth import consent
from ptfi.oauth.adapter import AUTH_TIME
from ptfi.oauth.authorization.parameters import error_page
from ptfi.oauth.grants import granted_scopes
from ptfi.oauth.registration import LOOPBACK, is_redirect_registered
from ptfi.oauth.scopes import NOT_LEAST, USER_SCOPES

# Parameters that oauthlib would take for its own, or whose values make it fail.
UNSUPPORTED_PARAMETERS = ("claims", "client", "registration", "request", "request_uri", "scopes", "user")

DETAILS = "authorization_details"
# The parameters of a request that are repeated when it is asked again, besides its scopes and resources.
REPEATABLE = (
    "client_id",
    "redirect_uri",
    "response_type",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    DETAILS,
)


class InvalidTargetError(errors.OAuth2Error):  # type: ignore[misc]
    error = "invalid_target"


class AuthorizationView(views.AuthorizationView):  # type: ignore[misc]
    """allauth's view with stricter rules: PKCE with S256, an exact redirect address, only scopes people can grant."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            client = requesting_client(request)
        except errors.OAuth2Error as error:
            return error_page(request, error)
        try:
            check_request(request, client)
            check_prompt_none(request, client)
        except errors.OAuth2Error as error:
            error.state = request.GET.get("state")
            return HttpResponseRedirect(error.in_uri(request.GET["redirect_uri"]))
        if is_too_long_ago(request):
            return self.sign_in_again(request)
        if asks_for_proof(request, client):
            raise ReauthenticationRequired
        response: HttpResponse = super().get(request, *args, **kwargs)
        return self.record_code(response)

    def sign_in_again(self, request: HttpRequest) -> HttpResponse:
        """Ask the person to authenticate, and return without the parameters that would ask for it again."""
        query = request.GET.copy()
        del query["max_age"]
        query["prompt"] = " ".join(each for each in query.get("prompt", "").split() if each != "login")
        way = reverse("account_reauthenticate" if request.user.is_authenticated else "account_login")
        return HttpResponseRedirect(f"{way}?{urlencode({'next': f'{request.path}?{query.urlencode()}'})}")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "request" in request.POST and (refused := csrf_refusal(request)):
            return refused
        response: HttpResponse = super().post(request, *args, **kwargs)
        return self.record_code(response)

    def record_code(self, response: HttpResponse) -> HttpResponse:
        """Store a row for the code in the response.

        It makes the code work once, and not after the person disconnects the client.
        """
        sent = parse_qs(urlsplit(response.headers.get("Location", "")).query)
        info = authorization_request(self)
        if response.status_code == 302 and info and "code" in sent:
            code = Token(type=Token.Type.AUTHORIZATION_CODE, user=self.request.user, client_id=info["client_id"])
            code.set_value(sent["code"][0])
            code.data = {"family": uuid.uuid4().hex, AUTH_TIME: int(proved_at(self.request))}
            code.expires_at = timezone.now() + dt.timedelta(seconds=app_settings.AUTHORIZATION_CODE_EXPIRES_IN)
            code.save()
        return response

    @property
    def asked(self) -> dict[str, Any]:
        """The client's request; empty until it has been checked."""
        return authorization_request(self) or {}

    @property
    def redirect_uri(self) -> str:
        """Where the response goes; empty until the request has been checked."""
        return str(self.asked.get("redirect_uri", ""))

    def get_initial(self) -> dict[str, Any]:
        """Sign the authorization details together with the rest of the request."""
        if self.request.method == "GET":
            self.asked[DETAILS] = self.request.GET.get(DETAILS, "")
        initial: dict[str, Any] = super().get_initial()
        return initial

    def part_forms(self, data: QueryDict | None = None) -> list[tuple[consent.Part, Form]]:
        """What other packages ask about this request, each with its form."""
        scopes, details = self.get_form_kwargs()["requested_scopes"], consent.details_of(self.asked.get(DETAILS, ""))
        user, client_id = cast(User, self.request.user), self.asked["client_id"]
        return [
            (part, part.form(user, client_id, consent.asked(details, part), data))
            for part in consent.parts
            if part.concerns(scopes)
        ]

    def get_form_kwargs(self) -> dict[str, Any]:
        """List the scopes in the order of USER_SCOPES, like the list of connected apps does."""
        kwargs: dict[str, Any] = super().get_form_kwargs()
        return kwargs | {"requested_scopes": [scope for scope in USER_SCOPES if scope in kwargs["requested_scopes"]]}

    def get_form(self, form_class: Any = None) -> AuthorizationForm:
        """The scopes; ticked are those that the person granted before, or else the least."""
        form = super().get_form(form_class)
        # allauth sorts them by their words; here what allows least comes first.
        words = dict(form.fields["scopes"].choices)
        asked = [scope for scope in USER_SCOPES if scope in words]
        form.fields["scopes"].choices = [(scope, words[scope]) for scope in asked]
        client = Client(id=self.asked["client_id"])
        had = granted_scopes(cast(User, self.request.user), client) & set(asked)
        form.fields["scopes"].initial = [each for each in asked if each in had or (not had and each not in NOT_LEAST)]
        return form

    def form_valid(self, form: AuthorizationForm) -> HttpResponse:
        """Grant the request, unless the page was open so long that the person has to authenticate again.

        In that case the consent page is shown again afterwards, because browsers block a redirect to the client from a
        form of another page.
        """
        client, scopes = Client.objects.get(id=self.asked["client_id"]), set(form.cleaned_data["scopes"])
        parts = self.part_forms(self.request.POST) if self.request.method == "POST" else []
        if not all(each.is_valid() for _, each in parts):
            return self.form_invalid(form)
        user = cast(User, self.request.user)
        wider = any(part.widens(each, user, client.pk, scopes) for part, each in parts)
        if needs_proof(self.request, client, scopes) or (wider and not recently_authenticated(self.request)):
            return HttpResponseRedirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': self.question()})}")
        with transaction.atomic():
            for part, each in parts:
                part.save(each, user, client.pk, scopes)
            response: HttpResponse = super().form_valid(form)
        record(Kind.APP_CONNECTED, user_id=self.request.user.pk, request=self.request, client_id=client.pk)
        return response

    def question(self) -> str:
        """The address that repeats the current request."""
        query = {name: self.asked[name] for name in REPEATABLE if self.asked.get(name)}
        scopes = self.get_form_kwargs()["requested_scopes"]
        query |= {"scope": " ".join(scopes), "resource": self.asked.get("resources") or []}
        return f"{reverse('idp:oidc:authorization')}?{urlencode(query, doseq=True)}"

    def form_invalid(self, form: AuthorizationForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        try:
            context: dict[str, Any] = super().get_context_data(**kwargs)
        except Client.DoesNotExist:
            raise Http404 from None
        data = self.request.POST if self.request.method == "POST" else None
        return context | {
            "parts": self.part_forms(data),
            "host": urlsplit(self.redirect_uri).netloc,
            "days": settings.GRANT_MAX_DAYS,
        }

    def render_to_response(self, context: dict[str, Any], **options: Any) -> HttpResponse:
        response: HttpResponse = super().render_to_response(context, **options)
        return allow_form_target(response, self.redirect_uri)


class LogoutForm(RPInitiatedLogoutForm):  # type: ignore[misc]
    """Returns people to an address that the client registered, or to the front page of one of its origins."""

    def clean(self) -> dict[str, Any]:
        wanted = self.cleaned_data.pop("post_logout_redirect_uri", "")
        cleaned: dict[str, Any] = super().clean()
        if wanted and (client := cleaned["client"]):
            origins = client.get_cors_origins()
            if wanted not in {*client.get_redirect_uris(), *origins, *(f"{origin}/" for origin in origins)}:
                raise ValidationError("Invalid post_logout_redirect_uri parameter value.")
            cleaned["post_logout_redirect_uri"] = wanted
        return cleaned


class LogoutView(views.LogoutView):  # type: ignore[misc]
    form_class = LogoutForm

    def form_invalid(self, form: LogoutForm) -> HttpResponse:
        return render(self.request, "idp/oidc/error.html", {"error_form": form}, status=400)

    def render_to_response(self, context: dict[str, Any], **options: Any) -> HttpResponse:
        response: HttpResponse = super().render_to_response(context, **options)
        return allow_form_target(response, context["form"].cleaned_data["post_logout_redirect_uri"] or "")


def allow_form_target(response: HttpResponse, uri: str) -> HttpResponse:
    """Allow the page's form to lead to this address; browsers apply the policy to redirects after a form, too."""
    if uri:
        parts = urlsplit(uri)
        # A policy cannot name IPv6 addresses.
        goal = f"{parts.scheme}:" if ":" in (parts.hostname or "") else f"{parts.scheme}://{parts.netloc}"
        response._csp_update = {"form-action": [goal]}  # type: ignore[attr-defined]
    return response


def csrf_refusal(request: HttpRequest) -> HttpResponse | None:
    """The error page of a failed CSRF check, or None.

    The view itself is exempt, because clients may send people by POST.
    """
    check = CsrfViewMiddleware(lambda _request: HttpResponse())
    return check.process_view(request, lambda _request: HttpResponse(), (), {})


def requesting_client(request: HttpRequest) -> Client:
    """The client that sent the person here. Raises FatalClientError if no response may be sent back to it."""
    client = Client.objects.filter(id=request.GET.get("client_id", "")).first()
    if client is None:
        raise errors.InvalidClientIdError
    if not is_redirect_registered(request.GET.get("redirect_uri", ""), client.get_redirect_uris()):
        raise errors.MismatchingRedirectURIError
    return client


def check_request(request: HttpRequest, client: Client) -> None:
    """Refuse requests that allauth accepts and PTFI does not. Raises OAuth2Error."""
    asked = request.GET
    if refused := [name for name in UNSUPPORTED_PARAMETERS if name in asked]:
        raise errors.InvalidRequestError(description=f"The parameter {refused[0]} is not supported.")
    if asked.get("response_type") != Client.ResponseType.CODE:
        raise errors.UnsupportedResponseTypeError
    if asked.get("response_mode", "query") != "query":
        raise errors.InvalidRequestError(description="Only response_mode=query is supported.")
    if Client.GrantType.AUTHORIZATION_CODE not in client.get_grant_types():
        raise errors.UnauthorizedClientError
    if not asked.get("code_challenge"):
        raise errors.MissingCodeChallengeError
    if asked.get("code_challenge_method") != "S256":
        raise errors.UnsupportedCodeChallengeMethodError(description="Only code_challenge_method=S256 is supported.")
    if not re.fullmatch(r"[0-9]{0,9}", asked.get("max_age", "")):
        raise errors.InvalidRequestError(description="max_age is a number of seconds.")
    scopes = set(asked.get("scope", "").split())
    if not scopes or not scopes <= USER_SCOPES.keys() & set(client.get_scopes()):
        raise errors.InvalidScopeError
    consent.details_of(asked.get(DETAILS, ""))
    try:
        get_adapter().validate_resource_uris(uris=asked.getlist("resource"))
    except ValidationError as error:
        raise InvalidTargetError(description=error.message) from None


def is_too_long_ago(request: HttpRequest) -> bool:
    """Whether the person has to authenticate because they last did so more than max_age seconds ago."""
    most = request.GET.get("max_age", "")
    return bool(most) and time.time() - proved_at(request) > int(most)


def asks_for_proof(request: HttpRequest, client: Client) -> bool:
    """Whether the person has to authenticate before the page is shown; prompt=login asks for that anyway."""
    if not request.user.is_authenticated or {"login", "none"} & set(request.GET.get("prompt", "").split()):
        return False
    return needs_proof(request, client, set(request.GET["scope"].split()))


def needs_proof(request: HttpRequest, client: Client, scopes: set[str]) -> bool:
    """Whether new scopes require authentication: otherwise a stolen session could gain access that outlives it."""
    return not recently_authenticated(request) and not scopes <= granted_scopes(cast(User, request.user), client)


def check_prompt_none(request: HttpRequest, client: Client) -> None:
    """With prompt=none no page is shown, so the person must already have granted this client everything it asks for.

    allauth would also accept a grant to another client. Raises OAuth2Error.
    """
    prompts = request.GET.get("prompt", "").split()
    if "none" not in prompts:
        return
    if len(prompts) > 1:
        raise errors.InvalidRequestError(description="prompt=none stands alone.")
    if not request.user.is_authenticated or is_too_long_ago(request):
        raise LoginRequired
    scopes = set(request.GET["scope"].split())
    if "openid" not in scopes or not scopes <= granted_scopes(request.user, client):
        raise ConsentRequired
    details = consent.details_of(request.GET.get(DETAILS, ""))
    parts = [part for part in consent.parts if part.concerns(scopes)]
    if not all(part.covers(request.user, client.pk, consent.asked(details, part)) for part in parts):
        raise ConsentRequired
    # Any program on the machine may listen there, and only the person can tell whether it is the same client.
    if urlsplit(request.GET["redirect_uri"]).hostname in LOOPBACK:
        raise ConsentRequired
