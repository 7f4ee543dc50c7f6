"""Pages for erasing the persona, a part of it or the account, and for turning suggestions on and off."""

import uuid
from collections.abc import Callable
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ptfi.accounts.reauthentication import recently_authenticated
from ptfi.accounts.session_messages import drop_messages
from ptfi.db.transactions import front_door
from ptfi.web.htmx import wants_fragment
from ptfi.web.submissions import keeps_input
from traits.erasure import parts
from traits.erasure import persona as erasures
from traits.erasure.account import account_counts, erase_account
from traits.erasure.receipts import in_words, said
from traits.erasure.redaction import target_of
from traits.errors import InvalidError, NotFoundError
from traits.log.snapshots import State
from traits.models import Category, Erasure, ErasureState
from traits.models.erasure import ErasureKind
from traits.privacy import selectors
from traits.sharing.notices.shown import informed
from traits.web import Request, acting_for_self

RECEIPT = "erasure"
"""Session key of the receipt shown after the account was deleted."""


@keeps_input
@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erasure_new(request: Request) -> HttpResponse:
    """Request the erasure, confirmed by the account's e-mail; after a recent sign-in there is no second step."""
    email, faults = request.POST.get("confirm", "").replace("\x00", ""), list[str]()
    if request.method == "POST":
        try:
            with front_door():
                erasure = erasures.request_erasure(
                    **acting_for_self(request),
                    confirm_email=email,
                    recently_authenticated=recently_authenticated(request),
                )
            return to_receipt(request, erasure.pk)
        except InvalidError as error:
            faults = error.details.get("confirm") or [str(error.message)]
    context = {"what": "persona", "counts": in_words(erasures.counts(request.user)), "email": email, "faults": faults}
    return render(request, "privacy/erase_all.html", context, status=400 if faults else 200)


@login_required
@never_cache
@require_safe
def erasure(request: Request, erasure_id: uuid.UUID) -> HttpResponse:
    """Show what will be erased, to be confirmed, or the receipt.

    HTMX gets the receipt alone, which polls while it changes.
    """
    found = erasures.receipt(request.user, erasure_id)
    awaiting = found.state == ErasureState.AWAITING_CONFIRMATION
    counts = erasures.counts(request.user) if awaiting else found.counts
    context = {"erasure": found, "states": ErasureState, "informed": informed(found)}
    context |= said(found.kind, counts, found.kept)
    return render(request, "privacy/_erasure.html" if wants_fragment(request) else "privacy/erasure.html", context)


@login_required
@require_POST
def erasure_confirm(request: Request, erasure_id: uuid.UUID) -> HttpResponse:
    """Erase the persona once the person has reauthenticated; other people's erasures are not found."""
    erasures.receipt(request.user, erasure_id)
    response: HttpResponse = _confirm(request, erasure_id)
    return response


@reauthentication_required  # type: ignore[untyped-decorator]
def _confirm(request: Request, erasure_id: uuid.UUID) -> HttpResponse:
    with front_door():
        erasures.confirm_erasure(**acting_for_self(request), erasure_id=erasure_id)
    return to_receipt(request, erasure_id)


def to_receipt(request: Request, erasure_id: uuid.UUID) -> HttpResponse:
    """Redirect to the receipt."""
    # The loaded session would be saved as it was read, including notices about erased traits.
    drop_messages(request.session)
    return redirect("erasure", erasure_id)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase_evidence(request: Request, evidence_id: str) -> HttpResponse:
    """Erase a piece of evidence wherever it occurs."""
    try:
        pk = uuid.UUID(evidence_id)
    except ValueError:
        raise NotFoundError from None
    return _erase_part(
        request,
        ErasureKind.EVIDENCE,
        find=lambda: parts.find_piece(request.user, pk),
        show=lambda piece: (target_of(ErasureKind.EVIDENCE, piece), {"piece": piece}),
        act=lambda: parts.erase_evidence(**acting_for_self(request), evidence_id=pk),
    )


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase_source(request: Request, source: str) -> HttpResponse:
    """Erase all evidence of a source."""
    return _erase_part(
        request,
        ErasureKind.SOURCE,
        find=lambda: parts.source_target(request.user, source),
        show=lambda target: (target, selectors.source_shown(request.user, target["source_package_id"])),
        act=lambda: parts.erase_source(**acting_for_self(request), source=source),
    )


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase_category(request: Request, category: str) -> HttpResponse:
    """Erase everything about a category."""
    if category not in Category.values:
        raise NotFoundError
    return _erase_part(
        request,
        ErasureKind.CATEGORY,
        find=lambda: {"category": category},
        show=lambda target: (target, target),
        act=lambda: parts.erase_category(**acting_for_self(request), category=category),
    )


def _erase_part(
    request: Request,
    kind: ErasureKind,
    *,
    find: Callable[[], Any],
    show: Callable[[Any], tuple[State, dict[str, Any]]],
    act: Callable[[], Erasure],
) -> HttpResponse:
    """Show what will be erased, or erase it once the person has reauthenticated.

    find: returns the part or raises NotFoundError. show: maps it to the services' target and the page's context.
    """
    if request.method == "POST" and recently_authenticated(request):
        with front_door():
            done = act()
        return to_receipt(request, done.pk)
    part = find()
    if request.method == "POST":
        raise ReauthenticationRequired
    target, context = show(part)
    counts = parts.preview(request.user, target)
    context = {"kind": kind, **context} | said(kind, counts, {}) | {"going": counts["candidates"]}
    return render(request, "privacy/erase_part.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account_erase(request: Request) -> HttpResponse:
    """Delete the account after its e-mail was typed and a fresh sign-in; the receipt is shown to this browser only."""
    email, faults = request.POST.get("confirm", "").replace("\x00", ""), list[str]()
    if request.method == "POST":
        if not recently_authenticated(request):
            raise ReauthenticationRequired
        try:
            with front_door():
                done = erase_account(**acting_for_self(request), confirm_email=email)
            logout(request)
            request.session[RECEIPT] = str(done.pk)
            return redirect("account_erased")
        except InvalidError as error:
            faults = error.details.get("confirm") or [str(error.message)]
    context = {"what": "account", "counts": in_words(account_counts(request.user)), "email": email, "faults": faults}
    return render(request, "privacy/erase_all.html", context, status=400 if faults else 200)


@never_cache
@require_safe
def account_erased(request: Request) -> HttpResponse:
    """Show the receipt of an account that was deleted in this browser."""
    erasures = Erasure.objects.filter(kind=ErasureKind.ACCOUNT, user=None)
    found = erasures.filter(pk=request.session.get(RECEIPT, uuid.UUID(int=0))).first()
    if found is None:
        raise NotFoundError
    context = {"erasure": found, "states": ErasureState, "informed": informed(found)}
    context |= said(found.kind, found.counts, found.kept)
    return render(request, "privacy/_erasure.html" if wants_fragment(request) else "privacy/erasure.html", context)


@login_required
@require_POST
def suggestions_toggle(request: Request) -> HttpResponse:
    """Turn suggestions on or off."""
    with front_door():
        erasures.set_suggestions(**acting_for_self(request), on=request.POST.get("on") == "1")
    return redirect("my_data")


@login_required
@require_POST
def feedback_toggle(request: Request) -> HttpResponse:
    """Allow or forbid that senders of suggestions learn what the person decides."""
    with front_door():
        erasures.set_feedback(**acting_for_self(request), on=request.POST.get("on") == "1")
    return redirect("my_data")
