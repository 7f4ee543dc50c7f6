"""What the projector asks of PostgreSQL: whose log is ahead of the graph, and what it says."""

import datetime as dt
import json
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import F

from graph.mapping import Change, style_id
from traits.log.snapshots import State
from traits.log.versions import lifted_parts
from traits.models import Erasure, ErasureState, Persona
from traits.models.erasure import WHOLE

MAX_PEOPLE = 100
MAX_ENTRIES = 500
"""Entries of the log that one batch takes, over all of its people."""
MIN_SHARE = 50
"""The smallest piece of a longer backlog."""
MAX_BYTES = 8_000_000
"""About how much content of entries, as stored, one batch takes; a single larger entry still goes."""
MAX_BACK_OFF = 300

# A time further ahead than anybody sets one is from before the clock was set back, and holds nobody up.
CLAIM = """
WITH next AS (
    SELECT user_id FROM traits_persona
    WHERE projected_revision < revision AND held_at IS NULL
      AND (claimed_until BETWEEN clock_timestamp() AND clock_timestamp() + make_interval(secs => 2 * %(lease)s))
          IS NOT TRUE
      AND (next_attempt_at BETWEEN clock_timestamp() AND clock_timestamp() + make_interval(secs => %(most)s))
          IS NOT TRUE
      AND (%(only)s::uuid IS NULL OR user_id = %(only)s)
      AND NOT EXISTS (
        SELECT FROM traits_erasure
        WHERE subject_id = traits_persona.user_id AND state = 'erased' AND kind IN ('persona', 'account'))
    ORDER BY last_entry_at LIMIT %(people)s FOR NO KEY UPDATE SKIP LOCKED)
UPDATE traits_persona AS p SET claimed_until = clock_timestamp() + make_interval(secs => %(lease)s)
FROM next JOIN accounts_user AS u ON u.id = next.user_id WHERE p.user_id = next.user_id
RETURNING p.user_id, p.generation, p.projected_revision, p.revision, p.claimed_until, u.date_joined"""
WINDOW_ENDS = """
WITH w AS (
    SELECT * FROM unnest(%(users)s::uuid[], %(since)s::bigint[], %(upto)s::bigint[]) AS w (user_id, since, upto)),
entries AS (
    SELECT l.user_id, l.revision, w.since,
           sum(pg_column_size(l.content)) OVER (PARTITION BY l.user_id ORDER BY l.revision) AS size
    FROM w
    JOIN traits_userrefinedtrait AS l ON l.user_id = w.user_id AND l.revision > w.since AND l.revision <= w.upto),
ends AS (
    SELECT user_id, max(revision) AS upto FROM entries WHERE size <= %(size)s OR revision = since + 1 GROUP BY user_id)
SELECT w.user_id, coalesce(ends.upto, w.upto), coalesce(encode(s.hash, 'hex'), ''), coalesce(encode(e.hash, 'hex'), '')
FROM w LEFT JOIN ends ON ends.user_id = w.user_id
LEFT JOIN traits_userrefinedtrait AS s ON s.user_id = w.user_id AND s.revision = w.since
LEFT JOIN traits_userrefinedtrait AS e ON e.user_id = w.user_id AND e.revision = ends.upto"""
HASHES = """
SELECT w.user_id, coalesce(encode(l.hash, 'hex'), '') FROM unnest(%s::uuid[], %s::bigint[]) AS w (user_id, revision)
LEFT JOIN traits_userrefinedtrait AS l ON l.user_id = w.user_id AND l.revision = w.revision"""
# Every version of the snapshots has the candidate's status; states of traits and styles are lifted.
CHANGES = """
SELECT DISTINCT ON (l.user_id, l.trait_id_in_pkg, l.style_element)
       l.user_id, l.revision, l.trait_id_in_pkg, l.style_element, l.content->'after'->'trait',
       l.content->'after'->'style', l.content->'after'->'candidate'->>'status', coalesce((l.content->'v')::integer, 0)
FROM unnest(%(users)s::uuid[], %(since)s::bigint[], %(upto)s::bigint[]) AS w (user_id, since, upto)
JOIN traits_userrefinedtrait AS l ON l.user_id = w.user_id AND l.revision > w.since AND l.revision <= w.upto
WHERE l.trait_id_in_pkg IS NOT NULL OR l.style_element IS NOT NULL
ORDER BY l.user_id, l.trait_id_in_pkg, l.style_element, l.revision DESC"""
DONE = """
WITH done AS (
    UPDATE traits_persona AS p SET projected_revision = greatest(p.projected_revision, d.upto),
        projected_at = clock_timestamp(), attempts = 0, next_attempt_at = NULL, last_error = '',
        claimed_until = CASE WHEN p.claimed_until = d.claim THEN NULL ELSE p.claimed_until END
    FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[])
        AS d (user_id, generation, upto, hash, claim)
    LEFT JOIN traits_userrefinedtrait AS l ON l.user_id = d.user_id AND l.revision = d.upto
    WHERE p.user_id = d.user_id AND p.generation = d.generation AND p.revision >= d.upto
      AND coalesce(encode(l.hash, 'hex'), '') = d.hash RETURNING p.user_id)
SELECT pg_notify('ptfi_projected', string_agg(user_id::text, ',')) FROM done HAVING count(*) > 0"""
RELEASE = """
UPDATE traits_persona AS p SET claimed_until = NULL FROM unnest(%s::uuid[], %s::timestamptz[]) AS d (user_id, claim)
WHERE p.user_id = d.user_id AND p.claimed_until = d.claim"""
FAILED = """
UPDATE traits_persona SET attempts = attempts + 1, claimed_until = NULL, last_error = %(error)s,
    next_attempt_at = clock_timestamp() + make_interval(secs => least(%(most)s, 2 ^ least(attempts, 16)))
WHERE user_id = %(user)s AND generation = %(generation)s"""
REPLAY = """
UPDATE traits_persona AS p SET generation = greatest(p.generation, d.floor, %s) + 1, projected_revision = 0,
    claimed_until = NULL, attempts = 0, next_attempt_at = NULL, last_error = ''
FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[]) AS d (user_id, generation, floor)
WHERE p.user_id = d.user_id AND p.generation = d.generation"""


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
    """A person to be projected from the start, if they still have this generation.

    floor is a generation that the new one must be above.
    """

    user_id: uuid.UUID
    generation: int
    floor: int = 0


