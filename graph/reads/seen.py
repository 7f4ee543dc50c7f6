"""What of the graph a caller sees: everything, or what is inside an app's slice (traits/sharing/).

The tables decide which traits are inside. The graph may lag behind them, so a trait's state in the graph has to be
inside as well.
"""

import dataclasses
from collections.abc import Iterable
from typing import Any

import neo4j

from graph.connection import parts
from graph.reads.statements import TRAIT, Row
from ptfi.accounts.models import User
from traits.models import Category
from traits.sharing.slices import OWN, Slice, inside

STATES = f"{TRAIT} RETURN n.traitID AS id, n.category AS category, e.expressionContexts AS contexts"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is seen: the slice, with the ids of the traits in it; None: all.

    private: ids of evidence that is never shown. held: for the person, the traits that the persona has, since the graph
    shows a removed one until the projector comes; None: all that the graph has.
    """

    slice: Slice = OWN
    ids: frozenset[str] | None = None
    held: frozenset[str] | None = None
    private: frozenset[str] = frozenset()

    @property
    def is_all(self) -> bool:
        return self.ids is None

    @property
    def listed(self) -> list[str] | None:
        """The ids as a parameter of a statement."""
        return None if self.ids is None else sorted(self.ids)

    @property
    def emotions(self) -> bool:
        """Whether feelings that a trait influences are shown; they name no contexts."""
        return self.slice.contexts is None and Category.EMOTIONAL_RESPONSE_PATTERN in self.slice.categories

    def has(self, trait_id: str) -> bool:
        known = self.held if self.ids is None else self.ids
        return known is None or trait_id in known

    def holds_style(self, edge: Row) -> bool:
        return self.slice.holds_style(edge.get("contextApplicability") or "")

    def checked(self, tx: neo4j.ManagedTransaction, user_id: Any) -> "Seen":
        """The same without traits whose state in the graph is outside."""
        if self.ids is None:
            return self
        rows = (row for part in parts(self.listed or []) for row in tx.run(STATES, user=str(user_id), ids=part))
        held = frozenset(row["id"] for row in rows if self.slice.holds(row["category"] or "", row["contexts"] or ()))
        return dataclasses.replace(self, ids=held)

    def pieces(self, rows: Iterable[Row]) -> list[Row]:
        """Those of the rows of evidence that are shown."""
        if not self.slice.evidence:
            return []
        return [row for row in rows if row["node"].get("referenceID") not in self.private]


ALL = Seen()
"""What the graph has."""


def seen_by(user: User, held: Slice, private: frozenset[str]) -> Seen:
    """What the holder of a slice sees of the person's graph."""
    ids = frozenset(inside(user, held))
    return Seen(held=ids) if held.is_own else Seen(slice=held, ids=ids, private=private)
