"""The API over suggestions: the list, each one, and the decisions. One service each, as for the pages."""

import uuid
from collections.abc import Callable
from typing import Any

import orjson
from django.http import HttpResponse
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from ptfi.accounts.models import User
from ptfi.api.authentication import id_of
from ptfi.api.idempotency import once
from ptfi.api.strict import Strict, read_body, read_query
from ptfi.api.views import PersonView
from ptfi.errors import RuleError
from traits.api import requests
from traits.api import schema as operations
from traits.api import selectors as lists
from traits.api.requests import ACTION, MODIFIED, named
from traits.api.serializers import candidate_json, trait_json
from traits.decisions import bulk, undo
from traits.decisions import candidates as services
from traits.log.entries import Actor
from traits.log.versions import lifted
from traits.models import Decision, UserRefinedTrait
from traits.similarity import similar_traits

MESSAGES = {
    Decision.CONFIRMED_ASIS: "Confirmed.",
    Decision.CONFIRMED_MODIFIED: "Confirmed with your changes.",
    Decision.REJECTED: "Rejected. It will not be suggested again.",
    Decision.DEFERRED: "Put off.",
    Decision.MERGED: "Merged.",
    Decision.REOPENED: "Back in your queue.",
    Decision.USER_ADDED: "Part of your persona now.",
    Decision.EDITED: "Saved.",
    Decision.STATUS_CHANGED: "The status is changed.",
    Decision.REMOVED: "No longer part of your persona.",
}
NAMES = {
    **{name: f"modifications.{said}" for name, said in MODIFIED.items()},
    **ACTION,
    "expression_contexts": "modifications.expressionContexts",
}


def by(request: Request) -> dict[str, Any]:
    """The person, deciding for themselves through a client."""
    user: User = request.user
    return {"user": user, "actor": Actor(user_id=user.pk, client_id=request.auth.client_id)}


def sync(entries: list[UserRefinedTrait]) -> str:
    """Whether the graph has yet to follow; what was decided just now, it has."""
    return "pending" if entries else "synced"


def outcome_json(outcome: services.Outcome) -> dict[str, Any]:
    """What a decision left behind."""
    trait, candidate = outcome.trait, outcome.candidate
    first, last = outcome.entries[0], outcome.entries[-1]
    entry = last if outcome.batch_id and lifted(last.content)["relation"] else first
    return {
        "message": MESSAGES[Decision(entry.user_decision)],
        "traitID_in_pkg": trait.trait_id if trait else None,
        "newStatus_in_pkg": trait.status if trait else None,
        "updatedTraitDetails": trait_json(trait) if trait else None,
        "updatedTraitCandidateStatus": candidate.status if candidate else None,
        "refinementActionID": outcome.action_id,
        "pkgSync": sync(outcome.entries),
    }


class CandidateList(PersonView):
    @operations.list_candidates
    def get(self, request: Request, user_id: str) -> HttpResponse:  # noqa: ARG002 (checked by PersonView)
        values = read_query(request.query_params, requests.CandidateQuery)
        page = {"offset": values["offset"], "limit": values["limit"]}
        rows, total = lists.listed_candidates(
            self.person,
            statuses=values.get("status"),
            categories=values.get("category"),
            least=values.get("minConfidence"),
            most=values.get("maxConfidence"),
            model=values.get("model", ""),
            concept=values.get("concept", ""),
            q=values.get("q", ""),
            order=requests.SORTED_BY[values["sortBy"]],
            descending=values["sortOrder"] == "desc",
            **page,
        )
        data = [orjson.Fragment(row) for row in rows]
        return self.answer({"data": data, "pagination": page | {"total": total}})


class CandidateDetail(PersonView):
    @operations.read_candidate
    def get(self, request: Request, user_id: str, candidate_id: str) -> HttpResponse:  # noqa: ARG002
        read_query(request.query_params, requests.Nothing)
        candidate = lists.candidate(self.person, id_of(candidate_id))
        similar = [
            {
                "traitID_in_pkg": each.trait_id,
                "name": each.name,
                "category": each.category,
                "status_in_pkg": each.status,
                "likeness": each.likeness / 100,
                "concepts": each.concepts,
            }
            for each in similar_traits(self.person, candidate)
        ]
        return self.answer(candidate_json(candidate) | {"similarTraits": similar})


