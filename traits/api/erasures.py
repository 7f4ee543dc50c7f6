"""API views for erasing a persona and reading the receipt."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from ptfi.accounts.reauthentication import recently_authenticated
from ptfi.api.permissions import id_of
from ptfi.api.strict import read_body, read_query
from traits.api import schema as operations
from traits.api.outcomes import acting_for_self
from traits.api.serializers.erasures import ErasureRequestSerializer, erasure_json
from traits.api.serializers.fields import NothingSerializer
from traits.api.views import SharedView
from traits.erasure import persona as erasure
from traits.models import Erasure
from traits.models.erasure import WHOLE
from traits.sharing.receipts import Read
from traits.sharing.slices import Slice


class Persona(SharedView):
    @operations.erase_persona
    def delete(self, request: Request, user_id: str) -> HttpResponse:  # noqa: ARG002
        email = read_body(request, ErasureRequestSerializer)["confirm"]
        # A token does not say when its person signed in.
        recently = not request.auth.client_id and recently_authenticated(request)

        def act() -> tuple[int, Any]:
            asked = erasure.request_erasure(
                **acting_for_self(request), confirm_email=email, recently_authenticated=recently
            )
            return 202, receipt_json(self.seen, asked)

        return self.once(request, act)


class Erasures(SharedView):
    @operations.read_erasure
    def get(self, request: Request, user_id: str, erasure_id: str) -> HttpResponse:  # noqa: ARG002
        read_query(request.query_params, NothingSerializer)
        kinds = None if self.seen.is_own else WHOLE
        found = erasure.receipt(self.person, id_of(erasure_id), kinds)
        self.note(lambda: Read(number=1))
        return self.answer(receipt_json(self.seen, found))


def receipt_json(seen: Slice, receipt: Erasure) -> dict[str, Any]:
    """The receipt as the caller may see it: an app does not learn how much there was."""
    return erasure_json(receipt) | ({} if seen.is_own else {"counts": {}, "kept": {}, "recipients": []})
