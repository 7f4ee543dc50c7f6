"""API views of grants and receipts, for the person's own session only."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext
from rest_framework.request import Request

from ptfi.accounts.activity.events import Kind, record
from ptfi.accounts.reauthentication import recently_authenticated
from ptfi.api.strict import read_body, read_query
from ptfi.oauth import grants as connections
from ptfi.oauth.scopes import MANAGE_TRAITS
from ptfi.texts import isolated
from ptfi.web import keyset
from traits import selectors
from traits.api import schema as operations
from traits.api.serializers.fields import NothingSerializer
from traits.api.serializers.sharing import (
    GrantChangesSerializer,
    ReceiptQuerySerializer,
    grant_json,
    receipt_json,
)
from traits.api.views import SharedView
from traits.sharing.consent import is_wider
from traits.sharing.grants import changed_terms, grant_of, grants, put_grant
from traits.sharing.receipts import ORDER, receipts


class OwnView(SharedView):
    """A view that apps may not use."""

    is_own_only = True

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.require(self.seen.is_own)


class Grants(OwnView):
    @operations.list_grants
    def get(self, request: Request, user_id: str) -> HttpResponse:  # noqa: ARG002 (checked by PersonView)
        read_query(request.query_params, NothingSerializer)
        known = grants(self.person)
        apps = connections.connected_clients(self.person)
        return self.answer({"data": [grant_json(app, known.get(app.client.pk)) for app in apps]})


class GrantDetail(OwnView):
    http_method_names = ["patch", "delete"]

    @operations.change_grant
    def patch(self, request: Request, user_id: str, client_id: str) -> HttpResponse:  # noqa: ARG002
        app = connections.connected_client(self.person, client_id)
        changes = read_body(request, GrantChangesSerializer)

        def act() -> tuple[int, Any]:
            known = grant_of(self.person, client_id)
            terms = changed_terms(known, changes, may_write=MANAGE_TRAITS in app.scopes)
            # As on the pages: a stolen session must not give an app more than it had.
            self.require(not is_wider(terms, known) or recently_authenticated(request))
            return 200, grant_json(app, put_grant(user=self.person, client_id=client_id, terms=terms))

        return self.once(request, act)

    @operations.end_grant
    def delete(self, request: Request, user_id: str, client_id: str) -> HttpResponse:  # noqa: ARG002
        def act() -> tuple[int, Any]:
            connections.connected_client(self.person, client_id)
            name = connections.disconnect(user=self.person, client_id=client_id)
            record(Kind.APP_DISCONNECTED, user_id=self.person.pk, request=request._request, client_id=client_id)
            text = gettext("Disconnected “%(app)s”. It can no longer see or change anything.")
            return 200, {"message": text % {"app": isolated(name)}}

        return self.once(request, act)


class Receipts(OwnView):
    @operations.list_receipts
    def get(self, request: Request, user_id: str) -> HttpResponse:  # noqa: ARG002
        query = read_query(request.query_params, ReceiptQuerySerializer)
        trait_id = query.get("trait")
        if trait_id:
            selectors.trait(self.person, trait_id)
        rows = receipts(self.person, client_id=query["client"], trait_id=trait_id)
        page = keyset.page(rows, ORDER, query["cursor"], query["limit"])
        return self.answer({"data": [receipt_json(row) for row in page.rows], "next": page.next or None})
