"""The projector's queries: whose log is ahead of the graph, and what it says."""

import datetime as dt
import json
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.db.models.functions import Now

from graph.mapping import ThingChange, style_id
from graph.projection import sql as statements
from ptfi.db.sql import rows, run
from traits.log.snapshots import State
from traits.log.versions import lifted_parts
from traits.models import Erasure, ErasureState, Persona
from traits.models.erasure import WHOLE

MAX_PEOPLE = 100
MAX_ENTRIES = 500
"""Entries that one batch takes, over all of its people."""
MIN_SHARE = 50
"""The smallest piece of a longer backlog."""
MAX_BYTES = 8_000_000
"""Roughly how much stored content one batch takes; a single larger entry is still taken."""
MAX_BACK_OFF = 300


@dataclass(frozen=True, slots=True)
class Claim:
    """A person whom this process projects until the lease ends; head is the log's newest revision."""

    user_id: uuid.UUID
    generation: int
    since: int
    head: int
    until: dt.datetime
    joined: dt.datetime


@dataclass(frozen=True, slots=True)
class End:
    """The revision where a window ends, and the log's hashes there and where it begins."""

    upto: int
    since_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Replay:
    """A person to project from the start, if this is still their generation; floor: the new one must be above it."""

    user_id: uuid.UUID
    generation: int
    floor: int = 0


def claim(lease: float, only: uuid.UUID | None = None) -> list[Claim]:
    """Claim people whose log is ahead and whom no other process holds, for this many seconds; longest waiting first.

    People whose graph is to be cleared first are left out (graph/projection/erasure.py).
    """
    bounds = {"only": only, "people": MAX_PEOPLE, "lease": lease, "most": MAX_BACK_OFF}
    return [Claim(*row) for row in rows(statements.CLAIM_PEOPLE, bounds)]


def window_ends(claims: Sequence[Claim]) -> dict[uuid.UUID, End]:
    """How far the window of each person reaches for whom the batch has room.

    Small backlogs come first and whole; large ones share the rest in pieces that are worth a write.
    """
    upto, room = {}, MAX_ENTRIES
    for place, one in enumerate(sorted(claims, key=lambda one: one.head - one.since)):
        if room > 0:
            share = max(MIN_SHARE, room // (len(claims) - place))
            upto[one.user_id] = min(one.head, one.since + min(share, room))
            room -= upto[one.user_id] - one.since
    claims = [one for one in claims if one.user_id in upto]
    found = rows(statements.WINDOW_ENDS, _bounds(claims, upto) | {"size": MAX_BYTES // len(claims)})
    # A log with a gap has no entry to end at; the person's own revision does, without a hash, and check_graph reports
    # it.
    return {user_id: End(*end) for user_id, *end in found}


def changes(claims: Sequence[Claim], ends: dict[uuid.UUID, End]) -> dict[uuid.UUID, list[ThingChange]]:
    """The newest state of each trait and style element in each person's window."""
    return _changes(_bounds(claims, {user_id: end.upto for user_id, end in ends.items()}))


def hashes(revisions: dict[uuid.UUID, int]) -> dict[uuid.UUID, str]:
    """The log's hash at one revision of each person, in hexadecimal; empty without such an entry."""
    return dict(rows(statements.HASHES, [list(revisions), list(revisions.values())])) if revisions else {}


def history(user_id: uuid.UUID, head: int) -> list[ThingChange]:
    """The newest state of everything in a person's log up to this revision."""
    return _changes({"users": [user_id], "since": [0], "upto": [head]})[user_id]


def _changes(bounds: dict[str, Any]) -> dict[uuid.UUID, list[ThingChange]]:
    found = defaultdict(list)
    for user_id, revision, trait_id, style, trait_after, style_after, status, version in rows(
        statements.CHANGES, bounds
    ):
        if trait_id:
            state = _lifted("trait", trait_after, version)
            found[user_id].append(ThingChange(user_id, revision, str(trait_id), state, candidate_status=status))
        if style:
            state = _lifted("style", style_after, version)
            found[user_id].append(ThingChange(user_id, revision, style_id(user_id, style), state, is_style=True))
    return found


def _lifted(side: str, text: str | None, version: int) -> State | None:
    """The state of a trait or style, lifted to the newest version."""
    state = json.loads(text or "null")
    found: State | None = lifted_parts(version, after={side: state})["after"][side]
    return found


def done(claims: Iterable[tuple[Claim, int, str]]) -> None:
    """Record how far these people are projected, release them, and notify listeners of ptfi_projected.

    Not if the log's hash at that revision differs: then another log was projected.
    """
    people = [(one.user_id, one.generation, upto, hash_there, one.until) for one, upto, hash_there in claims]
    if people:
        run(statements.PEOPLE_DONE, [list(column) for column in zip(*people, strict=True)])


def release(claims: Iterable[Claim]) -> None:
    """Release people unchanged."""
    people = [(one.user_id, one.until) for one in claims]
    if people:
        run(statements.RELEASE_PEOPLE, [list(column) for column in zip(*people, strict=True)])


def failed(one: Claim, error: str) -> None:
    """Back off from the person, twice as long each time, and show why; the text must contain nothing personal."""
    person = {"user": one.user_id, "generation": one.generation}
    run(statements.PERSON_FAILED, person | {"error": error[:500], "most": MAX_BACK_OFF})


def stop(user_ids: list[uuid.UUID], why: str) -> None:
    """Stop projecting these people and release them; why must contain nothing personal."""
    people = Persona.objects.filter(pk__in=user_ids)
    people.filter(went_back_at=None).update(went_back_at=Now())
    people.update(claimed_until=None, last_error=why)


def replay(people: Iterable[Replay]) -> None:
    """Project people from the start.

    The new generation is above the old one, even if PostgreSQL was restored to a time when it was lower.
    """
    replays = [(one.user_id, one.generation, one.floor) for one in people]
    if replays:
        columns = (list(column) for column in zip(*replays, strict=True))
        run(statements.REPLAY_PEOPLE, [int(time.time() * 1000), *columns])


def waiting(only: uuid.UUID | None = None) -> bool:
    """Whether anyone is behind who is neither backing off nor to be cleared first."""
    free = {"next_attempt_at": None, "held_at": None, "went_back_at": None}
    people = Persona.objects.filter(projected_revision__lt=F("revision"), **free)
    whole = Erasure.objects.filter(state=ErasureState.ERASED, kind__in=WHOLE)
    people = people.exclude(user_id__in=whole.values("subject_id"))
    return (people.filter(user=only) if only else people).exists()


def _bounds(claims: Sequence[Claim], upto: dict[uuid.UUID, int]) -> dict[str, Any]:
    return {
        "users": [one.user_id for one in claims],
        "since": [one.since for one in claims],
        "upto": [upto[one.user_id] for one in claims],
    }
