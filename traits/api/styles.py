"""API views for the communication style."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext
from rest_framework.request import Request

from ptfi.api.shapes import json_of
from ptfi.api.strict import body_of, read_query
from ptfi.errors import RuleError
from traits import decisions
from traits.api import schema as operations
from traits.api.outcomes import acting_for_self, sync
from traits.api.serializers.styles import StyleQuerySerializer, StylesSavedSerializer
from traits.api.views import SharedView
from traits.decisions import styles
from traits.sharing.receipts import Read

saved_json = json_of(
    StylesSavedSerializer,
    message=lambda outcome: gettext("Saved.") if outcome.entries else gettext("Nothing was changed."),
    pkgSync=lambda outcome: sync(outcome.entries),
)


class CommunicationStyles(SharedView):
    @operations.read_styles
    def get(self, request: Request, user_id: str) -> HttpResponse:  # noqa: ARG002
        self.require(self.seen.styles)
        context = read_query(request.query_params, StyleQuerySerializer)["context"]
        found = styles.styles(self.person, context)
        shown = found if self.seen.holds_style(styles.clean_context(context)) else {}
        self.note(lambda: Read(number=len(shown)))
        return self.answer(shown)

    @operations.replace_styles
    def put(self, request: Request, user_id: str) -> HttpResponse:  # noqa: ARG002
        self.require(self.seen.styles)
        context = read_query(request.query_params, StyleQuerySerializer)["context"]
        self.require(self.seen.holds_style(styles.clean_context(context)))
        values = _map(request)

        def act() -> tuple[int, Any]:
            outcome = decisions.put_styles(**acting_for_self(request), context=context, styles=values)
            self.within(outcome.entries)
            return 200, saved_json(outcome)

        return self.once(request, act)


def _map(request: Request) -> dict[str, Any]:
    """Return the body, whose fields are the elements; the service checks them."""
    values = body_of(request)
    if not isinstance(values, dict):
        raise RuleError(details={"body": [gettext("This must be a JSON object: element → value.")]})
    return values
