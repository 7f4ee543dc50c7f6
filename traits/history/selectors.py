"""The history: all decisions, newest first, batches folded, with what changed and what can be undone."""

import dataclasses
import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import BooleanField, Count, Exists, F, Func, JSONField, OuterRef, Q, QuerySet, Value, Window
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ptfi.accounts.models import User
from ptfi.oauth.grants import client_names
from ptfi.texts import Text
from ptfi.web import keyset
from ptfi.web.filters import Filters, choice, day
from ptfi.web.keyset import Page
from traits.errors import NotFoundError
from traits.history.past import revision_at
from traits.history.sql import SLIM
from traits.log import undoable
from traits.log.diff import Difference, differences
from traits.log.narration import Narrated, Phrase, batch_phrase, narrate, related, with_names
from traits.log.sentences import WHO
from traits.log.snapshots import SIDES, State
from traits.log.undoable import Standing
from traits.log.versions import lifted, lifted_parts
from traits.log.words import SAME_TRAIT, WORDS
from traits.models import ActorKind, Category, Decision, PersonaTrait, UserRefinedTrait
from traits.models.log import NEVER_UNDONE

ORDER = ("-revision",)
SHOWN_MEMBERS = 8
"""Entries of a batch that the list shows; the others are on the batch's own page."""
MOMENT = dt.timedelta(microseconds=1)
ACTORS: dict[str, Text] = {
    "person": _("You, on these pages"),
    "app": _("An app, for you"),
    "staff": WHO[ActorKind.STAFF],
    "pipeline": WHO[ActorKind.PIPELINE],
}
ACTOR_CONDITIONS = {
    "person": Q(actor_kind=ActorKind.PERSON, client_id=""),
    "app": ~Q(client_id=""),
    "staff": Q(actor_kind=ActorKind.STAFF),
    "pipeline": Q(actor_kind=ActorKind.PIPELINE),
}
STATES = tuple((half, side) for half in ("before", "after") for side in SIDES)


class Slim(Func):
    """A state with only the ids and verdicts of its evidence, whose texts can have several megabytes.

    Every version of the snapshots has these fields under these names.
    """

    template = SLIM
    output_field = JSONField()


def _says(decision: str) -> Q:
    """Entries of this decision; merging two traits is stored as one removed and one edited."""
    meant = Q(user_decision=decision)
    if decision == Decision.MERGED:
        # Every version of the snapshots has the kind in a relation.
        halves = (Decision.REMOVED, Decision.EDITED)
        meant |= Q(user_decision__in=halves, content__relation__kind=SAME_TRAIT)
    return meant


def _names_category(category: str) -> Func:
    """Whether one of an entry's states is of this category; reads the content, which may be long, only once.

    Every version of the snapshots has the category in a state.
    """
    path = Func(Value(f'$.*.*.category ? (@ == "{category}")'), template="%(expressions)s::jsonpath")
    return Func("content", path, function="jsonb_path_exists", output_field=BooleanField())


@dataclasses.dataclass(frozen=True, kw_only=True)
class HistoryFilters(Filters):
    """The filters of the list. Both days are in the person's time zone and inclusive."""

    decision: str = choice(Decision.values, _says)
    category: str = choice(Category.values, _names_category)
    actor: str = choice(ACTORS, ACTOR_CONDITIONS.__getitem__)
    since: dt.date | None = day()
    until: dt.date | None = day()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Obstacle:
    """Why something can't be undone, and the entry that prevents it, if there is one."""

    text: Text
    entry_id: uuid.UUID | None = None


@dataclasses.dataclass(kw_only=True)
class Item(Narrated):
    """An entry, or a batch as one item; members are the first few entries of a batch.

    undone: how many of its entries were undone; undone_by: the entry that undid the newest of them.
    """

    number: int
    members: list[Narrated]
    differences: list[Difference]
    relation: Phrase | None
    app: str
    undone: int
    undone_by: uuid.UUID | None
    obstacle: Obstacle | None

    @property
    def action_id(self) -> uuid.UUID:
        """The id that undo() takes."""
        pk: uuid.UUID = self.entry.batch_id if self.number > 1 else self.entry.pk
        return pk

    @property
    def day(self) -> dt.date:
        return timezone.localdate(self.entry.created_at)

    @property
    def is_redacted(self) -> bool:
        return not self.entry.salt


