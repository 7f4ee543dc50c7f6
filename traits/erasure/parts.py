"""Erase a part of the persona: a piece of evidence, a source, or a category.

An erasure runs in steps (worker.py), each a transaction under the person's lock. If the process dies, the projector
continues from the erasure's row, which is in state `erasing`. The first step is large enough for most erasures. It also
blocks the erased data (traits/ingest/blocklist.py), under the lock that imports wait for, so that none of it comes in
afterwards.
"""

import datetime as dt
import uuid

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext

from ptfi.accounts.models import User
from ptfi.db import idempotency
from ptfi.texts import composed
from traits.decisions.locking import lock
from traits.erasure.persona import erase_records, lock_all, new_erasure
from traits.erasure.redaction import Scope, target_of
from traits.erasure.sources import source_name
from traits.erasure.worker import ErasureWorker
from traits.errors import InvalidError, NotFoundError
from traits.evidence import Piece, stored_form
from traits.ingest import blocklist
from traits.log import entries as log
from traits.log.snapshots import State
from traits.models import Category, Erasure, ErasureState, ExtractedTraitCandidate, PersonaTrait, Suppression
from traits.models.erasure import ErasureKind

COUNTED_OF_CATEGORY = ("candidates", "traits", "evidence", "log_entries", "suppressions")
COUNTED_OF_PIECES = ("candidates", "evidence", "log_entries", "candidates_less", "traits_less")
"""The counts on the receipt of a category, and on that of a source or a piece of evidence."""
FURTHEST = dt.timedelta(hours=1)
"""Longer than any back-off: a time further ahead was set before the clock was turned back."""


@transaction.atomic
def erase_evidence(*, user: User, actor: log.Actor, evidence_id: uuid.UUID) -> Erasure:
    """Erase a piece of evidence wherever it occurs: the same words at the same place of the same source.

    A suggestion without other evidence is deleted; a trait stays. Raises NotFoundError.
    """
    piece = find_piece(user, evidence_id)
    target = target_of(ErasureKind.EVIDENCE, piece)
    return _start(user, actor, ErasureKind.EVIDENCE, target, blocklist.piece_bar(user.pk, stored_form(piece)))


@transaction.atomic
def erase_source(*, user: User, actor: log.Actor, source: str) -> Erasure:
    """Erase all evidence of the source with this key (blocklist.source_bar). Raises NotFoundError."""
    target = source_target(user, source)
    bar = blocklist.source_bar(user.pk, composed(target["source_package_id"]))
    return _start(user, actor, ErasureKind.SOURCE, target, bar)


@transaction.atomic
def erase_category(*, user: User, actor: log.Actor, category: str) -> Erasure:
    """Erase all suggestions and traits of the category, and what the log says about them. Raises InvalidError."""
    if category not in Category.values:
        raise InvalidError(details={"category": [gettext("This is not one of the categories.")]})
    return _start(user, actor, ErasureKind.CATEGORY, {"category": category}, category)


def find_piece(user: User, evidence_id: uuid.UUID) -> Piece:
    """The piece as a suggestion or trait of the person holds it. Raises NotFoundError."""
    wanted = str(evidence_id)
    holds = [{"evidence_id": wanted}]
    suggested = ExtractedTraitCandidate.objects.filter(user=user, supporting_evidence__contains=holds)
    held = PersonaTrait.objects.filter(user=user, evidence__contains=holds)
    pieces: list[Piece] = suggested.values_list("supporting_evidence", flat=True).first() or []
    pieces = pieces or held.values_list("evidence", flat=True).first() or []
    found = next((piece for piece in pieces if piece["evidence_id"] == wanted), None)
    if found is None:
        raise NotFoundError
    return found


def source_target(user: User, source: str) -> State:
    """The fields that all evidence of the source with this key shares. Raises NotFoundError."""
    name = source_name(user, source)
    if name is None:
        raise NotFoundError
    return {"source_package_id": name}


def preview(user: User, target: State) -> dict[str, int]:
    """How much an erasure of this would delete; *_less counts rows that lose some of their evidence but stay."""
    scope = Scope(target)
    candidates, traits = scope.candidates(user).count(), scope.traits(user).count()
    found = {"evidence": scope.pieces(user), "log_entries": scope.entries(user).count()}
    if scope.category:
        suppressed = Suppression.objects.filter(user=user, category=scope.category).count()
        return {"candidates": candidates, "traits": traits, **found, "suppressions": suppressed}
    going = scope.without(user)
    return {"candidates": going, **found, "candidates_less": candidates - going, "traits_less": traits}


def _start(user: User, actor: log.Actor, kind: str, target: State, bar: str) -> Erasure:
    lock_all(user)
    # A single block of each kind is enough.
    Erasure.objects.filter(user=user, kind=kind, bar=bar).update(bar="")
    erasure = new_erasure(user, actor, kind)
    erasure.target, erasure.bar, erasure.state = target, bar, ErasureState.ERASING
    erasure.confirmed_at = timezone.now()
    erasure.counts = dict.fromkeys(COUNTED_OF_CATEGORY if kind == ErasureKind.CATEGORY else COUNTED_OF_PIECES, 0)
    # Counted here, once: a piece of evidence may be in several rows, and each step sees only some of them.
    erasure.counts["evidence"] = Scope(target).pieces(user)
    erasure.save(force_insert=True)
    erasure.counts |= erase_records(user)
    if kind == ErasureKind.CATEGORY:
        suppressions = Suppression.objects.filter(user=user, category=target["category"])
        ExtractedTraitCandidate.objects.filter(suppressed_by__in=suppressions).update(suppressed_by=None)
        erasure.counts["suppressions"] = suppressions.delete()[0]
    ErasureWorker(user, erasure).take()
    return erasure


@transaction.atomic
def go_on(*, erasure_id: uuid.UUID) -> Erasure:
    """Take the next step of an erasure that is under way; a finished one is returned unchanged."""
    erasure = Erasure.objects.select_related("user").get(pk=erasure_id)
    if erasure.user is None:
        return erasure
    idempotency.lock(str(erasure.user_id))
    lock(erasure.user)
    erasure = Erasure.objects.select_related("user").select_for_update(of=("self",)).get(pk=erasure_id)
    if erasure.state == ErasureState.ERASING and erasure.user:
        ErasureWorker(erasure.user, erasure).take()
    return erasure


def under_way(only: uuid.UUID | None = None) -> QuerySet[Erasure]:
    """Erasures with steps left to take that are not backing off, oldest first."""
    backing_off = {"next_attempt_at__gt": Now(), "next_attempt_at__lt": Now() + FURTHEST}
    rows = Erasure.objects.filter(state=ErasureState.ERASING).exclude(**backing_off)
    return (rows.filter(subject_id=only) if only else rows).order_by("requested_at")
