"""Everything that the tables hold about a person, as of one moment, in a stream of JSON (docs/export.md)."""

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import connection
from django.db.models import QuerySet

from ptfi.accounts.models import User
from ptfi.db.snapshot import ROWS, snapshot
from ptfi.oauth.grants import ConnectedClient, connected_clients
from traits.api.serializers import candidate_json, entry_json, erasure_json, trait_json
from traits.decisions.styles import all_styles
from traits.models import (
    AccessEntry,
    Erasure,
    ExtractedTraitCandidate,
    ModerationEntry,
    PersonaTrait,
    Suppression,
    UserRefinedTrait,
)
from traits.selectors import persona

Members = Iterator[tuple[str, Any]]
"""Names and values of a JSON object; an iterator is an array whose items come one by one."""


def encoded(members: Members) -> Iterator[bytes]:
    """The members of a JSON object, each with a comma before it; it takes what orjson does, and iterators."""
    for name, value in members:
        yield b"," + orjson.dumps(name) + b":"
        if isinstance(value, Iterator):
            yield from _array(value)
        else:
            yield orjson.dumps(value)


def _array(items: Iterable[Any]) -> Iterator[bytes]:
    before = b"["
    for item in items:
        yield before + orjson.dumps(item)
        before = b","
    yield b"[]" if before == b"[" else b"]"


def tables(user: User) -> Iterator[bytes]:
    """What the tables hold, as encoded() gives it, from one snapshot; the caller is in no transaction.

    The connection is free again when the last piece is taken or the generator is closed.
    """
    with freed_snapshot() as now:
        yield from members(user, now)


@contextmanager
def freed_snapshot() -> Iterator[dt.datetime]:
    """As snapshot, with the connection free again after it."""
    try:
        with snapshot() as now:
            yield now
    finally:
        connection.close()


def members(user: User, now: dt.datetime) -> Iterator[bytes]:
    """What the tables hold in this snapshot, as encoded() gives it."""
    return encoded(_members(user, now))


def _members(user: User, now: dt.datetime) -> Members:
    head = persona(user)
    yield "exportedAt", now
    yield "revision", head.revision
    yield "account", _account(user) | {"suggestionsOffAt": head.suggestions_off_at}
    candidates = ExtractedTraitCandidate.objects.filter(user=user).defer("search").order_by("created_at", "pk")
    yield "candidates", map(_candidate, _rows(candidates))
    yield "traits", map(_trait, _rows(PersonaTrait.objects.filter(user=user).order_by("created_at", "pk")))
    yield "log", map(entry_json, _rows(UserRefinedTrait.objects.filter(user=user).order_by("revision")))
    yield "styles", all_styles(user)
    yield "suppressions", map(_suppression, _rows(Suppression.objects.filter(user=user).order_by("pk")))
    yield "erasures", map(_erasure, _rows(Erasure.objects.filter(user=user).order_by("requested_at")))
    yield "looks", map(_look, _rows(AccessEntry.objects.filter(subject_id=user.pk).order_by("created_at", "pk")))
    moderation = ModerationEntry.objects.filter(user=user).order_by("created_at", "pk")
    yield "moderation", map(_moderation, _rows(moderation))
    yield "connectedApps", map(_app, connected_clients(user))


def _rows(rows: QuerySet[Any]) -> Iterator[Any]:
    return rows.iterator(chunk_size=ROWS)


def _account(user: User) -> dict[str, Any]:
    """The account as it is stored now, with what signing in left behind, but for secrets."""
    user = User.objects.get(pk=user.pk)
    addresses = EmailAddress.objects.filter(user=user).order_by("pk")
    sessions = UserSession.objects.filter(user=user).order_by("pk")
    keys = Authenticator.objects.filter(user=user).order_by("pk")
    return {
        "userID": user.pk,
        "email": user.email,
        "externalID": user.external_id,
        "displayName": user.display_name,
        "timeZone": user.time_zone,
        "timeZoneChosen": user.time_zone_chosen,
        "keysEnabled": user.keys_enabled,
        "invitedEmail": user.invited_email,
        "invitedAt": user.invited_at,
        "isStaff": user.is_staff,
        "createdAt": user.date_joined,
        "lastSignInAt": user.last_login,
        "emailAddresses": [{"email": a.email, "verified": a.verified, "primary": a.primary} for a in addresses],
        "sessions": [
            {"ip": s.ip, "userAgent": s.user_agent, "createdAt": s.created_at, "lastSeenAt": s.last_seen_at}
            for s in sessions
        ],
        "secondSteps": [{"type": k.type, "createdAt": k.created_at, "lastUsedAt": k.last_used_at} for k in keys],
    }


def _candidate(row: ExtractedTraitCandidate) -> dict[str, Any]:
    """As the API has it, and what else is kept."""
    more = {"language": row.language, "supersedes": row.supersedes, "heldReason": row.held_reason or None}
    return candidate_json(row) | more | {"suppressed": row.suppressed_by_id is not None}


def _trait(row: PersonaTrait) -> dict[str, Any]:
    """As the API has it, and what else is kept."""
    times = {"validFrom": row.valid_from, "validTo": row.valid_to, "lastObservedTimestamp": row.last_observed_at}
    return trait_json(row) | times | {"customizationNotes": row.notes}


def _suppression(row: Suppression) -> dict[str, Any]:
    return {"nameKey": row.name_key, "category": row.category, "sources": row.sources, "createdAt": row.created_at}


def _erasure(row: Erasure) -> dict[str, Any]:
    """As the API has it, and what else is kept."""
    asked = {"actorKind": row.actor_kind, "clientID": row.client_id, "reference": row.reference}
    return erasure_json(row) | {"kind": row.kind} | asked


def _look(row: AccessEntry) -> dict[str, Any]:
    return {"staffID": row.staff_id, "kind": row.kind, "reason": row.reason, "createdAt": row.created_at}


def _moderation(row: ModerationEntry) -> dict[str, Any]:
    """What staff did with a suggestion, without saying who else was concerned."""
    before, after = ({key: state[key] for key in ("status", "held")} for state in (row.before, row.after))
    return {
        "entryID": row.pk,
        "candidateID": row.candidate_id,
        "action": row.action,
        "reason": row.reason,
        "before": before,
        "after": after,
        "createdAt": row.created_at,
    }


def _app(connection: ConnectedClient) -> dict[str, Any]:
    return {
        "clientID": connection.client.pk,
        "name": connection.client.name,
        "abilities": connection.abilities,
        "connectedAt": connection.since,
        "lastReadAt": connection.last_read_at,
    }