def claim(lease: float, only: uuid.UUID | None = None) -> list[Claim]:
    """Take people whose log is ahead and whom nobody else holds, for so many seconds; longest waiting first.

    Not those whose graph is to be cleared first (graph/projection/erasure.py).
    """
    bounds = {"only": only, "people": MAX_PEOPLE, "lease": lease, "most": MAX_BACK_OFF}
    return [Claim(*row) for row in _query(CLAIM, bounds)]


def window_ends(claims: Sequence[Claim]) -> dict[uuid.UUID, End]:
    """How far the window reaches of each person whom the batch has room for.

    Small backlogs come first and go whole; large ones share what is left, but in pieces that are worth a write.
    """
    upto, room = {}, MAX_ENTRIES
    for place, one in enumerate(sorted(claims, key=lambda one: one.head - one.since)):
        if room > 0:
            share = max(MIN_SHARE, room // (len(claims) - place))
            upto[one.user_id] = min(one.head, one.since + min(share, room))
            room -= upto[one.user_id] - one.since
    claims = [one for one in claims if one.user_id in upto]
    rows = _query(WINDOW_ENDS, _bounds(claims, upto) | {"size": MAX_BYTES // len(claims)})
    # A log with a gap has no entry to end at: the person's own revision does, without a hash, and check_graph tells.
    return {user_id: End(*end) for user_id, *end in rows}


def changes(claims: Sequence[Claim], ends: dict[uuid.UUID, End]) -> dict[uuid.UUID, list[Change]]:
    """The newest that each person's window says of each trait and style element."""
    return _changes(_bounds(claims, {user_id: end.upto for user_id, end in ends.items()}))


def hashes(revisions: dict[uuid.UUID, int]) -> dict[uuid.UUID, str]:
    """The log's hash at one revision of each person, in hexadecimal digits; empty where there is no such entry."""
    return dict(_query(HASHES, [list(revisions), list(revisions.values())])) if revisions else {}


def history(user_id: uuid.UUID, head: int) -> list[Change]:
    """The newest that a person's log says of everything, up to this revision."""
    return _changes({"users": [user_id], "since": [0], "upto": [head]})[user_id]


def _changes(bounds: dict[str, Any]) -> dict[uuid.UUID, list[Change]]:
    found = defaultdict(list)
    for user_id, revision, trait_id, style, trait_after, style_after, status, version in _query(CHANGES, bounds):
        if trait_id:
            state = _lifted("trait", trait_after, version)
            found[user_id].append(Change(user_id, revision, str(trait_id), state, candidate_status=status))
        if style:
            state = _lifted("style", style_after, version)
            found[user_id].append(Change(user_id, revision, style_id(user_id, style), state, is_style=True))
    return found


def _lifted(side: str, text: str | None, version: int) -> State | None:
    """The state of a trait or style in the newest version."""
    state = json.loads(text or "null")
    found: State | None = lifted_parts(version, after={side: state})["after"][side]
    return found


def done(claims: Iterable[tuple[Claim, int, str]]) -> None:
    """Record how far these people are projected, let go of them, and tell who listens to ptfi_projected.

    Not where the log's hash at that revision is another one: then it was another log that is projected.
    """
    rows = [(one.user_id, one.generation, upto, hash_there, one.until) for one, upto, hash_there in claims]
    if rows:
        _query(DONE, [list(column) for column in zip(*rows, strict=True)])


def release(claims: Iterable[Claim]) -> None:
    """Let go of people, who stay as they are."""
    rows = [(one.user_id, one.until) for one in claims]
    if rows:
        _execute(RELEASE, [list(column) for column in zip(*rows, strict=True)])


def failed(one: Claim, error: str) -> None:
    """Have the person wait, twice as long each time, and show why; the text must hold nothing personal."""
    _execute(FAILED, {"error": error[:500], "most": MAX_BACK_OFF, "user": one.user_id, "generation": one.generation})


def replay(people: Iterable[Replay]) -> None:
    """Have people projected from the start.

    The new generation is above the old one, also where PostgreSQL was restored to a time when it was lower.
    """
    rows = [(one.user_id, one.generation, one.floor) for one in people]
    if rows:
        _execute(REPLAY, [int(time.time() * 1000), *(list(column) for column in zip(*rows, strict=True))])


def waiting(only: uuid.UUID | None = None) -> bool:
    """Whether somebody is behind who is not backing off, nor to be cleared first."""
    rows = Persona.objects.filter(projected_revision__lt=F("revision"), next_attempt_at=None, held_at=None)
    whole = Erasure.objects.filter(state=ErasureState.ERASED, kind__in=WHOLE)
    rows = rows.exclude(user_id__in=whole.values("subject_id"))
    return (rows.filter(user=only) if only else rows).exists()


def _bounds(claims: Sequence[Claim], upto: dict[uuid.UUID, int]) -> dict[str, Any]:
    return {
        "users": [one.user_id for one in claims],
        "since": [one.since for one in claims],
        "upto": [upto[one.user_id] for one in claims],
    }


def _query(statement: str, parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _execute(statement: str, parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
