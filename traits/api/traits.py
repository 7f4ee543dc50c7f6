"""The API over what the person has: traits, their history, communication style, and the end of it all."""

import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from ptfi.accounts.reauthentication import signed_in_just_now
from ptfi.api.authentication import id_of
from ptfi.api.idempotency import once
from ptfi.api.strict import body_of, read_body, read_query
from ptfi.api.views import PersonView
from ptfi.errors import RuleError
from traits import decisions, selectors
from traits.api import requests
from traits.api import schema as operations
from traits.api import selectors as lists
from traits.api.candidates import acting_for_self, optional_body, outcome_json, sync
from traits.api.requests import CUSTOM, MODIFIED, named
from traits.api.serializers import entry_json, erasure_json, trait_json
from traits.decisions import styles
from traits.erasure import persona as erasure
from traits.log.words import WORDS
from traits.models import Decision

SHOWN_HISTORY = 50


class CustomTraits(PersonView):
    @operations.add_trait
    def post(self, request: Request, user_id: str) -> HttpResponse:  # noqa: ARG002 (checked by PersonView)
        values = read_body(request, requests.CustomTrait)
        own = [piece["content"] for piece in values.get("supportingEvidenceSnippets", [])]

        def act() -> tuple[int, Any]:
            with named(CUSTOM):
                outcome = decisions.add_trait(
                    **acting_for_self(request), changes=requests.changes(values), own_evidence=own
                )
            said = {"message": WORDS[Decision.USER_ADDED].message, "refinementActionID": outcome.action_id}
            trait = trait_json(outcome.trait) if outcome.trait else None
            return 201, said | {"newTrait": trait, "pkgSync": sync(outcome.entries)}

        return once(request, act)


class TraitDetail(PersonView):
    @operations.read_trait
    def get(self, request: Request, user_id: str, trait_id: str) -> HttpResponse:  # noqa: ARG002
        read_query(request.query_params, requests.Nothing)
        trait = selectors.trait(self.person, id_of(trait_id))
        entries = lists.log_of(self.person, trait.pk, limit=SHOWN_HISTORY)
        return self.answer(trait_json(trait) | {"history": [entry_json(entry) for entry in entries]})

    @operations.edit_trait
    def patch(self, request: Request, user_id: str, trait_id: str) -> HttpResponse:  # noqa: ARG002
        pk = self._known(trait_id)
        values = read_body(request, requests.TraitPatch)

        def act() -> decisions.Outcome:
            return decisions.edit_trait(
                **acting_for_self(request),
                trait_id=pk,
                changes=requests.changes(values),
                evidence=requests.evidence(values.get("linkedEvidenceOverride", [])),
                version=values.get("version"),
            )

        return self.change(request, act)

    @operations.remove_trait
    def delete(self, request: Request, user_id: str, trait_id: str) -> HttpResponse:  # noqa: ARG002
        pk = self._known(trait_id)
        values = optional_body(request, requests.Removal)
        reason, version = values.get("reason", ""), values.get("version")
        return self.change(
            request,
            lambda: decisions.remove_trait(**acting_for_self(request), trait_id=pk, reason=reason, version=version),
        )

    def change(self, request: Request, act: Callable[[], decisions.Outcome]) -> HttpResponse:
        def answered() -> tuple[int, Any]:
            with named(MODIFIED):
                return 200, outcome_json(act())

        return once(request, answered)

    def _known(self, trait_id: str) -> uuid.UUID:
        """The id of a trait that is or was the person's; others are not found, whatever the body holds."""
        pk = id_of(trait_id)
        lists.require_trait(self.person, pk)
        return pk


class TraitStatus(TraitDetail):
    http_method_names = ["post"]

    @operations.set_status
    def post(self, request: Request, user_id: str, trait_id: str) -> HttpResponse:  # noqa: ARG002
        pk = self._known(trait_id)
        values = read_body(request, requests.TraitStatusChange)
        status, version = values["status"], values.get("version")
        return self.change(
            request,
            lambda: decisions.set_status(**acting_for_self(request), trait_id=pk, status=status, version=version),
        )


class History(PersonView):
    @operations.list_history
    def get(self, request: Request, user_id: str) -> HttpResponse:  # noqa: ARG002
        page = read_query(request.query_params, requests.Page)
        entries, total = lists.log_page(self.person, **page)
        return self.answer({"data": [entry_json(entry) for entry in entries], "pagination": page | {"total": total}})


class CommunicationStyles(PersonView):
    @operations.read_styles
    def get(self, request: Request, user_id: str) -> HttpResponse:  # noqa: ARG002
        context = read_query(request.query_params, requests.StyleQuery)["context"]
        return self.answer(styles.styles(self.person, context))

    @operations.replace_styles
    def put(self, request: Request, user_id: str) -> HttpResponse:  # noqa: ARG002
        context = read_query(request.query_params, requests.StyleQuery)["context"]
        values = _map(request)

        def act() -> tuple[int, Any]:
            outcome = decisions.put_styles(**acting_for_self(request), context=context, styles=values)
            message = "Saved." if outcome.entries else "Nothing was changed."
            return 200, {"message": message, "updatedStyles": outcome.styles, "pkgSync": sync(outcome.entries)}

        return once(request, act)


def _map(request: Request) -> dict[str, Any]:
    """The body, whose fields are the elements; the service checks them."""
    values = body_of(request)
    if not isinstance(values, dict):
        raise RuleError(details={"body": ["This must be a JSON object: element → value."]})
    return values


class Persona(PersonView):
    @operations.erase_persona
    def delete(self, request: Request, user_id: str) -> HttpResponse:  # noqa: ARG002
        email = read_body(request, requests.ErasureRequest)["confirm"]
        # A token says nothing about when its person signed in.
        recently = not request.auth.client_id and signed_in_just_now(request._request)

        def act() -> tuple[int, Any]:
            asked = erasure.request_erasure(
                **acting_for_self(request), confirm_email=email, recently_authenticated=recently
            )
            return 202, erasure_json(asked)

        return once(request, act)


class Erasures(PersonView):
    @operations.read_erasure
    def get(self, request: Request, user_id: str, erasure_id: str) -> HttpResponse:  # noqa: ARG002
        read_query(request.query_params, requests.Nothing)
        return self.answer(erasure_json(erasure.receipt(self.person, id_of(erasure_id))))
