"""The persona at a point in time, from the log alone: the newest state of each trait and style until then."""

import dataclasses
import datetime as dt
import json
import uuid
from collections.abc import Iterable

from ptfi.accounts.models import User
from ptfi.db import sql
from ptfi.texts import sort_key
from ptfi.web.keyset import LONG_PAGE, cut
from traits.history.sql import HELD_AT, REVISION_AT, STATES
from traits.log.snapshots import State
from traits.log.versions import lifted_parts
from traits.models import PersonaTrait, UserRefinedTrait

STYLES = 200
"""Number of style elements that are shown, at most."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class PastTrait:
    """A trait as it was, without its evidence, and what has happened to it since."""

    trait_id: uuid.UUID
    state: State
    evidence_count: int
    is_held: bool
    is_same: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Past:
    """A page of the traits, by name, with the key of the next page ("" at the end).

    then and now are the numbers of traits at that time and today; same and changed count those that exist in both.
    """

    traits: list[PastTrait]
    next: str
    then: int
    now: int
    same: int
    changed: int

    @property
    def gone(self) -> int:
        return self.then - self.same - self.changed

    @property
    def new(self) -> int:
        return self.now - self.same - self.changed


def revision_at(user: User, at: dt.datetime) -> int:
    """The revision of the newest entry up to that time; 0 if there was none."""
    revision: int = sql.value(REVISION_AT, {"user": user.pk, "at": at})
    return revision


def persona_at(user: User, revision: int, after: uuid.UUID | None = None, limit: int = LONG_PAGE) -> Past:
    """The persona after this revision; a page starts at the beginning if `after` is not a trait of that time."""
    held = [_Held(*row) for row in sql.rows(HELD_AT, {"user": user.pk, "revision": revision})]
    # Sorted here: the log has no sort keys, and the orders of databases differ.
    held.sort(key=lambda each: (sort_key(each.name), each.trait_id))
    start = next((place for place, each in enumerate(held, 1) if each.trait_id == after), 0)
    page = cut(held[start : start + limit + 1], limit, lambda each: each.trait_id)
    entries = [each.entry_id for each in page.rows]
    states = {pk: rest for pk, *rest in sql.rows(STATES, {"user": user.pk, "entries": entries})}
    still = [each for each in held if each.now]
    same = sum(each.is_same for each in still)
    return Past(
        # An erasure that ends in between leaves no entry to read.
        traits=[_past_trait(each, *states[each.entry_id]) for each in page.rows if each.entry_id in states],
        next=page.next,
        then=len(held),
        now=PersonaTrait.objects.filter(user=user).count(),
        same=same,
        changed=len(still) - same,
    )


@dataclasses.dataclass(frozen=True, slots=True)
class _Held:
    """A trait at that time, the entry that says so, and when it was last refined: then, and as it is now."""

    trait_id: uuid.UUID
    entry_id: uuid.UUID
    name: str
    then: dt.datetime
    now: dt.datetime | None

    @property
    def is_same(self) -> bool:
        return self.now == self.then


def _past_trait(held: _Held, state: str, version: int, pieces: int | None) -> PastTrait:
    return PastTrait(
        trait_id=held.trait_id,
        state=_lifted(state, version),
        evidence_count=pieces or 0,
        is_held=held.now is not None,
        is_same=held.is_same,
    )


def _lifted(text: str, version: int) -> State:
    """The trait's state, without its evidence, in the newest version."""
    state: State = lifted_parts(version, after={"trait": json.loads(text)})["after"]["trait"]
    return state


def styles_at(user: User, revision: int) -> list[State]:
    """The style elements at that revision, by context and element."""
    rows = UserRefinedTrait.objects.filter(user=user, revision__lte=revision).exclude(style_element=None)
    newest = rows.order_by("style_element", "-revision").distinct("style_element")
    found: Iterable[tuple[int | None, State | None]] = newest.values_list("content__v", "content__after__style")[
        :STYLES
    ]
    states = [lifted_parts(version, after={"style": state})["after"]["style"] for version, state in found if state]
    return sorted(states, key=lambda state: (sort_key(state["context"]), sort_key(state["element"])))
