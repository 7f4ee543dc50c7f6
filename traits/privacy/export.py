"""All that the tables contain about a person at one moment, as a stream of JSON (docs/export.md)."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from django.db import connection
from django.db.models import QuerySet

from ptfi.accounts.activity.events import kept_events
from ptfi.accounts.models import User
from ptfi.db.snapshot import ROWS, snapshot
from ptfi.oauth.grants import connected_clients
from traits.api.serializers.export import (
    account_json,
    exported_app,
    exported_candidate,
    exported_change,
    exported_erasure,
    exported_feedback,
    exported_look,
    exported_moderation,
    exported_notice,
    exported_receipt,
    exported_recipient,
    exported_security_event,
    exported_sitting,
    exported_suppression,
    exported_trait,
    exported_view,
)
from traits.api.serializers.log import entry_json
from traits.decisions.styles import all_styles
from traits.ingest.changes import kept as kept_changes
from traits.log.interventions import interventions
from traits.log.proofs.attestations import attested
from traits.log.proofs.positions import position
from traits.models import (
    Erasure,
    ExtractedTraitCandidate,
    Feedback,
    ModerationEntry,
    Persona,
    PersonaTrait,
    SavedView,
    Sitting,
    Suppression,
    TraitRecipient,
    UserRefinedTrait,
)
from traits.privacy.shared_export import PERSON, Reader
from traits.privacy.staff_access import looks
from traits.selectors import persona
from traits.sharing.grants import grants, terms_of
from traits.sharing.notices.shown import notices
from traits.sharing.receipts import receipts

Members = Iterator[tuple[str, Any]]
"""Names and values of a JSON object; an iterator becomes an array that is written item by item."""


def encoded(members: Members) -> Iterator[bytes]:
    """Encode members of a JSON object, each after a comma. Values: whatever orjson accepts, and iterators."""
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


def tables(user: User, reader: Reader = PERSON) -> Iterator[bytes]:
    """Stream the tables' contents, for an app what it may see, from one snapshot, encoded by encoded().

    Requires that no transaction is open.

    The connection is released when the last piece is taken or the generator is closed.
    """
    with freed_snapshot() as now:
        yield from members(user, now) if reader.seen.is_own else encoded(_shared(user, now, reader))


@contextmanager
def freed_snapshot() -> Iterator[dt.datetime]:
    """Open a snapshot(), and release the connection after it."""
    try:
        with snapshot() as now:
            yield now
    finally:
        connection.close()


def members(user: User, now: dt.datetime) -> Iterator[bytes]:
    """Stream the tables' contents in the current snapshot, encoded by encoded()."""
    return encoded(_members(user, now))


def _members(user: User, now: dt.datetime) -> Members:
    head = persona(user)
    yield "exportedAt", now
    yield "revision", head.revision
    yield "position", position(head)
    yield "account", _account(user, head)
    candidates = ExtractedTraitCandidate.objects.filter(user=user).defer("search").order_by("created_at", "pk")
    yield "candidates", map(exported_candidate, _rows(candidates))
    changes = kept_changes().filter(user=user).order_by("pk")
    yield "suggestionChanges", map(exported_change, _rows(changes))
    yield "traits", map(exported_trait, _rows(PersonaTrait.objects.filter(user=user).order_by("created_at", "pk")))
    yield "log", map(entry_json, _rows(UserRefinedTrait.objects.filter(user=user).order_by("revision")))
    yield "styles", all_styles(user)
    yield "suppressions", map(exported_suppression, _rows(Suppression.objects.filter(user=user).order_by("pk")))
    yield "savedViews", map(exported_view, _rows(SavedView.objects.filter(user=user).order_by("created_at", "pk")))
    yield "sittings", map(exported_sitting, _rows(Sitting.objects.filter(user=user)))
    erased = Erasure.objects.filter(user=user).prefetch_related("recipients")
    yield "erasures", map(exported_erasure, _rows(erased.order_by("requested_at")))
    yield "interventions", (group.json() for group in attested(user.pk, interventions(user.pk).rows))
    yield (
        "looks",
        map(exported_look, _rows(looks(user).order_by("created_at", "pk"))),
    )
    events = kept_events().filter(user=user).order_by("created_at", "pk")
    yield "securityEvents", map(exported_security_event, _rows(events))
    moderation = ModerationEntry.objects.filter(user=user).order_by("created_at", "pk")
    yield "moderation", map(exported_moderation, _rows(moderation))
    yield "connectedApps", _apps(user)
    yield "readReceipts", map(exported_receipt, _rows(receipts(user).order_by("pk")))
    recipients = TraitRecipient.objects.filter(subject_id=user.pk).order_by("client_id", "trait_id")
    yield "traitRecipients", map(exported_recipient, _rows(recipients))
    yield "notices", map(exported_notice, _rows(notices(user).order_by("pk")))
    yield "feedback", map(exported_feedback, _rows(Feedback.objects.filter(user=user).order_by("pk")))


def _shared(user: User, now: dt.datetime, reader: Reader) -> Members:
    """The same members for an app: without what is outside its slice, and without what is between person and PTFI."""
    head = persona(user)
    yield "exportedAt", now
    yield "revision", head.revision
    yield "position", position(head)
    yield "account", _account(user, head)
    yield "candidates", reader.candidates(user)
    yield "suggestionChanges", []
    yield "traits", reader.traits(user)
    yield "log", reader.log(user)
    yield "styles", reader.styles(user)
    yield from ((name, []) for name in ("suppressions", "erasures", "interventions"))
    yield "looks", (exported_look(look) | {"reason": ""} for look in _rows(looks(user).order_by("created_at", "pk")))
    events = kept_events().filter(user=user).order_by("created_at", "pk")
    yield "securityEvents", map(exported_security_event, _rows(events))
    yield "moderation", []
    yield "connectedApps", _apps(user, reader.client_id)
    yield from ((name, []) for name in ("readReceipts", "traitRecipients", "notices", "feedback"))


def _apps(user: User, only: str = "") -> Iterator[dict[str, Any]]:
    """The connected apps with what each may see; of the others an app gets the names."""
    held = {pk: dataclasses.asdict(terms_of(grant)) for pk, grant in grants(user).items() if only in ("", pk)}
    return (exported_app(each, held.get(each.client.pk)) for each in connected_clients(user))


def _rows(rows: QuerySet[Any]) -> Iterator[Any]:
    return rows.iterator(chunk_size=ROWS)


def _account(user: User, head: Persona) -> dict[str, Any]:
    """Return the account as stored, with data about sign-ins but without secrets."""
    account = User.objects.get(pk=user.pk)
    account.persona = head
    return account_json(account)
