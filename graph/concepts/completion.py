"""Names of concepts to choose from: shared ones and the person's own, never another person's."""

from collections.abc import Collection

from django.db.models import Q

from graph.models import SharedConcept
from ptfi.accounts.models import User
from ptfi.texts import shows_nothing, sort_key
from traits import selectors
from traits.text import name_key, once_each

COMPLETIONS = 20
MAX_OWN = 5_000
MAX_NEAR = 2_000
SAME_START = 2
"""Letters that a shared name must have in common with a possible misspelling."""


def completions(user: User, typed: str, limit: int = COMPLETIONS) -> list[str]:
    """Names whose key begins with what was typed, the person's own first, most used first; for "" the most used."""
    key = "" if shows_nothing(typed) else name_key(typed)
    own = [name for name in selectors.own_names(user, "concepts", MAX_OWN) if name_key(name).startswith(key)]
    shared = SharedConcept.objects.filter(removed=False, name_key__startswith=key).order_by("name_key")
    names = sorted(shared.values_list("name", flat=True)[:limit], key=sort_key)
    return once_each([*own[:limit], *names])[:limit]


def shared_names(keys: Collection[str]) -> list[str]:
    """The names of shared concepts that one of these name keys may mean: the same, or with the same beginning."""
    there = SharedConcept.objects.filter(removed=False).order_by("name_key").values_list("name", flat=True)
    same = there.filter(name_key__in=keys)
    near = Q(pk__in=[])
    for start in {key[:SAME_START] for key in keys}:
        near |= Q(name_key__startswith=start)
    return [*same, *there.filter(near)[:MAX_NEAR]]
