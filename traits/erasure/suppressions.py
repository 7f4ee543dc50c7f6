"""Suppressions, the decisions that caused them, and how the person lifts them."""

import dataclasses
import datetime as dt
import uuid

from django.db import transaction
from django.db.models import Case, Count, F, Q, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce

from ptfi.accounts.models import User
from ptfi.web import keyset
from ptfi.web.keyset import Page
from traits.decisions.locking import lock
from traits.decisions.suppressions import drop_suppressions
from traits.errors import NotFoundError
from traits.log import entries as log
from traits.log.words import SAME_TRAIT
from traits.models import (
    Decision,
    Erasure,
    ExtractedTraitCandidate,
    Suppression,
    UserRefinedTrait,
)
from traits.models.log import SUPPRESSING

ORDER = ("sort_key", "pk")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cause:
    """A decision behind a suppression: which (a rejection, a removal or a merge of two traits), of what, and when.

    code: the rejection code, "" for the others.
    """

    decision: str
    name: str
    at: dt.datetime
    code: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Suppressed:
    """A suppression as its page shows it; kept_away: how many suggestions it blocks now."""

    pk: int
    name: str
    category: str
    causes: list[Cause]
    kept_away: int


def suppressions(user: User, after: str = "") -> Page[Suppressed]:
    """A page of the person's suppressions, sorted by name."""
    page = keyset.page(Suppression.objects.filter(user=user), ORDER, after)
    causes = _causes(user, {source for row in page.rows for source in row.sources})
    held = ExtractedTraitCandidate.objects.filter(suppressed_by__in=page.rows).values("suppressed_by")
    kept_away = dict(held.annotate(number=Count("pk")).values_list("suppressed_by", "number"))
    rows = [
        _suppressed(row, [causes[pk] for pk in row.sources if pk in causes], kept_away.get(row.pk, 0))
        for row in page.rows
    ]
    return Page(rows=rows, next=page.next)


def _suppressed(row: Suppression, causes: list[Cause], kept_away: int) -> Suppressed:
    # Prefer the name from the decision, because the name key lacks capitals and punctuation.
    name = next((cause.name for cause in causes if cause.name), row.name_key)
    return Suppressed(pk=row.pk, name=name, category=row.category, causes=causes, kept_away=kept_away)


def _causes(user: User, sources: set[uuid.UUID]) -> dict[uuid.UUID | None, Cause]:
    """The newest rejection or removal of each of these suggestions and traits."""
    entries = UserRefinedTrait.objects.filter(user=user, trait_id_in_pkg__in=sources, user_decision__in=SUPPRESSING)
    # Every version of the snapshots has the name in a state and the kind in a relation.
    name = Coalesce(KT("content__before__trait__name"), KT("content__before__candidate__name"))
    is_merge = Q(user_decision=Decision.REMOVED, content__relation__kind=SAME_TRAIT)
    decided = Case(When(is_merge, then=Value(Decision.MERGED.value)), default=F("user_decision"))
    columns = ("trait_id_in_pkg", "decided", "name", "created_at", "rejection_code")
    rows = entries.annotate(name=name, decided=decided).order_by("revision").values_list(*columns)
    return {pk: Cause(decision=decision, name=name or "", at=at, code=code) for pk, decision, name, at, code in rows}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Lifted:
    """A lifted suppression; name as the person spells it, returned: how many suggestions are back in the queue."""

    name_key: str
    name: str
    category: str
    returned: int


@transaction.atomic
def lift_suppression(*, user: User, actor: log.Actor, suppression_id: int) -> Lifted:  # noqa: ARG001 (all take one)
    """Allow this to be suggested again; blocked suggestions go to review, rejected ones stay rejected.

    This is not a decision about a trait or a suggestion, so the log has no entry of it. Raises NotFoundError.
    """
    lock(user)
    row = Suppression.objects.filter(user=user, pk=suppression_id).first()
    if row is None:
        raise NotFoundError
    returned = drop_suppressions(user.pk, [row.pk])
    # Prefer the name from the decision, because the name key lacks capitals and punctuation.
    name = next((cause.name for cause in _causes(user, set(row.sources)).values() if cause.name), row.name_key)
    return Lifted(name_key=row.name_key, name=name, category=row.category, returned=returned)


@transaction.atomic
def lift_bar(*, user: User, actor: log.Actor, erasure_id: uuid.UUID) -> Erasure:  # noqa: ARG001 (all take one)
    """Allow imports to bring in again what an erasure blocks (traits/ingest/blocklist.py); erased data stays erased.

    Raises NotFoundError.
    """
    lock(user)
    erasure = Erasure.objects.select_for_update(of=("self",)).filter(user=user, pk=erasure_id).exclude(bar="").first()
    if erasure is None:
        raise NotFoundError
    erasure.bar = ""
    erasure.save(update_fields=["bar"])
    return erasure
