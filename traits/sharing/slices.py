"""The selector: what a client may see of a person, and what it may do.

A trait is inside a slice if its category is granted, and one of its contexts or `everywhere` is. A trait that names no
context shows everywhere, so it needs `everywhere`; so do suggestions, which name none. What is outside is unknown to
the client: the conditions below stand in the queries themselves, so an id outside costs the same as one that does not
exist.
"""

import dataclasses
import uuid
from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q

from ptfi.accounts.models import User
from ptfi.api.authentication import Access
from ptfi.db.prepared import fetch
from ptfi.oauth.scopes import MANAGE_TRAITS
from ptfi.oauth.sql import Joined
from traits.log.snapshots import State
from traits.models import EVERYWHERE, Category, ExtractedTraitCandidate, Grant, PersonaTrait
from traits.sharing.sql import COLUMNS, JOIN, REVISION, SPELLINGS
from traits.text import name_key


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """What a client sees and does.

    is_own: the caller is the person, who sees everything. contexts: name keys of the granted ones, None: everywhere.
    spellings: how the person's traits write them. grant, revision: the row that this was made from.
    """

    is_own: bool = False
    categories: frozenset[str] = frozenset()
    contexts: frozenset[str] | None = frozenset()
    spellings: tuple[str, ...] = ()
    evidence: bool = False
    styles: bool = False
    write: bool = False
    suggest: bool = False
    grant: int = 0
    revision: int = 0

    @property
    def candidates_shown(self) -> bool:
        """Whether the client sees any suggestions."""
        return self.is_own or (self.write and self.contexts is None)

    def holds(self, category: str, contexts: Iterable[str]) -> bool:
        """Whether a trait of this category and these contexts is inside."""
        if self.is_own:
            return True
        return category in self.categories and (
            self.contexts is None or any(name_key(each) in self.contexts for each in contexts)
        )

    def holds_style(self, context: str) -> bool:
        """Whether the styles of a context are inside; the context is a name key, "" is everywhere."""
        return self.is_own or (self.styles and (self.contexts is None or context in self.contexts))

    def holds_trait(self, trait: State | None) -> bool:
        """Whether a trait's state from the log is inside; what is not there hides nothing."""
        return trait is None or self.holds(trait["category"], trait.get("expression_contexts") or ())

    def holds_candidate(self, candidate: State | None) -> bool:
        return candidate is None or self.is_own or (self.candidates_shown and candidate["category"] in self.categories)

    def traits(self) -> Q:
        """The condition on PersonaTrait."""
        if self.is_own:
            return Q()
        inside = Q(category__in=sorted(self.categories))
        return inside if self.contexts is None else inside & Q(expression_contexts__has_any_keys=self.spellings)

    def candidates(self) -> Q:
        """The condition on ExtractedTraitCandidate; a suggestion is outside if the trait that it became is."""
        if self.is_own:
            return Q()
        if not self.candidates_shown:
            return Q(pk__in=[])
        became = PersonaTrait.objects.filter(user=OuterRef("user"), pk=OuterRef("pk")).exclude(self.traits())
        return Q(~Exists(became), trait_category__in=sorted(self.categories))


OWN = Slice(
    is_own=True,
    categories=frozenset(Category.values),
    contexts=None,
    evidence=True,
    styles=True,
    write=True,
    suggest=True,
)
"""The person's own view."""
NOTHING = Slice()


def register() -> None:
    """Let the statement that looks up a token read the grant, too."""
    Joined.columns, Joined.join = tuple(f"g.{column}" for column in COLUMNS), JOIN


def slice_of(user: User, access: Access) -> Slice:
    """THE selector: what a client sees of the person, by their grant and the scopes of its token.

    The grant came with the token. Takes no query, or one if contexts are limited.
    """
    if access.is_own:
        return OWN
    is_granted = bool(access.joined) and access.joined[0] is not None
    return _slice(user, access.joined, access.scopes) if is_granted else NOTHING


def slice_by(user: User, grant: Grant | None, scopes: Collection[str]) -> Slice:
    """What a client would see by this grant, with a token of these scopes. Takes no query, or one."""
    return _slice(user, tuple(getattr(grant, name) for name in COLUMNS), scopes) if grant else NOTHING


def _slice(user: User, row: tuple[Any, ...], scopes: Collection[str]) -> Slice:
    pk, revision, categories, contexts, evidence, styles, write, suggest = row
    keys = None if EVERYWHERE in contexts else frozenset(map(name_key, contexts))
    return Slice(
        categories=frozenset(categories),
        contexts=keys,
        spellings=() if keys is None else spellings(user, keys),
        evidence=evidence,
        styles=styles,
        write=write and MANAGE_TRAITS in scopes,
        suggest=suggest,
        grant=pk,
        revision=revision,
    )


def spellings(user: User, keys: Collection[str]) -> tuple[str, ...]:
    """How the person's traits write these contexts."""
    return tuple(text for (text,) in fetch(SPELLINGS, [user.pk]) if name_key(text) in keys)


def inside(user: User, seen: Slice) -> list[str]:
    """The ids of the person's traits inside the slice, as the graph writes them."""
    return [str(pk) for pk in PersonaTrait.objects.filter(seen.traits(), user=user).values_list("pk", flat=True)]


def is_current(seen: Slice) -> bool:
    """Whether the grant is still the one that the slice was made from."""
    if seen.is_own:
        return True
    rows = fetch(REVISION, [seen.grant])
    return bool(rows) and rows[0][0] == seen.revision


def candidate_inside(user: User, seen: Slice, pk: uuid.UUID) -> bool:
    return ExtractedTraitCandidate.objects.filter(seen.candidates(), user=user, pk=pk).exists()
