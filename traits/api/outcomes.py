"""Helpers of the views that decide: the acting person, faults in the request's field names, and the outcome as JSON."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from ptfi.accounts.models import User
from ptfi.api.shapes import json_of, names_of
from traits.api.serializers.decisions import OutcomeSerializer
from traits.api.serializers.traits import AddedSerializer
from traits.decisions import Outcome
from traits.errors import InvalidError
from traits.log.entries import Actor
from traits.log.words import WORDS
from traits.models import Decision, UserRefinedTrait


def acting_for_self(request: Request) -> dict[str, Any]:
    """Return the person as user and actor: they decide for themselves through a client."""
    user: User = request.user
    return {"user": user, "actor": Actor(user_id=user.pk, client_id=request.auth.client_id)}


@contextmanager
def named_as_sent(kind: type[serializers.Serializer]) -> Iterator[None]:
    """Rename the fields in faults that the services find to the names used in the request."""
    try:
        yield
    except InvalidError as error:
        names = names_of(kind)
        # The person's own evidence is sent with the verdicts, unless it has a field of its own.
        names.setdefault("own_evidence", names.get("evidence", "own_evidence"))
        error.details = {names.get(field, field): faults for field, faults in error.details.items()}
        raise


def sync(entries: list[UserRefinedTrait]) -> str:
    """Return whether the graph still has to follow: it does after every decision that wrote entries."""
    return "pending" if entries else "synced"


def _message(outcome: Outcome) -> str:
    return str(WORDS[outcome.entry.user_decision].message)


def _sync(outcome: Outcome) -> str:
    return sync(outcome.entries)


outcome_json = json_of(OutcomeSerializer, message=_message, pkgSync=_sync)
added_json = json_of(AddedSerializer, message=lambda _: str(WORDS[Decision.USER_ADDED].message), pkgSync=_sync)
