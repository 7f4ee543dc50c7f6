"""Acting on a person's behalf: permission, the required ticket, and the notice to the person."""

import datetime as dt
import logging
import uuid

from allauth.account.models import EmailAddress
from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ptfi.accounts.mail import send_text
from ptfi.accounts.models import User
from traits.log.entries import Actor
from traits.models import AccessKind, ActorKind
from traits.staff.access import give_reason, staff_id
from traits.staff.lists import NOT_FOUND, PersonField

logger = logging.getLogger(__name__)

ACTING = "acting_for"
"""Session key. By person: the ticket, the start, and whether the person has been told."""
FOR = dt.timedelta(hours=1)


class StartForm(forms.Form):
    """The person and the ticket. A reference cannot be free text, because the notice and the history show it."""

    person = PersonField(label=_("Person"), help_text=_("Full e-mail address, external ID or ID."))
    reference = forms.RegexField(
        r"^[\w#:/.-]+$",
        label=_("Ticket"),
        max_length=80,
        min_length=2,
        help_text=_("Its reference without spaces, such as T-17. The person sees it with every decision."),
        error_messages={"invalid": _("A reference has only letters, digits and the characters - _ # : / .")},
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    asked = forms.BooleanField(
        label=_("The person asked for this, and I have verified who they are."),
        error_messages={"required": _("You can only act on behalf of a person who asked for it.")},
    )

    def __init__(self, request: HttpRequest, data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.request = request

    def clean_person(self) -> uuid.UUID:
        person_id: uuid.UUID = self.cleaned_data["person"]
        person = User.objects.filter(pk=person_id, is_active=True).first()
        if person is None:
            raise forms.ValidationError(NOT_FOUND[True])
        if refusal := refused(self.request, person):
            raise forms.ValidationError(refusal)
        return person_id


def refused(request: HttpRequest, person: User) -> str:
    """Return why the staff member must not act for this person; "" if they may."""
    if person.pk == request.user.pk:
        return gettext("You cannot act on your own behalf here. Use your own pages; they need no ticket.")
    if (person.is_staff or person.is_superuser) and not request.user.is_superuser:
        return gettext("You cannot act on behalf of other staff. They have their own pages.")
    return ""


def start(request: HttpRequest, person_id: uuid.UUID, reference: str) -> None:
    """Let this session act for the person from now on; recorded in the access log with the ticket as the reason."""
    give_reason(request, person_id, AccessKind.ACTING, f"Ticket {reference}")
    others = {name: each for name, each in _acting(request).items() if not _is_over(each["since"])}
    mine = {"reference": reference, "since": timezone.now().isoformat(), "told": False}
    request.session[ACTING] = others | {str(person_id): mine}


def end(request: HttpRequest, person_id: uuid.UUID) -> None:
    acting = _acting(request)
    acting.pop(str(person_id), None)
    request.session[ACTING] = acting


def person_for(request: HttpRequest, person_id: uuid.UUID) -> User:
    """Return the person, checked on every request. Raises Http404, PermissionDenied."""
    person = User.objects.filter(pk=person_id, is_active=True).first()
    if person is None:
        raise Http404
    if refused(request, person):
        raise PermissionDenied
    return person


def reference_for(request: HttpRequest, person: User) -> str:
    """Return the ticket with which the session acts for the person; "" if there is none or it has expired."""
    mine = _acting(request).get(str(person.pk))
    return "" if mine is None or _is_over(mine["since"]) else str(mine["reference"])


def actor_for(request: HttpRequest, person: User) -> Actor:
    """Return the staff member as actor, with the ticket. Raises PermissionDenied without one."""
    reference = reference_for(request, person)
    if not reference:
        raise PermissionDenied
    return Actor(user_id=staff_id(request), kind=ActorKind.STAFF, reference=reference)


def tell(request: HttpRequest, person: User) -> bool:
    """E-mail the person that staff act on their behalf, once per ticket and session; call it after a decision.

    Returns False if sending failed. The decision stands, and the next one tries again.
    """
    mine = _acting(request)[str(person.pk)]
    address = EmailAddress.objects.filter(user=person, primary=True, verified=True).first()
    if mine["told"] or address is None:
        return True
    context = {"reference": mine["reference"], "url": settings.SITE_URL + reverse("history") + "?actor=staff"}
    try:
        send_text("acted_for_you", address.email, person.language, context)
    except OSError:
        logger.exception("The notice that staff acted for %s could not be sent", person.pk)
        return False
    mine["told"] = True
    request.session.modified = True
    return True


def _acting(request: HttpRequest) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = request.session.get(ACTING, {})
    return found


def _is_over(since: object) -> bool:
    began = parse_datetime(str(since))
    return began is None or timezone.now() - began > FOR
