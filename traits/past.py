"""The persona as it was at a moment, from the log alone: the newest state of each trait and style until then."""

import dataclasses
import datetime as dt
import json
import uuid
from typing import Any

from django.db import connection

from ptfi.accounts.models import User
from traits.models import UserRefinedTrait
from traits.states import State

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
NEWEST = """
SELECT DISTINCT ON (trait_id_in_pkg) trait_id_in_pkg, refinement_action_id
FROM traits_userrefinedtrait
WHERE user_id = %(user)s AND trait_id_in_pkg IS NOT NULL AND revision <= %(revision)s
ORDER BY trait_id_in_pkg, revision DESC
"""
HELD = f"""
WITH newest AS MATERIALIZED ({NEWEST}), held AS MATERIALIZED (
    SELECT newest.trait_id_in_pkg AS trait_id, entry.refinement_action_id, state ->> 'name' AS name,
           (state ->> 'last_refined_at')::timestamptz AS refined_at
    FROM newest JOIN traits_userrefinedtrait entry USING (refinement_action_id)
        CROSS JOIN LATERAL (SELECT entry.content #> '{{after,trait}}' AS state) after
    WHERE state <> 'null'
)
"""  # noqa: S608 (both halves are constants)
LISTED = f"""
{HELD}, page AS (
    SELECT * FROM held
    WHERE coalesce(
        (lower(name), trait_id) > (SELECT lower(name), trait_id FROM held WHERE trait_id = %(after)s::uuid), true)
    ORDER BY lower(name), trait_id LIMIT %(limit)s
)
SELECT page.trait_id, (content #> '{{after,trait}}') - 'evidence',
       jsonb_array_length(content #> '{{after,trait,evidence}}'),
       now.trait_id IS NOT NULL, coalesce(now.last_refined_at = page.refined_at, false)
FROM page JOIN traits_userrefinedtrait USING (refinement_action_id)
    LEFT JOIN traits_personatrait now ON now.trait_id = page.trait_id AND now.user_id = %(user)s
ORDER BY lower(page.name), page.trait_id
"""  # noqa: S608 (both halves are constants)
COUNTED = f"""
{HELD}, mine AS (SELECT trait_id, last_refined_at FROM traits_personatrait WHERE user_id = %(user)s)
SELECT count(held.trait_id), count(mine.trait_id),
       count(*) FILTER (WHERE last_refined_at = refined_at), count(*) FILTER (WHERE last_refined_at <> refined_at)
FROM held FULL JOIN mine USING (trait_id)
"""  # noqa: S608 (both halves are constants)


@dataclasses.dataclass(frozen=True, kw_only=True)
class PastTrait:
    """A trait as it was, without its evidence, and what became of it."""

    trait_id: uuid.UUID
    state: State
    evidence_count: int
    is_held: bool
    is_same: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Summary:
    """How many traits there were then and are now; same and changed are those of both."""

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


def summary(user: User, revision: int) -> Summary:
    """The persona then beside the one now, in numbers."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, {"user": user.pk, "revision": revision})
        then, now, same, changed = cursor.fetchone()
    return Summary(then=then, now=now, same=same, changed=changed)


def traits_at(
    user: User, revision: int, after: uuid.UUID | None = None, limit: int = PAGE
) -> tuple[list[PastTrait], uuid.UUID | None]:
    """Some of the traits that the entry of this number left behind, by name; and after which one the next page begins.

    One that was not there then begins at the start.
    """
    values: dict[str, Any] = {"user": user.pk, "revision": revision, "after": after, "limit": limit + 1}
    with connection.cursor() as cursor:
        cursor.execute(LISTED, values)
        rows = cursor.fetchall()
    found = [
        PastTrait(trait_id=pk, state=json.loads(state), evidence_count=pieces or 0, is_held=held, is_same=same)
        for pk, state, pieces, held, same in rows[:limit]
    ]
    return found, found[-1].trait_id if len(rows) > limit else None


def styles_at(user: User, revision: int) -> list[State]:
    """The elements of style that held then, by context and element."""
    rows = UserRefinedTrait.objects.filter(user=user, revision__lte=revision).exclude(style_element=None)
    newest = rows.order_by("style_element", "-revision").distinct("style_element")
    states = newest.values_list("content__after__style", flat=True)[:STYLES]
    return sorted((state for state in states if state), key=lambda state: (state["context"], state["element"]))
