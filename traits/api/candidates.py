"""API views for suggestions: the list, a single one, and the decisions. Each calls the same service as the pages."""

import dataclasses
import uuid
from typing import Any

import orjson
from django.http import HttpResponse
from django.utils.translation import gettext
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from ptfi.api.permissions import id_of
from ptfi.api.strict import optional_body, read_body, read_query
from ptfi.errors import RuleError
from traits import decisions
from traits.api import schema as operations
from traits.api import selectors
from traits.api.outcomes import acting_for_self, named_as_sent, outcome_json, sync
from traits.api.privacy import for_caller, hidden_pieces
from traits.api.serializers.candidates import candidate_json, similar_json
from traits.api.serializers.decisions import DECIDE, ActionSerializer, BulkActionSerializer
from traits.api.serializers.fields import NothingSerializer, VersionSerializer
from traits.api.sql import CandidateQuerySerializer, listed_candidates
from traits.api.views import SharedView, Values
from traits.likeness.similarity import close_traits
from traits.log.words import changes_stay
from traits.models import UNDECIDED, ExtractedTraitCandidate
from traits.sharing.log import require_entry
from traits.sharing.receipts import Read


class CandidateList(SharedView):
    @operations.list_candidates
    def get(self, request: Request, user_id: str) -> HttpResponse:  # noqa: ARG002 (checked by PersonView)
        self.require(self.seen.write)
        query = read_query(request.query_params, CandidateQuerySerializer)
        # An undecided suggestion carries its own "too private" verdicts; other pieces matter only for decided ones.
        decided = not set(query.get("status", ())) <= set(UNDECIDED)
        private = hidden_pieces(self.person, self.seen) if decided else frozenset()
        found = listed_candidates(self.person, query, self.seen, private, self.reader)
        page = {"offset": query["offset"], "limit": query["limit"], "total": found.total, "next": found.next}
        return self.answer({"data": [orjson.Fragment(row) for row in found.rows], "pagination": page})


class CandidateDetail(SharedView):
    @operations.read_candidate
    def get(self, request: Request, user_id: str, candidate_id: str) -> HttpResponse:  # noqa: ARG002
        self.require(self.seen.write)
        read_query(request.query_params, NothingSerializer)
        candidate = selectors.candidate(self.person, id_of(candidate_id), self.seen)
        close = close_traits(self.person, candidate, within=self.seen.traits())
        similar = [similar_json(trait) for trait in close]
        private = hidden_pieces(self.person, self.seen)
        shown = for_caller(self.seen, candidate_json(candidate), private)
        traits = {candidate.pk: candidate.trait_category} | {each.trait_id: each.category for each in close}
        self.note(lambda: Read(traits, bool(shown["supportingEvidenceSnippets"]), len(traits)))
        return self.answer(shown | {"similarTraits": similar})


class CandidateAction(SharedView):
    @operations.decide
    def post(self, request: Request, user_id: str, candidate_id: str) -> HttpResponse:  # noqa: ARG002
        pk = id_of(candidate_id)
        values = self.read(request, pk)
        decide = DECIDE[values.pop("decision")]

        def act() -> tuple[int, Any]:
            with named_as_sent(ActionSerializer):
                outcome = decide(**acting_for_self(request), candidate_id=pk, **values)
                self.within(outcome.entries)
                return 200, self.shared(outcome_json(outcome))

        return self.once(request, act)

    def read(self, request: Request, pk: uuid.UUID) -> Values:
        """Read the body. A missing candidate raises NotFoundError before any fault of the body is reported."""
        if not self.seen.is_own:
            return self.known(selectors.candidate(self.person, pk, self.seen), read_body(request, ActionSerializer))
        try:
            return read_body(request, ActionSerializer)
        except (RuleError, ValidationError):
            # Only a faulty body needs this extra query: otherwise the service finds the candidate in its own
            # transaction.
            selectors.candidate(self.person, pk, self.seen)
            raise

    def known(self, candidate: ExtractedTraitCandidate, values: Values) -> Values:
        """The values with ids that do not exist in the place of those that the caller does not see."""
        if "into" in values:
            values["into"] = self.reachable(values["into"])
        if relation := values.get("relation"):
            values["relation"] = dataclasses.replace(relation, trait_id=self.reachable(relation.trait_id))
        if evidence := values.get("evidence"):
            values["evidence"] = self.judged(evidence, candidate.supporting_evidence)
        return values


class CandidateReopen(SharedView):
    @operations.reopen
    def post(self, request: Request, user_id: str, candidate_id: str) -> HttpResponse:  # noqa: ARG002
        pk = id_of(candidate_id)
        selectors.candidate(self.person, pk, self.seen)
        version = optional_body(request, VersionSerializer).get("version")

        def act() -> tuple[int, Any]:
            outcome = decisions.reopen(**acting_for_self(request), candidate_id=pk, version=version)
            self.within(outcome.entries)
            return 200, self.shared(outcome_json(outcome))

        return self.once(request, act)


class BulkActions(SharedView):
    @operations.decide_many
    def post(self, request: Request, user_id: str) -> HttpResponse:  # noqa: ARG002
        values = read_body(request, BulkActionSerializer)
        sent = self.sent_as(values.pop("candidate_ids"))

        def act() -> tuple[int, Any]:
            with named_as_sent(BulkActionSerializer):
                outcome = decisions.decide_many(**acting_for_self(request), candidate_ids=sent, **values)
            self.within(outcome.entries)
            outcomes = [{"candidateID": sent[pk], "outcome": said} for pk, said in outcome.outcomes.items()]
            batch_id = outcome.batch_id if outcome.entries else None
            return 200, {"batchID": batch_id, "outcomes": outcomes, "pkgSync": sync(outcome.entries)}

        return self.once(request, act)

    def sent_as(self, ids: list[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
        """The ids to decide on → the ids as sent; for one that the caller does not see, an id that no row has."""
        if self.seen.is_own:
            return {pk: pk for pk in ids}
        inside = selectors.candidates(self.person, ids, self.seen)
        return {pk if pk in inside else uuid.uuid4(): pk for pk in dict.fromkeys(ids)}


class Undo(SharedView):
    @operations.undo
    def post(self, request: Request, user_id: str, action_id: str) -> HttpResponse:  # noqa: ARG002
        pk = id_of(action_id)
        require_entry(self.person, self.seen, pk)
        optional_body(request, NothingSerializer)

        def act() -> tuple[int, Any]:
            outcome = decisions.undo(**acting_for_self(request), action_id=pk)
            self.within(outcome.entries)
            return 200, _undone(outcome)

        return self.once(request, act)


def _undone(outcome: decisions.UndoOutcome) -> dict[str, Any]:
    message = gettext("Undone.")
    return {
        "message": f"{message} {changes_stay(outcome.skipped)}" if outcome.skipped else message,
        "refinementActionIDs": [entry.pk for entry in outcome.entries],
        "undone": [entry.pk for entry in outcome.undone],
        "skipped": outcome.skipped,
        "pkgSync": sync(outcome.entries),
    }
