"""The pages of the connected apps: what each may see and do, changing that, and disconnecting it."""

import dataclasses
from typing import Any
from urllib.parse import urlencode

from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ptfi.accounts.activity.events import Kind, record
from ptfi.accounts.reauthentication import recently_authenticated
from ptfi.oauth import grants as connections
from ptfi.oauth.scopes import MANAGE_TRAITS
from ptfi.parsing import parse_id
from ptfi.texts import Text, isolated
from ptfi.web.htmx import wants_fragment
from traits import selectors
from traits.errors import NotFoundError
from traits.models import EVERYWHERE, Category, Grant, PersonaTrait
from traits.sharing import reads
from traits.sharing.consent import contexts_of, is_wider
from traits.sharing.forms import TermsForm
from traits.sharing.grants import MOST, grant_of, grants, put_grant, terms_of
from traits.sharing.notices import shown
from traits.web import Request

LATEST = 10
"""How many reads the list of connected apps shows."""
MAX_CLIENT_ID = 100


@dataclasses.dataclass(frozen=True)
class ConnectedApp:
    """A connected client with what the person granted it. told: whether it hears of changes, in words."""

    connected: connections.ConnectedClient
    grant: Grant | None
    told: Text

    @property
    def categories(self) -> list[str]:
        names: dict[str, Any] = dict(Category.choices)
        return [str(names[each]) for each in (self.grant.categories if self.grant else ())]

    @property
    def contexts(self) -> list[str]:
        """Single contexts; empty for everywhere."""
        return [each for each in (self.grant.contexts if self.grant else ()) if each != EVERYWHERE]

    @property
    def sees_traits(self) -> bool:
        return bool(self.grant and self.grant.categories and self.grant.contexts)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def connected_apps(request: Request) -> HttpResponse:
    """List the connected apps; disconnect one."""
    if request.method == "POST":
        # PostgreSQL does not accept NUL in texts.
        client_id = request.POST.get("client", "").replace("\0", "")
        name = connections.disconnect(user=request.user, client_id=client_id)
        record(Kind.APP_DISCONNECTED, user_id=request.user.pk, request=request, client_id=client_id)
        text = gettext("Disconnected “%(app)s”. It can no longer see or change anything.")
        messages.success(request, text % {"app": isolated(name)})
        return redirect("connected_apps")
    if wants_fragment(request):
        return render(request, "sharing/_reads.html", {"reads": reads.page(request.user, limit=LATEST).rows})
    known = grants(request.user)
    found = connections.connected_clients(request.user)
    told = shown.how_told([each.client for each in found])
    apps = [ConnectedApp(each, known.get(each.client.pk), told[each.client.pk]) for each in found]
    latest = reads.page(request.user, limit=LATEST).rows
    return render(request, "sharing/connected_apps.html", {"apps": apps, "reads": latest})


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def connected_app(request: Request, client_id: str) -> HttpResponse:
    """Show and change what one app may see and do. Granting more requires a recent sign-in, as on the consent page."""
    connected = connections.connected_client(request.user, client_id)
    grant = grant_of(request.user, client_id)
    may_write = MANAGE_TRAITS in connected.scopes
    form = TermsForm(
        request.POST if request.method == "POST" else None,
        most=dataclasses.replace(MOST, write=may_write),
        terms=terms_of(grant) if grant else None,
        contexts=contexts_of(request.user),
        with_write=True,
    )
    if request.method == "POST" and form.is_valid():
        if is_wider(form.terms(), grant) and not recently_authenticated(request):
            raise ReauthenticationRequired
        put_grant(user=request.user, client_id=client_id, terms=form.terms())
        messages.success(request, gettext("Saved. It holds from the app’s next request on."))
        return redirect("connected_app", client_id)
    app = ConnectedApp(connected, grant, shown.how_told([connected.client])[client_id])
    context = {"app": app, "form": form, "may_write": may_write}
    return render(request, "sharing/connected_app.html", context, status=400 if form.errors else 200)


@login_required
@never_cache
@require_safe
def what_apps_read(request: Request) -> HttpResponse:
    """Show each read of all apps, of one app (?client=), or of one trait (?trait=)."""
    trait = _trait(request)
    client_id = request.GET.get("client", "").replace("\0", "")[:MAX_CLIENT_ID]
    trait_id = trait.pk if trait else None
    page = reads.page(request.user, client_id=client_id, trait_id=trait_id, after=request.GET.get("after", ""))
    kept = {name: request.GET[name] for name in ("client", "trait") if request.GET.get(name)}
    context = {
        "page": page,
        "trait": trait,
        "app": connections.client_names([client_id]).get(client_id) if client_id else None,
        "days": settings.RECEIPT_DAYS,
        "next_query": urlencode(kept | {"after": page.next}),
    }
    return render(request, "sharing/reads.html", context)


@login_required
@never_cache
@require_safe
def what_apps_are_told(request: Request) -> HttpResponse:
    """Show each notice of a change to all apps, or to one (?client=), and whether it was acknowledged."""
    client_id = request.GET.get("client", "").replace("\0", "")[:MAX_CLIENT_ID]
    page = shown.page(request.user, client_id=client_id, after=request.GET.get("after", ""))
    kept = {"client": client_id} if client_id else {}
    context = {
        "page": page,
        "app": connections.client_names([client_id]).get(client_id) if client_id else None,
        "days": settings.RECEIPT_DAYS,
        "next_query": urlencode(kept | {"after": page.next}),
    }
    return render(request, "sharing/notices.html", context)


def _trait(request: Request) -> PersonaTrait | None:
    """The trait that is asked about; None if it is not asked about one. Raises NotFoundError."""
    if not (text := request.GET.get("trait")):
        return None
    try:
        return selectors.trait(request.user, parse_id(text))
    except ValueError:
        raise NotFoundError from None
