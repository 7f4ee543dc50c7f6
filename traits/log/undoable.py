"""Whether an entry can be undone: only while it is the newest on everything it touched.

Entries of undoing and entries that were undone do not count, so undoing again goes one step further back.
"""

import dataclasses
import uuid
from collections.abc import Iterable, Set
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from ptfi.accounts.models import User
from traits.models import Decision, UserRefinedTrait
from traits.models.log import NEVER_UNDONE

COLUMNS = {"trait": "trait_id_in_pkg", "candidate": "original_candidate_id", "style": "style_element"}
"""What an entry may touch, with the column that names it."""
Thing = tuple[str, uuid.UUID | str]
"""Kind and id of a trait, a candidate or a style element."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Standing:
    """An entry's situation: the entry that undid it, and the newest entry on each thing that it touched, by kind."""

    undone_by: uuid.UUID | None
    newest: dict[str, uuid.UUID]

    def can_undo(self, entry: UserRefinedTrait, after: Set[uuid.UUID] = frozenset()) -> bool:
        """Whether the entry can be undone now, or once the entries in `after` are undone."""
        newest = set(self.newest.values())
        is_newest = bool(newest) and newest <= {entry.pk, *after}
        return is_newest and self.undone_by is None and entry.user_decision not in NEVER_UNDONE


def standing(user: User, entry_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Standing]:
    """The situation of those entries that belong to the person; one query for all of them."""
    mine = UserRefinedTrait.objects.filter(user=user)
    rows = with_standing(user, mine.filter(pk__in=list(entry_ids)).only("pk"))
    return {entry.pk: standing_of(entry) for entry in rows}


def with_standing(user: User, rows: QuerySet[UserRefinedTrait]) -> Any:
    """Annotate the person's entries with what standing_of() reads."""
    mine = UserRefinedTrait.objects.filter(user=user)
    undoing = mine.filter(undoes=OuterRef("pk"))
    counting = mine.exclude(user_decision=Decision.UNDONE).filter(~Exists(undoing)).order_by("-revision")
    newest = {
        f"newest_{kind}": Subquery(counting.filter(**{column: OuterRef(column)}).values("pk")[:1])
        for kind, column in COLUMNS.items()
    }
    return rows.annotate(undone_by=Subquery(undoing.values("pk")[:1]), **newest)


def standing_of(entry: Any) -> Standing:
    """The situation of an entry of with_standing()."""
    newest = {kind: getattr(entry, f"newest_{kind}") for kind in COLUMNS}
    return Standing(undone_by=entry.undone_by, newest={kind: pk for kind, pk in newest.items() if pk})


def standing_ids(user: User, entries: Iterable[UserRefinedTrait], *, as_batch: bool = False) -> set[uuid.UUID]:
    """The ids of the entries that can be undone now; one query for all of them.

    as_batch: newer entries are undone first, so that they do not block older ones of the same batch.
    """
    by_id = {entry.pk: entry for entry in entries}
    found = standing(user, by_id) if by_id else {}
    if not as_batch:
        return {pk for pk, each in found.items() if each.can_undo(by_id[pk])}
    undone, blocked = set[uuid.UUID](), set[Thing]()
    for entry in sorted((by_id[pk] for pk in found), key=lambda entry: -entry.revision):
        each, things = found[entry.pk], _things(entry)
        if each.can_undo(entry, after=undone) and not things & blocked:
            undone.add(entry.pk)
        elif each.undone_by is None and entry.user_decision != Decision.UNDONE:
            # It stays, and so do all older entries on the same things.
            blocked |= things
    return undone


def _things(entry: UserRefinedTrait) -> set[Thing]:
    touched = {kind: getattr(entry, column) for kind, column in COLUMNS.items()}
    return {(kind, pk) for kind, pk in touched.items() if pk is not None}
