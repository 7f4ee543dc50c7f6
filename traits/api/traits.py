"""API views for traits and their history."""

import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from ptfi.api.permissions import id_of
from ptfi.api.strict import optional_body, read_body, read_query
from ptfi.web.keyset import hide, number
from traits import decisions, selectors
from traits.api import schema as operations
from traits.api.outcomes import acting_for_self, added_json, named_as_sent, outcome_json
from traits.api.privacy import for_caller, hidden_pieces, history_for_caller, shows_evidence, traits_of
from traits.api.selectors import log_of, log_page
from traits.api.serializers.fields import NoCursorError, NothingSerializer, PageSerializer, place_of
from traits.api.serializers.traits import (
    CustomTraitSerializer,
    RemovalSerializer,
    TraitPatchSerializer,
    TraitStatusChangeSerializer,
    trait_json,
)
from traits.api.views import SharedView
from traits.decisions.inputs import Changes, Evidence
from traits.sharing.receipts import Read

SHOWN_HISTORY = 50


class CustomTraits(SharedView):
    @operations.add_trait
    def post(self, request: Request, user_id: str) -> HttpResponse:  # noqa: ARG002 (checked by PersonView)
        values = read_body(request, CustomTraitSerializer)
        own = [piece["content"] for piece in values.pop("own_evidence", [])]

        def act() -> tuple[int, Any]:
            with named_as_sent(CustomTraitSerializer):
                added = decisions.add_trait(**acting_for_self(request), changes=Changes(**values), own_evidence=own)
            self.within(added.entries)
            return 201, self.shared(added_json(added))

        return self.once(request, act)


class TraitDetail(SharedView):
    @operations.read_trait
    def get(self, request: Request, user_id: str, trait_id: str) -> HttpResponse:  # noqa: ARG002
        read_query(request.query_params, NothingSerializer)
        trait = selectors.trait(self.person, id_of(trait_id), self.seen.traits())
        entries = log_of(self.person, self.seen, trait.pk, limit=SHOWN_HISTORY)
        history = history_for_caller(self.seen, self.person, entries, request.auth.client_id)
        private = hidden_pieces(self.person, self.seen)
        shown = for_caller(self.seen, trait_json(trait), private)
        self.note(lambda: Read({trait.pk: trait.category}, bool(shown["evidence"]) or shows_evidence(history), 1))
        return self.answer(shown | {"history": history})

    @operations.edit_trait
    def patch(self, request: Request, user_id: str, trait_id: str) -> HttpResponse:  # noqa: ARG002
        pk = self._known(trait_id)
        values = read_body(request, TraitPatchSerializer)
        evidence, version = values.pop("evidence", Evidence()), values.pop("version", None)
        if evidence.verdicts and not self.seen.is_own:
            evidence = self.judged(evidence, selectors.evidence_of(self.person, pk))
        changes = Changes(**values)
        return self.change(
            request,
            lambda: decisions.edit_trait(
                **acting_for_self(request), trait_id=pk, changes=changes, evidence=evidence, version=version
            ),
        )

    @operations.remove_trait
    def delete(self, request: Request, user_id: str, trait_id: str) -> HttpResponse:  # noqa: ARG002
        pk = self._known(trait_id)
        values = optional_body(request, RemovalSerializer)
        reason, version = values.get("reason", ""), values.get("version")
        return self.change(
            request,
            lambda: decisions.remove_trait(**acting_for_self(request), trait_id=pk, reason=reason, version=version),
        )

    def change(self, request: Request, act: Callable[[], decisions.Outcome]) -> HttpResponse:
        def answered() -> tuple[int, Any]:
            with named_as_sent(TraitPatchSerializer):
                outcome = act()
            self.within(outcome.entries)
            return 200, self.shared(outcome_json(outcome))

        return self.once(request, answered)

    def _known(self, trait_id: str) -> uuid.UUID:
        """Return the id of a current or former trait of the person; others are not found, whatever the body says."""
        pk = id_of(trait_id)
        self.require_trait(pk)
        return pk


class TraitStatus(TraitDetail):
    http_method_names = ["post"]

    @operations.set_status
    def post(self, request: Request, user_id: str, trait_id: str) -> HttpResponse:  # noqa: ARG002
        pk = self._known(trait_id)
        values = read_body(request, TraitStatusChangeSerializer)
        status, version = values["status"], values.get("version")
        return self.change(
            request,
            lambda: decisions.set_status(**acting_for_self(request), trait_id=pk, status=status, version=version),
        )


class History(SharedView):
    @operations.list_history
    def get(self, request: Request, user_id: str) -> HttpResponse:  # noqa: ARG002
        page = read_query(request.query_params, PageSerializer)
        before = _revision(page.pop("cursor"))
        entries, total, is_more = log_page(self.person, self.seen, **page, before=before)
        following = hide((str(entries[-1].revision), str(entries[-1].pk))) if is_more else None
        data = history_for_caller(self.seen, self.person, entries, request.auth.client_id)
        self.note(lambda: Read(traits_of(data), shows_evidence(data), len(data)))
        return self.answer({"data": data, "pagination": page | {"total": total, "next": following}})


def _revision(cursor: str) -> int | None:
    """The revision that a cursor of the history stands for; None for the first page. Raises NoCursorError."""
    place = place_of(cursor)
    try:
        return number(place[0]) if place else None
    except ValueError:
        raise NoCursorError from None
