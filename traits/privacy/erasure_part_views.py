"""The pages by which a person erases a part of their persona, or their account: what will go, then who it is."""

import uuid
from collections.abc import Callable
from typing import Any

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ptfi.accounts.reauthentication import signed_in_just_now
from ptfi.web.htmx import wants_fragment
from traits.erasure import parts as erasure_parts
from traits.erasure.account import account_counts, erase_account
from traits.erasure.receipts import in_words, said
from traits.erasure.redaction import target_of
from traits.errors import InvalidError, NotFoundError
from traits.log.snapshots import State
from traits.models import Category, Erasure, ErasureState
from traits.models.erasure import ErasureKind
from traits.privacy import selectors as my_data
from traits.privacy.erasure_views import to_receipt
from traits.web import Request, by

RECEIPT = "erasure"
"""The session's key of the receipt that is shown to whoever has just ended their account."""


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase_evidence(request: Request, evidence_id: str) -> HttpResponse:
    """Erase a piece of evidence, wherever it stands."""
    try:
        pk = uuid.UUID(evidence_id)
    except ValueError:
        raise NotFoundError from None
    piece = erasure_parts.find_piece(request.user, pk)
    context = {"kind": ErasureKind.EVIDENCE, "piece": piece}
    return _erase(
        request,
        target_of(ErasureKind.EVIDENCE, piece),
        context,
        lambda: erasure_parts.erase_evidence(**by(request), evidence_id=pk),
    )


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase_source(request: Request, source: str) -> HttpResponse:
    """Erase all evidence of a source."""
    target = erasure_parts.source_target(request.user, source)
    context = {"kind": ErasureKind.SOURCE} | my_data.source_shown(request.user, target["source_package_id"])
    return _erase(request, target, context, lambda: erasure_parts.erase_source(**by(request), source=source))


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase_category(request: Request, category: str) -> HttpResponse:
    """Erase everything about a category."""
    if category not in Category.values:
        raise NotFoundError
    context = {"kind": ErasureKind.CATEGORY, "category": category}
    return _erase(
        request,
        {"category": category},
        context,
        lambda: erasure_parts.erase_category(**by(request), category=category),
    )


def _erase(request: Request, target: State, context: dict[str, Any], act: Callable[[], Erasure]) -> HttpResponse:
    """What will go; or erase it, once the person has proved who they are."""
    if request.method != "POST":
        counts = erasure_parts.preview(request.user, target)
        context |= said(context["kind"], counts, {}) | {"going": counts["candidates"]}
        return render(request, "privacy/erase_part.html", context)
    if not signed_in_just_now(request):
        raise ReauthenticationRequired
    with transaction.atomic(durable=True):
        done = act()
    return to_receipt(request, done.pk)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account_erase(request: Request) -> HttpResponse:
    """End the account, with its e-mail and a fresh sign-in; the receipt is for this browser to see."""
    email, faults = request.POST.get("confirm", "").replace("\x00", ""), list[str]()
    if request.method == "POST":
        if not signed_in_just_now(request):
            raise ReauthenticationRequired
        try:
            with transaction.atomic(durable=True):
                done = erase_account(**by(request), confirm_email=email)
            logout(request)
            request.session[RECEIPT] = str(done.pk)
            return redirect("account_erased")
        except InvalidError as error:
            faults = error.details["confirm"]
    context = {"what": "account", "counts": in_words(account_counts(request.user)), "email": email, "faults": faults}
    return render(request, "privacy/erase_all.html", context, status=400 if faults else 200)


@never_cache
@require_safe
def account_erased(request: Request) -> HttpResponse:
    """The receipt of an account that was ended in this browser."""
    erasures = Erasure.objects.filter(kind=ErasureKind.ACCOUNT, user=None)
    found = erasures.filter(pk=request.session.get(RECEIPT, uuid.UUID(int=0))).first()
    if found is None:
        raise NotFoundError
    context = {"erasure": found, "states": ErasureState} | said(found.kind, found.counts, found.kept)
    return render(request, "privacy/_erasure.html" if wants_fragment(request) else "privacy/erasure.html", context)
