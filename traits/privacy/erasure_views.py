"""The pages by which a person has their persona erased, and turns suggestions on and off."""

import uuid

from allauth.account.decorators import reauthentication_required
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ptfi.accounts.reauthentication import signed_in_just_now
from ptfi.accounts.session_messages import drop_notices
from ptfi.web.htmx import wants_fragment
from traits.erasure import persona as service
from traits.erasure.receipts import in_words, said
from traits.errors import InvalidError
from traits.models import ErasureState
from traits.web import Request, by


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erasure_new(request: Request) -> HttpResponse:
    """Ask for the erasure, with the account's e-mail; who has just signed in needs no second step."""
    email, faults = request.POST.get("confirm", "").replace("\x00", ""), list[str]()
    if request.method == "POST":
        try:
            with transaction.atomic(durable=True):
                erasure = service.request_erasure(
                    **by(request),
                    confirm_email=email,
                    recently_authenticated=signed_in_just_now(request),
                )
            return to_receipt(request, erasure.pk)
        except InvalidError as error:
            faults = error.details["confirm"]
    context = {"what": "persona", "counts": in_words(service.counts(request.user)), "email": email, "faults": faults}
    return render(request, "privacy/erase_all.html", context, status=400 if faults else 200)


@login_required
@never_cache
@require_safe
def erasure(request: Request, erasure_id: uuid.UUID) -> HttpResponse:
    """What will go, to be confirmed, or the receipt; HTMX gets the receipt alone, which asks again while it changes."""
    found = service.receipt(request.user, erasure_id)
    awaiting = found.state == ErasureState.AWAITING_CONFIRMATION
    counts = service.counts(request.user) if awaiting else found.counts
    context = {"erasure": found, "states": ErasureState} | said(found.kind, counts, found.kept)
    return render(request, "privacy/_erasure.html" if wants_fragment(request) else "privacy/erasure.html", context)


@login_required
@require_POST
def erasure_confirm(request: Request, erasure_id: uuid.UUID) -> HttpResponse:
    """Erase the persona, once the person has proved who they are; what is not theirs is not there."""
    service.receipt(request.user, erasure_id)
    response: HttpResponse = _confirm(request, erasure_id)
    return response


@reauthentication_required  # type: ignore[untyped-decorator]
def _confirm(request: Request, erasure_id: uuid.UUID) -> HttpResponse:
    with transaction.atomic(durable=True):
        service.confirm_erasure(**by(request), erasure_id=erasure_id)
    return to_receipt(request, erasure_id)


def to_receipt(request: Request, erasure_id: uuid.UUID) -> HttpResponse:
    """To the page that says what went."""
    # The session in hand would be saved as it was read, notices about traits included.
    drop_notices(request.session)
    return redirect("erasure", erasure_id)


@login_required
@require_POST
def suggestions(request: Request) -> HttpResponse:
    """Turn suggestions on or off."""
    with transaction.atomic(durable=True):
        service.set_suggestions(**by(request), on=request.POST.get("on") == "1")
    return redirect("my_data")
