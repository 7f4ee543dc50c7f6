"""The persona as it was at a moment, from the log alone: the newest state of each trait and style until then."""

import dataclasses
import datetime as dt
import json
import uuid
from collections.abc import Iterable
from typing import Any

from django.db import connection

from ptfi.accounts.models import User
from traits.log.snapshots import State
from traits.log.versions import lifted_parts
from traits.models import UserRefinedTrait

PAGE = 50
STYLES = 200
"""Elements of style that are shown at most."""
# Numbers have no gaps and times never go back, so halving finds the place; no index over times is needed.
REVISION_AT = """
WITH RECURSIVE halves(low, high) AS (
    SELECT 0::bigint, revision FROM traits_persona WHERE user_id = %(user)s
    UNION ALL
    SELECT CASE WHEN entry.created_at <= %(at)s THEN entry.revision ELSE low END,
           CASE WHEN entry.created_at <= %(at)s THEN high ELSE entry.revision - 1 END
    FROM halves JOIN traits_userrefinedtrait entry
        ON entry.user_id = %(user)s AND entry.revision = (low + high + 1) / 2
    WHERE low < high
)
SELECT coalesce(max(low), 0) FROM halves
"""
# Numbers first, which the index alone gives; then one look at each newest entry. The contents of rejects and removals
# are not read: much of a long log is of that kind. What is read of a trait's state has its name in every version of the
# snapshots: name, last_refined_at and evidence.
PERSONA_AT = """
WITH newest AS MATERIALIZED (
    SELECT trait_id_in_pkg AS trait_id, max(revision) AS revision FROM traits_userrefinedtrait
    WHERE user_id = %(user)s AND trait_id_in_pkg IS NOT NULL AND revision <= %(revision)s
    GROUP BY trait_id_in_pkg
), held AS MATERIALIZED (
    SELECT trait_id, entry_id, lower(state ->> 'name') AS name,
           (state ->> 'last_refined_at')::timestamptz AS refined_at
    FROM newest CROSS JOIN LATERAL (
        SELECT refinement_action_id AS entry_id,
               CASE WHEN user_decision NOT IN ('rejected', 'removed') THEN content #> '{after,trait}' END AS state
        FROM traits_userrefinedtrait entry WHERE user_id = %(user)s AND entry.revision = newest.revision OFFSET 0
    ) entry
    WHERE state <> 'null'
), counted AS (
    SELECT count(held.trait_id) AS number, count(mine.trait_id) AS number_now,
           count(*) FILTER (WHERE last_refined_at = refined_at) AS same,
           count(*) FILTER (WHERE last_refined_at <> refined_at) AS changed
    FROM held FULL JOIN (SELECT trait_id, last_refined_at FROM traits_personatrait WHERE user_id = %(user)s) mine
        USING (trait_id)
), page AS (
    SELECT * FROM held
    WHERE coalesce((name, trait_id) > (SELECT name, trait_id FROM held WHERE trait_id = %(after)s::uuid), true)
    ORDER BY name, trait_id LIMIT %(limit)s
)
SELECT number, number_now, same, changed, page.trait_id, (content #> '{after,trait}') - 'evidence',
       coalesce((content -> 'v')::integer, 0), jsonb_array_length(content #> '{after,trait,evidence}'),
       now.trait_id IS NOT NULL, coalesce(now.last_refined_at = page.refined_at, false)
FROM counted LEFT JOIN page ON true LEFT JOIN traits_userrefinedtrait ON refinement_action_id = entry_id
    LEFT JOIN traits_personatrait now ON now.trait_id = page.trait_id AND now.user_id = %(user)s
ORDER BY page.name, page.trait_id
"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class PastTrait:
    """A trait as it was, without its evidence, and what became of it."""

    trait_id: uuid.UUID
    state: State
    evidence_count: int
    is_held: bool
    is_same: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Past:
    """Some of the traits, by name, and after which one the next page begins.

    How many traits there were then and are now; same and changed are those of both.
    """

    traits: list[PastTrait]
    next: uuid.UUID | None
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
    """The number of the newest entry that was made by then; 0 where there was none."""
    with connection.cursor() as cursor:
        cursor.execute(REVISION_AT, {"user": user.pk, "at": at})
        revision: int = cursor.fetchone()[0]
    return revision


def persona_at(user: User, revision: int, after: uuid.UUID | None = None, limit: int = PAGE) -> Past:
    """What the entry of this number left behind; a page that is to begin after no trait of then begins at the start."""
    values: dict[str, Any] = {"user": user.pk, "revision": revision, "after": after, "limit": limit + 1}
    with connection.cursor() as cursor:
        cursor.execute(PERSONA_AT, values)
        rows = cursor.fetchall()
    then, now, same, changed = rows[0][:4]
    found = [
        PastTrait(trait_id=pk, state=_lifted(state, version), evidence_count=pieces or 0, is_held=held, is_same=is_same)
        for _, _, _, _, pk, state, version, pieces, held, is_same in rows[:limit]
        if pk
    ]
    following = found[-1].trait_id if len(rows) > limit else None
    return Past(traits=found, next=following, then=then, now=now, same=same, changed=changed)


def _lifted(text: str, version: int) -> State:
    """The trait's state, without its evidence, in the newest version."""
    state: State = lifted_parts(version, after={"trait": json.loads(text)})["after"]["trait"]
    return state


def styles_at(user: User, revision: int) -> list[State]:
    """The elements of style that held then, by context and element."""
    rows = UserRefinedTrait.objects.filter(user=user, revision__lte=revision).exclude(style_element=None)
    newest = rows.order_by("style_element", "-revision").distinct("style_element")
    found: Iterable[tuple[int | None, State | None]] = newest.values_list("content__v", "content__after__style")[
        :STYLES
    ]
    states = [lifted_parts(version, after={"style": state})["after"]["style"] for version, state in found if state]
    return sorted(states, key=lambda state: (state["context"], state["element"]))
