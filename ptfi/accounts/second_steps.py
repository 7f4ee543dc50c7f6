"""Who has a second step and has used it: one rule for pages, the API, events and staff."""

import time
import uuid
from collections.abc import Collection, Mapping
from typing import Any, cast

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from .models import User

SECOND_STEPS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""Recovery codes alone do not count as a second step."""
SET_UP = "second_step_set_up"
"""Session key: the second step that was set up in the session, which counts as having used it."""
SET_UP_AT = "second_step_set_up_at"
"""Session key: when that was, in seconds since the epoch."""
Session = SessionBase | Mapping[str, Any]


def second_steps(request: HttpRequest) -> list[str]:
    """The kinds of second step that the account has set up."""
    return sorted({kind for _, kind in _steps(request)})


def steps_of(people: Collection[uuid.UUID]) -> dict[uuid.UUID, set[int]]:
    """The second steps of those of these people who have any."""
    found = dict[uuid.UUID, set[int]]()
    rows = Authenticator.objects.filter(user__in=people, type__in=SECOND_STEPS)
    for person, pk in rows.values_list("user_id", "pk"):
        found.setdefault(person, set()).add(pk)
    return found


def used_second_step(session: Session, user: User, *, since: float = 0.0) -> bool:
    """Whether the person used a second step in this session after that time, in seconds since the epoch."""
    request = HttpRequest()
    request.session = session  # type: ignore[assignment]
    records = get_authentication_records(request, user)
    return any(record.get("method") == "mfa" and record.get("at", 0) > since for record in records)


def fits_rule(session: Session, user: User, steps: Collection[int]) -> bool:
    """Whether the session meets the rule that everyone needs a second step (REQUIRE_SECOND_STEP).

    A step that was set up in another session proves nothing about the person using this one.
    """
    if not settings.REQUIRE_SECOND_STEP:
        return True
    return bool(steps) and (session.get(SET_UP) in steps or used_second_step(session, user))


def lacks_second_step(request: HttpRequest) -> bool:
    """Whether the signed-in person has to set up or use a second step before anything else."""
    if not (settings.REQUIRE_SECOND_STEP and request.user.is_authenticated):
        return False
    return not fits_rule(request.session, request.user, [pk for pk, _ in _steps(request)])


def proved_step(request: HttpRequest) -> bool:
    """Whether the person may change their second steps: they have none, or used one within the last minutes.

    The password is not enough: it is what a second step protects from, and new recovery codes would replace it.
    """
    steps, since = [pk for pk, _ in _steps(request)], time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    if not steps or used_second_step(request.session, cast(User, request.user), since=since):
        return True
    return request.session.get(SET_UP) in steps and request.session.get(SET_UP_AT, 0.0) > since


def way_to_prove(request: HttpRequest) -> str:
    """The address of the page on which the person uses the second step that they have."""
    is_app = Authenticator.Type.TOTP in second_steps(request)
    return reverse("mfa_reauthenticate" if is_app else "mfa_reauthenticate_webauthn")


def note_set_up(request: HttpRequest, step: Authenticator) -> None:
    """Remember that the step was set up in this session."""
    request.session[SET_UP], request.session[SET_UP_AT] = step.pk, time.time()


def local_address(request: HttpRequest, otherwise: str) -> str:
    """The address that the request asks to continue to, if it is one of ours; else `otherwise`."""
    goal = request.GET.get(REDIRECT_FIELD_NAME, "")
    ours = url_has_allowed_host_and_scheme(goal, {request.get_host()}, require_https=request.is_secure())
    # Anything without a leading slash could be resolved as the name of a page.
    return goal if ours and goal.startswith("/") else otherwise


def _steps(request: HttpRequest) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] | None = getattr(request, "second_steps", None)
    if found is None:
        mine = Authenticator.objects.filter(user=request.user.pk, type__in=SECOND_STEPS)
        # Cached, because it is read several times per page.
        found = request.second_steps = list(mine.values_list("pk", "type"))  # type: ignore[attr-defined]
    return found