def end_of(day: dt.date) -> dt.datetime:
    """The last moment of the day in the person's time zone."""
    return timezone.make_aware(dt.datetime.combine(day + dt.timedelta(days=1), dt.time())) - MOMENT


def _matching(user: User, filters: HistoryFilters) -> QuerySet[UserRefinedTrait]:
    return UserRefinedTrait.objects.filter(filters.condition(), user=user)


def page(user: User, filters: HistoryFilters, after: str = "", limit: int = keyset.PAGE) -> Page[Item]:
    """One page of the history, in a constant number of queries."""
    rows = _matching(user, filters)
    if filters.since:
        rows = rows.filter(revision__gt=revision_at(user, end_of(filters.since - dt.timedelta(days=1))))
    if filters.until:
        rows = rows.filter(revision__lte=revision_at(user, end_of(filters.until)))
    # A batch is listed at the place of its newest entry.
    newer = _matching(user, filters).filter(batch_id=OuterRef("batch_id"), revision__gt=OuterRef("revision"))
    heads = keyset.page(with_names(rows.filter(Q(batch_id=None) | ~Exists(newer))), ORDER, after, limit)
    return Page(rows=items(user, heads.rows), next=heads.next)


def items(user: User, heads: list[Any], *, fold: bool = True) -> list[Item]:
    """The entries of with_names() as items; with fold, an entry stands for its whole batch."""
    # An erasure's batch may be as long as the log and can't be undone, so its entries are only counted.
    members = _members(user, [head for head in heads if head.user_decision != Decision.EVIDENCE_ERASED]) if fold else {}
    sizes = _sizes(user, [head for head in heads if head.user_decision == Decision.EVIDENCE_ERASED]) if fold else {}
    shown = _shown_members(user, [pk for pk, each in members.items() if len(each) > 1])
    told = {entry.pk: entry for each in shown.values() for entry in each} | {head.pk: head for head in heads}
    narrated = {each.entry.pk: each for each in narrate(user, told.values())}
    batches = {head.pk: members.get(head.batch_id) or [head] for head in heads}
    standing = undoable.standing(user, [entry.pk for each in batches.values() for entry in each])
    changed = _differences(user, [head.pk for head in heads if len(batches[head.pk]) == 1 or head.relation])
    apps = client_names(head.client_id for head in heads if head.client_id)
    names = _related_names(user, heads, told.values())
    found = []
    for head in heads:
        batch, number = batches[head.pk], sizes.get(head.batch_id, len(batches[head.pk]))
        undone = [by for entry in batch if (by := standing[entry.pk].undone_by)]
        found.append(
            Item(
                entry=head,
                phrase=batch_phrase(batch, narrated[head.pk], number),
                number=number,
                members=[narrated[entry.pk] for entry in shown.get(head.batch_id, ())],
                differences=changed.get(head.pk, []),
                relation=related(head.relation, names.get((head.relation or {}).get("trait_id", ""))),
                app=apps.get(head.client_id, gettext("an app that no longer exists")) if head.client_id else "",
                undone=len(undone),
                undone_by=undone[0] if undone else None,
                obstacle=_obstacle(batch, standing, bool(head.relation)),
            )
        )
    return found


def _sizes(user: User, heads: Iterable[Any]) -> dict[uuid.UUID | None, int]:
    """The number of entries in each head's batch."""
    ids = [head.batch_id for head in heads if head.batch_id]
    rows = UserRefinedTrait.objects.filter(user=user, batch_id__in=ids).values("batch_id").order_by()
    return dict(rows.annotate(number=Count("pk")).values_list("batch_id", "number")) if ids else {}


def _members(user: User, heads: Iterable[Any]) -> dict[uuid.UUID, list[UserRefinedTrait]]:
    """The entries of each head's batch, newest first."""
    ids = [head.batch_id for head in heads if head.batch_id]
    found = defaultdict[uuid.UUID, list[UserRefinedTrait]](list)
    if ids:
        columns = ("user_decision", "batch_id", "revision")
        for entry in UserRefinedTrait.objects.filter(user=user, batch_id__in=ids).only(*columns).order_by("-revision"):
            found[entry.batch_id].append(entry)  # type: ignore[index]
    return found


