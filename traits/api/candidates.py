"""API views for suggestions: the list, a single one, and the decisions. Each calls the same service as the pages."""

import uuid
from typing import Any

import orjson
from django.http import HttpResponse
from django.utils.translation import gettext
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from ptfi.api.idempotency import once
from ptfi.api.permissions import id_of
from ptfi.api.strict import optional_body, read_body, read_query
from ptfi.api.views import PersonView
from ptfi.errors import RuleError
from traits import decisions
from traits.api import schema as operations
from traits.api import selectors
from traits.api.outcomes import acting_for_self, named_as_sent, outcome_json, sync
from traits.api.privacy import for_caller, private_pieces
from traits.api.serializers.candidates import candidate_json, similar_json
from traits.api.serializers.decisions import DECIDE, ActionSerializer, BulkActionSerializer
from traits.api.serializers.fields import NothingSerializer, VersionSerializer
from traits.api.sql import CandidateQuerySerializer, listed_candidates
from traits.likeness.similarity import close_traits
from traits.log.words import changes_stay
from traits.models import UNDECIDED

Values = dict[str, Any]


class CandidateList(PersonView):
    @operations.list_candidates
    def get(self, request: Request, user_id: str) -> HttpResponse:  # noqa: ARG002 (checked by PersonView)
        query = read_query(request.query_params, CandidateQuerySerializer)
        # An undecided suggestion carries its own "too private" verdicts; other pieces matter only for decided ones.
        decided = not set(query.get("status", ())) <= set(UNDECIDED)
        private = private_pieces(self.person) if decided and not request.auth.is_own else frozenset()
        found = listed_candidates(self.person, query, whole=request.auth.is_own, private=private)
        page = {"offset": query["offset"], "limit": query["limit"], "total": found.total, "next": found.next}
        return self.answer({"data": [orjson.Fragment(row) for row in found.rows], "pagination": page})


class CandidateDetail(PersonView):
    @operations.read_candidate
    def get(self, request: Request, user_id: str, candidate_id: str) -> HttpResponse:  # noqa: ARG002
        read_query(request.query_params, NothingSerializer)
        candidate = selectors.candidate(self.person, id_of(candidate_id))
        similar = [similar_json(trait) for trait in close_traits(self.person, candidate)]
        private = frozenset() if request.auth.is_own else private_pieces(self.person)
        shown = for_caller(request, candidate_json(candidate), private)
        return self.answer(shown | {"similarTraits": similar})


class CandidateAction(PersonView):
    @operations.decide
    def post(self, request: Request, user_id: str, candidate_id: str) -> HttpResponse:  # noqa: ARG002
        pk = id_of(candidate_id)
        values = self.read(request, pk)
        decide = DECIDE[values.pop("decision")]

        def act() -> tuple[int, Any]:
            with named_as_sent(ActionSerializer):
                outcome = decide(**acting_for_self(request), candidate_id=pk, **values)
                return 200, for_caller(request, outcome_json(outcome))

        return once(request, act)

    def read(self, request: Request, pk: uuid.UUID) -> Values:
        """Read the body. A missing candidate raises NotFoundError before any fault of the body is reported."""
        try:
            return read_body(request, ActionSerializer)
        except (RuleError, ValidationError):
            # Only a faulty body needs this extra query: otherwise the service finds the candidate in its own
            # transaction.
            selectors.candidate(self.person, pk)
            raise


class CandidateReopen(PersonView):
    @operations.reopen
    def post(self, request: Request, user_id: str, candidate_id: str) -> HttpResponse:  # noqa: ARG002
        pk = id_of(candidate_id)
        selectors.candidate(self.person, pk)
        version = optional_body(request, VersionSerializer).get("version")

        def act() -> tuple[int, Any]:
            outcome = decisions.reopen(**acting_for_self(request), candidate_id=pk, version=version)
            return 200, for_caller(request, outcome_json(outcome))

        return once(request, act)


class BulkActions(PersonView):
    @operations.decide_many
    def post(self, request: Request, user_id: str) -> HttpResponse:  # noqa: ARG002
        values = read_body(request, BulkActionSerializer)

        def act() -> tuple[int, Any]:
            with named_as_sent(BulkActionSerializer):
                outcome = decisions.decide_many(**acting_for_self(request), **values)
            outcomes = [{"candidateID": pk, "outcome": said} for pk, said in outcome.outcomes.items()]
            batch_id = outcome.batch_id if outcome.entries else None
            return 200, {"batchID": batch_id, "outcomes": outcomes, "pkgSync": sync(outcome.entries)}

        return once(request, act)


class Undo(PersonView):
    @operations.undo
    def post(self, request: Request, user_id: str, action_id: str) -> HttpResponse:  # noqa: ARG002
        pk = id_of(action_id)
        selectors.require_entry(self.person, pk)
        optional_body(request, NothingSerializer)
        return once(request, lambda: (200, _undone(acting_for_self(request), pk)))


def _undone(person: dict[str, Any], pk: uuid.UUID) -> dict[str, Any]:
    outcome = decisions.undo(**person, action_id=pk)
    message = gettext("Undone.")
    return {
        "message": f"{message} {changes_stay(outcome.skipped)}" if outcome.skipped else message,
        "refinementActionIDs": [entry.pk for entry in outcome.entries],
        "undone": [entry.pk for entry in outcome.undone],
        "skipped": outcome.skipped,
        "pkgSync": sync(outcome.entries),
    }
