"""Account pages that allauth does not provide: preferences, the browser's time zone, invitations."""

from typing import cast

from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import SetPasswordForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ptfi.errors import RuleError
from ptfi.web.forms import account_mark

from . import invitations
from .forms import PreferencesForm
from .models import User, validate_time_zone

TOKEN_KEY = "invitation"  # noqa: S105 (a session key's name)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    form = PreferencesForm(request.POST or None, instance=User.objects.get(pk=cast(User, request.user).pk))
    if request.method == "POST" and form.is_valid():
        if not form.instance.language_chosen:
            form.instance.language = translation.get_language_from_request(request)
        form.save()
        translation.activate(form.instance.language)
        messages.success(request, gettext("Preferences saved."))
        return redirect("account_preferences")
    return render(request, "account/preferences.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@never_cache
def session_state(request: HttpRequest) -> JsonResponse:
    """Whose session it is, and the CSRF token to use with it, for pages that were open for long."""
    return JsonResponse({"account": account_mark(request.user), "token": get_token(request)})


@login_required
@require_POST
def time_zone(request: HttpRequest) -> HttpResponse:
    """Store the browser's time zone, unless the person has chosen one."""
    name = request.POST.get("time_zone", "")
    try:
        validate_time_zone(name)
    except ValidationError:
        raise RuleError(gettext("This is not a time zone name.")) from None
    User.objects.filter(pk=cast(User, request.user).pk, time_zone_chosen=False).update(time_zone=name)
    return HttpResponse(status=204)


@require_GET
@never_cache
def open_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Move the token into the session, so that no later address, log line or Referer header contains it."""
    invitations.find_invited(token)
    request.session[TOKEN_KEY] = token
    return redirect("account_invitation")


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def invitation(request: HttpRequest) -> HttpResponse:
    token = request.session.get(TOKEN_KEY, "")
    invited = invitations.find_invited(token)
    # The password check compares the password with the person's data, which includes this address.
    invited.email = invited.invited_email
    form = SetPasswordForm(invited, request.POST or None)
    if request.method == "POST" and form.is_valid():
        return accept(request, token, form.cleaned_data["new_password1"])
    context = {"form": form, "email": invited.email}
    return render(request, "account/invitation.html", context, status=422 if form.errors else 200)


def accept(request: HttpRequest, token: str, password: str) -> HttpResponse:
    user = invitations.claim(token=token, password=password)
    logout(request)
    response: HttpResponse = perform_login(request, user)
    return response
