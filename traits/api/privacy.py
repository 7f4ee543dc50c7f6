"""Remove from answers what an app must not see; the person's own session sees everything.

In traits, suggestions and history these are pieces of evidence that are not granted or that the person found too
private; in the history also states outside the app's slice, which staff member acted and which other apps did. An entry
reduced in this way cannot be checked against its hash; the person's own export contains the full entries.
"""

import uuid
from collections.abc import Collection, Iterable
from typing import Any

from ptfi.accounts.models import User
from traits.api.serializers.log import NO_STATES, entry_json
from traits.models import ActorKind, ExtractedTraitCandidate, PersonaTrait, UserRefinedTrait, Verdict
from traits.sharing.log import partly_hidden, related_inside
from traits.sharing.slices import Slice

PRIVATE = [{"verdict": Verdict.TOO_PRIVATE.value}]
PIECES = frozenset({"evidence", "supportingEvidenceSnippets"})
"""The fields that hold pieces of evidence."""


def for_caller(seen: Slice, data: Any, private: frozenset[str] = frozenset()) -> Any:
    """Return the data without evidence that the caller must not see. private: ids of further pieces to leave out."""
    if seen.is_own:
        return data
    return _without(data, private) if seen.evidence else _bare(data)


def hidden_pieces(user: User, seen: Slice) -> frozenset[str]:
    """Return the ids of evidence that is too private for this caller; none where it gets no evidence at all."""
    return frozenset() if seen.is_own or not seen.evidence else private_pieces(user)


def history_for_caller(
    seen: Slice, user: User, entries: list[UserRefinedTrait], client_id: str
) -> list[dict[str, Any]]:
    """Return log entries as the caller may see them."""
    found = [entry_json(entry) for entry in entries]
    if seen.is_own:
        return found
    batches = partly_hidden(user, seen, entries)
    related = related_inside(user, seen, [entry["relation"]["trait_id"] for entry in found if entry["relation"]])
    shown = [_reduced(seen, entry, client_id, batches, related) for entry in found]
    if not seen.evidence:
        bare: list[dict[str, Any]] = _bare(shown)
        return bare
    mine = ExtractedTraitCandidate.objects.filter(user=user, pk__in={entry.original_candidate_id for entry in entries})
    lists = list(mine.values_list("supporting_evidence", flat=True))
    halves = [entry[half] for entry in found for half in ("before", "after") if entry.get(half)]
    lists += [state.get("evidence", []) for half in halves for state in half.values() if state]
    # Other entries and the suggestion contain the same pieces without the verdict.
    private = private_pieces(user) | _private_of(lists)
    whole: list[dict[str, Any]] = _without(shown, private)
    return whole


def traits_of(entries: list[dict[str, Any]]) -> dict[str, str]:
    """Return the categories of the traits and suggestions whose states these entries show, by id."""
    states = [entry[half] for entry in entries for half in ("before", "after")]
    traits = {state["trait"]["trait_id"]: state["trait"]["category"] for state in states if state["trait"]}
    suggestions = [state["candidate"] for state in states if state["candidate"]]
    return {each["candidate_id"]: each["category"] for each in suggestions} | traits


def shows_evidence(entries: list[dict[str, Any]]) -> bool:
    """Return whether these entries show any evidence."""
    halves = (entry[half] for entry in entries for half in ("before", "after"))
    return any(state and state.get("evidence") for half in halves for state in half.values())


def private_pieces(user: User) -> frozenset[str]:
    """Return the ids of evidence that the person found too private, including evidence of traits they have removed."""
    judged = PersonaTrait.objects.filter(user=user, evidence__contains=PRIVATE).values_list("evidence", flat=True)
    removed = UserRefinedTrait.objects.filter(user=user, content__before__trait__evidence__contains=PRIVATE)
    return _private_of([*judged, *removed.values_list("content__before__trait__evidence", flat=True)])


def visible_pieces(seen: Slice, pieces: Iterable[Any], private: frozenset[str]) -> frozenset[str]:
    """Return the ids of those of the pieces that the caller sees."""
    shown = pieces if seen.is_own or seen.evidence else ()
    return frozenset(_id(piece) for piece in shown if seen.is_own or not _is_private(piece, private))


def _private_of(lists: Iterable[Any]) -> frozenset[str]:
    return frozenset(_id(piece) for pieces in lists for piece in pieces if _is_private(piece, frozenset()))


def _reduced(
    seen: Slice,
    entry: dict[str, Any],
    client_id: str,
    batches: Collection[uuid.UUID | None],
    related: Collection[str],
) -> dict[str, Any]:
    """Return an entry without what is outside the slice.

    Without its salt, since the digest would otherwise confirm a guess of what is left out.
    """
    reduced = entry | {"salt": ""}
    reduced.pop("redacted", None)
    states = {half: _states(seen, entry[half]) for half in ("before", "after")}
    if any(states[half]["trait"] != entry[half]["trait"] for half in states):
        reduced |= {"reason": "", "notes": "", "rejectionCode": None}
    candidates = [entry[half].get("candidate") for half in states]
    if entry["candidateID"] != entry["traitID_in_pkg"] and not all(map(seen.holds_candidate, candidates)):
        reduced["candidateID"] = None
    if entry["batchID"] in batches:
        reduced["batchID"] = None
    if entry["relation"] and entry["relation"]["trait_id"] not in related:
        reduced["relation"] = None
    if entry["clientID"] != client_id:
        reduced["clientID"] = ""
    if entry["actorKind"] == ActorKind.STAFF:
        reduced |= {"actor": None, "reference": ""}
    return reduced | states


def _states(seen: Slice, half: dict[str, Any]) -> dict[str, Any]:
    states = NO_STATES | half
    trait = states["trait"] if seen.holds_trait(states["trait"]) else None
    candidate = states["candidate"] if seen.holds_candidate(states["candidate"]) else None
    return states | {"trait": trait, "candidate": candidate}


def _without(data: Any, private: frozenset[str]) -> Any:
    if isinstance(data, dict):
        return {name: _without(value, private) for name, value in data.items()}
    if isinstance(data, list):
        return [_without(item, private) for item in data if not _is_private(item, private)]
    return data


def _bare(data: Any) -> Any:
    """Return the data without any evidence."""
    if isinstance(data, dict):
        return {name: [] if name in PIECES and value else _bare(value) for name, value in data.items()}
    return [_bare(item) for item in data] if isinstance(data, list) else data


def _is_private(item: Any, private: frozenset[str]) -> bool:
    return isinstance(item, dict) and (item.get("verdict") == Verdict.TOO_PRIVATE or _id(item) in private)


def _id(piece: dict[str, Any]) -> str:
    return str(piece.get("evidence_id") or piece.get("evidenceID") or "")