class CandidateAction(PersonView):
    @operations.decide
    def post(self, request: Request, user_id: str, candidate_id: str) -> HttpResponse:  # noqa: ARG002
        pk = id_of(candidate_id)
        values = self.read(request, pk)
        decide = DECIDE[values["userDecision"]]

        def act() -> tuple[int, Any]:
            with named(NAMES):
                common = {"candidate_id": pk, "version": values.get("version")}
                judged = requests.evidence(values.get("linkedEvidenceOverride", []))
                return 200, outcome_json(decide(by(request) | common | {"evidence": judged}, values))

        return once(request, act)

    def read(self, request: Request, pk: uuid.UUID) -> dict[str, Any]:
        """What is to be done; NotFoundError before what is wrong with it."""
        try:
            return read_body(request, requests.Action)
        except (RuleError, ValidationError):
            # Only then is the candidate looked up apart: the service finds it in its own transaction.
            lists.candidate(self.person, pk)
            raise


def _confirm(common: dict[str, Any], values: dict[str, Any]) -> services.Outcome:
    changes = requests.changes(values.get("modifications", {}))
    return services.confirm(**common, changes=changes, relation=requests.relation(values.get("relation")))


def _reject(common: dict[str, Any], values: dict[str, Any]) -> services.Outcome:
    return services.reject(
        **common,
        code=values.get("rejectionCode", "other"),
        reason=values.get("rejectionReason", ""),
        relation=requests.relation(values.get("relation")),
    )


def _defer(common: dict[str, Any], values: dict[str, Any]) -> services.Outcome:
    return services.defer(**common, until=requests.until(values))


def _merge(common: dict[str, Any], values: dict[str, Any]) -> services.Outcome:
    return services.merge(**common, into=values["mergeInto"])


DECIDE: dict[str, Callable[[dict[str, Any], dict[str, Any]], services.Outcome]] = {
    "confirmed_asis": _confirm,
    "confirmed_modified": _confirm,
    "rejected": _reject,
    "deferred": _defer,
    "merged": _merge,
}


class CandidateReopen(PersonView):
    @operations.reopen
    def post(self, request: Request, user_id: str, candidate_id: str) -> HttpResponse:  # noqa: ARG002
        pk = id_of(candidate_id)
        lists.candidate(self.person, pk)
        version = optional_body(request, requests.Version).get("version")

        def act() -> tuple[int, Any]:
            return 200, outcome_json(services.reopen(**by(request), candidate_id=pk, version=version))

        return once(request, act)


def optional_body(request: Request, kind: type[Strict]) -> dict[str, Any]:
    """The body's fields where there is one; all of them may be left out."""
    return read_body(request, kind) if request._request.body else {}


class BulkActions(PersonView):
    @operations.decide_many
    def post(self, request: Request, user_id: str) -> HttpResponse:  # noqa: ARG002
        values = read_body(request, requests.BulkAction)

        def act() -> tuple[int, Any]:
            with named(ACTION):
                outcome = bulk.bulk(
                    **by(request),
                    candidate_ids=values["candidateIDs"],
                    decision=values["userDecision"],
                    code=values.get("rejectionCode", "other"),
                    reason=values.get("rejectionReason", ""),
                    until=values.get("deferUntil"),
                )
            outcomes = [{"candidateID": pk, "outcome": said} for pk, said in outcome.outcomes.items()]
            batch_id = outcome.batch_id if outcome.entries else None
            return 200, {"batchID": batch_id, "outcomes": outcomes, "pkgSync": sync(outcome.entries)}

        return once(request, act)


class Undo(PersonView):
    @operations.undo
    def post(self, request: Request, user_id: str, action_id: str) -> HttpResponse:  # noqa: ARG002
        pk = id_of(action_id)
        lists.require_entry(self.person, pk)
        optional_body(request, requests.Nothing)
        return once(request, lambda: (200, _undone(by(request), pk)))


def _undone(person: dict[str, Any], pk: uuid.UUID) -> dict[str, Any]:
    outcome = undo.undo(**person, action_id=pk)
    return {
        "message": "Undone." if not outcome.skipped else f"Undone; {outcome.skipped} had changed since.",
        "refinementActionIDs": [entry.pk for entry in outcome.entries],
        "undone": [entry.pk for entry in outcome.undone],
        "skipped": outcome.skipped,
        "pkgSync": sync(outcome.entries),
    }