def _shown_members(user: User, batch_ids: list[uuid.UUID]) -> dict[uuid.UUID, list[Any]]:
    """The first few entries of each batch, annotated with their names."""
    found = defaultdict[uuid.UUID, list[Any]](list)
    if batch_ids:
        mine = UserRefinedTrait.objects.filter(user=user, batch_id__in=batch_ids)
        place = Window(RowNumber(), partition_by=F("batch_id"), order_by=F("revision").desc())
        first = [pk for pk, _ in mine.annotate(place=place).filter(place__lte=SHOWN_MEMBERS).values_list("pk", "place")]
        for entry in with_names(mine.filter(pk__in=first)).order_by("-revision"):
            found[entry.batch_id].append(entry)
    return found


def _differences(user: User, entry_ids: list[uuid.UUID]) -> dict[uuid.UUID, list[Difference]]:
    if not entry_ids:
        return {}
    states = {f"{half}_{side}": Slim(KeyTransform(side, KeyTransform(half, "content"))) for half, side in STATES}
    rows = UserRefinedTrait.objects.filter(user=user, pk__in=entry_ids).annotate(**states)
    found = {}
    for pk, version, *values in rows.values_list("pk", "content__v", *states):
        halves: dict[str, State] = {"before": {}, "after": {}}
        for (half, side), state in zip(STATES, values, strict=True):
            halves[half][side] = state
        content = lifted_parts(version, **halves)
        found[pk] = differences(content["before"], content["after"])
    return found


def _related_names(user: User, heads: Iterable[Any], told: Iterable[Any]) -> dict[str, str]:
    """The names of the traits that suggestions conflicted with, by id."""
    ids = {head.relation["trait_id"] for head in heads if head.relation}
    names = {str(entry.trait_id_in_pkg): entry.trait_before for entry in told if entry.trait_before}
    if missing := ids - names.keys():
        held = PersonaTrait.objects.filter(user=user, pk__in=missing).values_list("pk", "name")
        names |= {str(pk): name for pk, name in held}
    return {pk: name for pk, name in names.items() if pk in ids}


def _obstacle(
    batch: Sequence[UserRefinedTrait], standing: dict[uuid.UUID, Standing], together: bool
) -> Obstacle | None:
    """Why the batch (or the single entry) can't be undone; None if it can."""
    decisions = {entry.user_decision for entry in batch}
    if decisions.issubset(NEVER_UNDONE):
        return Obstacle(text=WORDS[decisions.pop()].never_undone)
    undoable = [entry for entry in batch if standing[entry.pk].can_undo(entry)]
    if undoable and not (together and len(undoable) < len(batch)):
        return None
    left = [entry for entry in batch if standing[entry.pk].undone_by is None]
    newer = {pk for entry in left for pk in standing[entry.pk].newest.values()} - {entry.pk for entry in batch}
    text = _("Superseded by a later decision.") if left else _("This was undone.")
    return Obstacle(text=text, entry_id=next(iter(newer), None))


def item(user: User, action_id: uuid.UUID) -> Item:
    """One entry or batch. Raises NotFoundError if it is not the person's."""
    mine = with_names(UserRefinedTrait.objects.filter(user=user))
    head = mine.filter(Q(pk=action_id) | Q(batch_id=action_id)).order_by("-revision").first()
    if head is None:
        raise NotFoundError
    return items(user, [head])[0]


def members(user: User, batch_id: uuid.UUID, after: str = "", limit: int = keyset.PAGE) -> Page[Item]:
    """The entries of a batch, one item each."""
    entries = with_names(UserRefinedTrait.objects.filter(user=user, batch_id=batch_id))
    found = keyset.page(entries, ORDER, after, limit)
    return Page(rows=items(user, found.rows, fold=False), next=found.next)


def content(user: User, entry_id: uuid.UUID) -> State:
    """The whole content of one entry, in the newest version. Raises NotFoundError if it is not the person's."""
    entry = UserRefinedTrait.objects.filter(user=user, pk=entry_id).only("content").first()
    if entry is None:
        raise NotFoundError
    return lifted(entry.content)
