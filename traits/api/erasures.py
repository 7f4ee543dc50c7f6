"""API views for erasing a persona and reading the receipt."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from ptfi.accounts.reauthentication import recently_authenticated
from ptfi.api.idempotency import once
from ptfi.api.permissions import id_of
from ptfi.api.strict import read_body, read_query
from ptfi.api.views import PersonView
from traits.api import schema as operations
from traits.api.outcomes import acting_for_self
from traits.api.serializers.erasures import ErasureRequestSerializer, erasure_json
from traits.api.serializers.fields import NothingSerializer
from traits.erasure import persona as erasure


class Persona(PersonView):
    @operations.erase_persona
    def delete(self, request: Request, user_id: str) -> HttpResponse:  # noqa: ARG002
        email = read_body(request, ErasureRequestSerializer)["confirm"]
        # A token does not say when its person signed in.
        recently = not request.auth.client_id and recently_authenticated(request)

        def act() -> tuple[int, Any]:
            asked = erasure.request_erasure(
                **acting_for_self(request), confirm_email=email, recently_authenticated=recently
            )
            return 202, erasure_json(asked)

        return once(request, act)


class Erasures(PersonView):
    @operations.read_erasure
    def get(self, request: Request, user_id: str, erasure_id: str) -> HttpResponse:  # noqa: ARG002
        read_query(request.query_params, NothingSerializer)
        return self.answer(erasure_json(erasure.receipt(self.person, id_of(erasure_id))))
