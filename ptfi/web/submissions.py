"""Forms that are sent twice have one effect, and forms whose session has ended lose nothing.

Both work by the key that every form carries (ptfi/web/forms.py), for whatever view answers the form.
"""

import contextlib
import dataclasses
import hashlib
import secrets
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.contrib import messages
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django_htmx.http import HttpResponseClientRedirect

from ptfi.db import idempotency
from ptfi.db.transactions import BEFORE
from ptfi.errors import UnsentError
from ptfi.web import forms
from ptfi.web.error_pages import AnotherAccountError, render_error
from ptfi.web.htmx import wants_fragment

View = TypeVar("View", bound=Callable[..., HttpResponse])
SIGN_IN = ("/accounts/login/", "/accounts/reauthenticate/", "/accounts/2fa/", "/admin/login/")
WAIT = 2.0
"""Seconds for which a repeated form waits for the response to the first."""


class RepeatedError(Exception):
    """An earlier request with the same key and content has done what the form asks for."""


def keeps_input(view: View) -> View:
    """Mark a view that shows what was sent again if front_door() raises an InvalidError, and does nothing else.

    Since it does nothing outside of its front door, a repeated form is noticed there; no query looks for it before.
    """
    view.keeps_input = True  # type: ignore[attr-defined]
    return view


@dataclasses.dataclass(slots=True)
class Submission:
    """A form that a person sent: whose it is, and its key together with a digest of its content.

    mark: what this request writes with its claim, to know it again.
    """

    owner: str
    key: str
    mark: bytes = dataclasses.field(default_factory=lambda: secrets.token_bytes(12))
    replayed: bool = False

    def claim(self) -> None:
        """Claim the key in the transaction of the front door. Raises RepeatedError.

        Every front door of the request claims it: an attempt that is taken back takes its claim along.
        """
        if not idempotency.claim(self.owner, self.key, self.mark) and not self.claimed():
            raise RepeatedError

    def claimed(self) -> bool:
        """Whether this request has the key."""
        kept = idempotency.find(self.owner, self.key)
        return kept is not None and kept.fingerprint == self.mark

    def repeated(self, request: HttpRequest) -> HttpResponse | None:
        """The response to a form that another request sent before: to where that one led. None if there is none."""
        kept = idempotency.find(self.owner, self.key)
        if kept is None or kept.fingerprint == self.mark:
            return None
        until = time.monotonic() + WAIT
        while kept and not kept.status and time.monotonic() < until:
            time.sleep(0.05)
            kept = idempotency.find(self.owner, self.key)
        self.replayed = True
        address = (kept.body.decode() if kept else "") or _page_of(request) or reverse("home")
        return HttpResponseClientRedirect(address) if wants_fragment(request) else HttpResponseRedirect(address)

    def finish(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Store where the form led, or answer one that failed only because it was sent twice."""
        if self.replayed or request.user.is_anonymous or response.status_code >= 500:
            return response
        if response.status_code >= 400:
            return self.repeated(request) or response
        address, page = _leads_to(response), _page_of(request)
        if not address and page and self.claimed():
            address = page
        if address and not address.startswith(SIGN_IN):
            self._store(address)
        return response

    def _store(self, address: str) -> None:
        """Store the address. If that fails, what was done stays done: a repeated form then leads to the start."""
        with contextlib.suppress(DatabaseError):
            idempotency.remember(self.owner, self.key, address.encode())


def submission_of(request: HttpRequest) -> Submission | None:
    """The form that was sent with a key of ours; None for other requests."""
    key = request.POST.get(forms.FIELD, "") if request.method == "POST" else ""
    if not key or not forms.is_of(request.user, key):
        return None
    content = sorted((name, values) for name, values in request.POST.lists() if name != forms.CSRF_FIELD)
    files = [(name, str(file)) for name, file in request.FILES.items()]
    asked = repr([request.get_full_path(), content, files])
    return Submission(str(request.user.pk), f"form:{hashlib.sha256(asked.encode()).hexdigest()}")


def _leads_to(response: HttpResponse) -> str:
    """The address on this site to which the response leads; "" if it leads elsewhere or nowhere."""
    names = ("Location", "HX-Redirect", "HX-Replace-Url", "HX-Push-Url")
    address = next((response.headers[name] for name in names if name in response.headers), "")
    return address if address.startswith("/") and not address.startswith("//") else ""


def _page_of(request: HttpRequest) -> str:
    """The page from which HTMX sent the form."""
    try:
        return (getattr(request, "htmx", None) and request.htmx.current_url_abs_path) or ""  # type: ignore[attr-defined]
    except ValueError:  # a header that is no address
        return ""


class OnceMiddleware:
    """A form that is sent twice has one effect, and both responses lead to the same page.

    A form from a page of another account has none.
    Outside of the sessions' middleware: a repeated form is answered only after the first one's session was stored,
    because the notice for the next page is in it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            response = self.get_response(request)
        finally:
            BEFORE.set(None)
        sent: Submission | None = getattr(request, "submission", None)
        return sent.finish(request, response) if sent else response

    def process_view(self, request: HttpRequest, view: Any, *_arguments: Any) -> HttpResponse | None:
        # Programs send no forms of ours, and have their own answers to what cannot be read.
        if getattr(view, "csrf_exempt", False):
            return None
        if forms.is_anothers(request):
            return render_error(request, AnotherAccountError())
        sent = submission_of(request)
        if sent is None:
            return None
        request.submission = sent  # type: ignore[attr-defined]
        BEFORE.set(sent.claim)
        return None if getattr(view, "keeps_input", False) else sent.repeated(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        sent: Submission | None = getattr(request, "submission", None)
        return sent.repeated(request) if sent and isinstance(exception, RepeatedError) else None


class UnsentMiddleware:
    """A form that was sent after its session had ended is kept through the sign-in, and then shown again, not sent."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        forms.drop_unfit(request.session, request.user)
        response = self.get_response(request)
        if request.method == "POST" and request.user.is_anonymous and not wants_fragment(request):
            return _kept(request, response)
        return response

    def process_view(self, request: HttpRequest, view: Any, *_arguments: Any) -> HttpResponse | None:
        """Open the form's address as if the form had been sent, with a front door that refuses."""
        if request.method != "GET" or request.user.is_anonymous or wants_fragment(request):
            return None
        typed = forms.take(request)
        if typed is None:
            return None
        # Django reads a request's form and files together, once: reading the files later would empty the form.
        _files = request.FILES
        request.method, request.POST = "POST", typed  # type: ignore[assignment]
        if not getattr(view, "keeps_input", False):
            return render_error(request, UnsentError())
        BEFORE.set(_refuse)
        return None


def _refuse() -> None:
    raise UnsentError


def _kept(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The response to a form without a session: on the way to the sign-in, what was typed is kept."""
    refused = getattr(response, "is_csrf_failure", False)
    to_sign_in = response.headers.get("Location", "").startswith(SIGN_IN)
    if not (refused or to_sign_in) or forms.may_be_secret(request):
        return response
    kept = forms.keep(request)
    if kept:
        messages.warning(request, gettext("You were signed out. Sign in, and what you typed will be there again."))
    elif to_sign_in:
        messages.warning(request, gettext("You were signed out, so nothing was sent."))
    if not (kept and refused):
        return response
    query = urlencode({"next": request.get_full_path()})
    return HttpResponseRedirect(f"{reverse('account_login')}?{query}")
