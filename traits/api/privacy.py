"""Remove from answers what an app must not see; the person's own session sees everything.

In traits, suggestions and history these are pieces of evidence that the person found too private; in the history also
which staff member acted and which other apps did. An entry reduced in this way cannot be checked against its hash; the
export contains the full entries.
"""

from collections.abc import Iterable
from typing import Any

from rest_framework.request import Request

from ptfi.accounts.models import User
from traits.api.serializers.log import entry_json
from traits.models import ActorKind, ExtractedTraitCandidate, PersonaTrait, UserRefinedTrait, Verdict

PRIVATE = [{"verdict": Verdict.TOO_PRIVATE.value}]


def for_caller(request: Request, data: Any, private: frozenset[str] = frozenset()) -> Any:
    """Return the data, for an app without evidence that is too private. private: ids of further pieces to leave out."""
    return data if request.auth.is_own else _without(data, private)


def history_for_caller(request: Request, user: User, entries: list[UserRefinedTrait]) -> list[dict[str, Any]]:
    """Return log entries as the caller may see them."""
    found = [entry_json(entry) for entry in entries]
    if request.auth.is_own:
        return found
    mine = ExtractedTraitCandidate.objects.filter(user=user, pk__in={entry.original_candidate_id for entry in entries})
    lists = list(mine.values_list("supporting_evidence", flat=True))
    halves = [entry[half] for entry in found for half in ("before", "after") if entry.get(half)]
    lists += [state.get("evidence", []) for half in halves for state in half.values() if state]
    # Other entries and the suggestion contain the same pieces without the verdict.
    private = private_pieces(user) | _private_of(lists)
    client_id = request.auth.client_id
    shown: list[dict[str, Any]] = _without([entry | _hidden(entry, client_id) for entry in found], private)
    return shown


def private_pieces(user: User) -> frozenset[str]:
    """Return the ids of evidence that the person found too private, including evidence of traits they have removed."""
    judged = PersonaTrait.objects.filter(user=user, evidence__contains=PRIVATE).values_list("evidence", flat=True)
    removed = UserRefinedTrait.objects.filter(user=user, content__before__trait__evidence__contains=PRIVATE)
    return _private_of([*judged, *removed.values_list("content__before__trait__evidence", flat=True)])


def _private_of(lists: Iterable[Any]) -> frozenset[str]:
    return frozenset(_id(piece) for pieces in lists for piece in pieces if _is_private(piece, frozenset()))


def _hidden(entry: dict[str, Any], client_id: str) -> dict[str, Any]:
    hidden = {} if entry["clientID"] == client_id else {"clientID": ""}
    return hidden | ({"actor": None, "reference": ""} if entry["actorKind"] == ActorKind.STAFF else {})


def _without(data: Any, private: frozenset[str]) -> Any:
    if isinstance(data, dict):
        return {name: _without(value, private) for name, value in data.items()}
    if isinstance(data, list):
        return [_without(item, private) for item in data if not _is_private(item, private)]
    return data


def _is_private(item: Any, private: frozenset[str]) -> bool:
    return isinstance(item, dict) and (item.get("verdict") == Verdict.TOO_PRIVATE or _id(item) in private)


def _id(piece: dict[str, Any]) -> str:
    return str(piece.get("evidence_id") or piece.get("evidenceID") or "")
