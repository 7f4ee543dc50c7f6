"""The log inside a slice: which entries a client sees, and what of each.

Entries about a trait are seen while it is inside the slice; about one that was removed, if it always was. Entries about
a suggestion are seen while that is inside. An entry about a trait that is inside now may hold an earlier state that is
not: it loses that state.
"""

import uuid
from collections.abc import Collection, Iterable, Sequence
from functools import reduce
from operator import or_

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.fields.json import KT

from ptfi.accounts.models import User
from ptfi.api.errors import InsufficientScopeError
from traits.errors import NotFoundError
from traits.log.snapshots import State
from traits.log.versions import lifted
from traits.models import ExtractedTraitCandidate, PersonaTrait, UserRefinedTrait
from traits.sharing.slices import Slice

CATEGORIES = {
    f"{half}_{side}": KT(f"content__{half}__{side}__category")
    for half in ("before", "after")
    for side in ("trait", "candidate")
}
"""The categories of all states of an entry."""


def entries(user: User, seen: Slice) -> QuerySet[UserRefinedTrait]:
    """The person's entries that the client sees."""
    mine = UserRefinedTrait.objects.filter(user=user)
    return mine if seen.is_own else mine.filter(visible(user, seen))


def visible(user: User, seen: Slice) -> Q:
    traits = PersonaTrait.objects.filter(seen.traits(), user=user).values("pk")
    found = Q(trait_id_in_pkg__in=traits) | _gone(user, seen)
    if seen.candidates_shown:
        mine = ExtractedTraitCandidate.objects.filter(seen.candidates(), user=user, held_reason="").values("pk")
        about_itself = Q(trait_id_in_pkg=None) | Q(trait_id_in_pkg=F("original_candidate"))
        found |= Q(about_itself, original_candidate__in=mine)
    return found | _styles(seen)


def _gone(user: User, seen: Slice) -> Q:
    """Entries about traits that the person has no longer, if nothing that the log says of one is outside.

    What contexts they had would have to be compared with every spelling, so everywhere is needed.
    """
    if seen.contexts is not None:
        return Q(pk__in=[])
    now = PersonaTrait.objects.filter(user=user, pk=OuterRef("trait_id_in_pkg"))
    ever = UserRefinedTrait.objects.filter(user=user, trait_id_in_pkg=OuterRef("trait_id_in_pkg"))
    outside = [Q(**{f"{name}__isnull": False}) & ~Q(**{f"{name}__in": sorted(seen.categories)}) for name in CATEGORIES]
    hidden = ever.alias(**CATEGORIES).filter(reduce(or_, outside))
    # Entries about a suggestion that was rejected name the id that its trait would have had.
    was_trait = ever.alias(**CATEGORIES).filter(Q(before_trait__isnull=False) | Q(after_trait__isnull=False))
    return Q(~Exists(now), ~Exists(hidden), Exists(was_trait), trait_id_in_pkg__isnull=False)


def _styles(seen: Slice) -> Q:
    """Entries about styles; their key ends with the context."""
    if not seen.styles:
        return Q(pk__in=[])
    if seen.contexts is None:
        return Q(style_element__isnull=False)
    return reduce(or_, (Q(style_element__endswith=f":{key}") for key in sorted(seen.contexts)), Q(pk__in=[]))


def partly_hidden(user: User, seen: Slice, shown: Iterable[UserRefinedTrait]) -> set[uuid.UUID | None]:
    """The batches of these entries of which the client does not see all."""
    batches = {entry.batch_id for entry in shown if entry.batch_id}
    hidden = UserRefinedTrait.objects.filter(user=user, batch_id__in=batches).exclude(pk__in=entries(user, seen))
    return set(hidden.values_list("batch_id", flat=True))


def holds_states(seen: Slice, states: State, *, with_trait: bool) -> bool:
    """Whether all states on one side of an entry are inside; with_trait: the entry is about a trait, too.

    The suggestion behind a trait names no contexts; those of the trait count.
    """
    candidate, style = states.get("candidate"), states.get("style")
    behind = with_trait and candidate is not None and candidate["category"] in seen.categories
    return (
        seen.holds_trait(states.get("trait"))
        and (behind or seen.holds_candidate(candidate))
        and (style is None or seen.holds_style(style["context"]))
    )


def sides(entry: UserRefinedTrait) -> tuple[State, State, bool]:
    """The states before and after an entry, and whether one of them is of a trait."""
    content = lifted(entry.content)
    before, after = content["before"], content["after"]
    return before, after, bool(before.get("trait") or after.get("trait"))


def holds_entry(seen: Slice, entry: UserRefinedTrait) -> bool:
    """Whether everything that an entry is about, before and after, is inside."""
    *both, with_trait = sides(entry)
    return all(holds_states(seen, states, with_trait=with_trait) for states in both)


def require_entry(user: User, seen: Slice, action_id: uuid.UUID) -> None:
    """Raise NotFoundError unless the id belongs to an entry or a batch of the person that is wholly inside."""
    _require(seen, _about(user, seen, Q(pk=action_id) | Q(batch_id=action_id)))


def require_former(user: User, seen: Slice, trait_id: uuid.UUID) -> None:
    """Raise NotFoundError unless the person had this trait, and nothing that the log says of it is outside."""
    _require(seen, _about(user, seen, Q(trait_id_in_pkg=trait_id)))


def _about(user: User, seen: Slice, which: Q) -> list[UserRefinedTrait]:
    """Entries, each with `outside`: whether the trait that it is about is outside now."""
    rows = UserRefinedTrait.objects.filter(which, user=user)
    if seen.is_own:
        return list(rows)
    hidden = PersonaTrait.objects.filter(user=user).exclude(seen.traits())
    either = Q(pk=OuterRef("trait_id_in_pkg")) | Q(pk=OuterRef("original_candidate"))
    return list(rows.annotate(outside=Exists(hidden.filter(either))))


def _require(seen: Slice, rows: list[UserRefinedTrait]) -> None:
    if not rows:
        raise NotFoundError
    if not seen.is_own and not all(holds_entry(seen, row) and not row.outside for row in rows):  # type: ignore[attr-defined]
        raise NotFoundError


def all_inside(user: User, seen: Slice, ids: Collection[uuid.UUID]) -> bool:
    """Whether those of the ids that are of traits, former traits or suggestions are inside now."""
    now = PersonaTrait.objects.filter(user=user, pk__in=ids)
    if now.exclude(seen.traits()).exists():
        return False
    others = set(ids) - set(now.values_list("pk", flat=True))
    suggested = ExtractedTraitCandidate.objects.filter(user=user, pk__in=others)
    if suggested.exclude(seen.candidates()).exists():
        return False
    return all(holds_entry(seen, row) for row in _about(user, seen, Q(trait_id_in_pkg__in=others)))


def related_inside(user: User, seen: Slice, trait_ids: Collection[str]) -> set[str]:
    """Those of the traits that are inside now."""
    rows = PersonaTrait.objects.filter(seen.traits(), user=user, pk__in=trait_ids)
    return set(map(str, rows.values_list("pk", flat=True)))


def check_written(seen: Slice, written: Sequence[UserRefinedTrait]) -> None:
    """Refuse a decision that reached outside the slice; the caller then rolls it back.

    Raises NotFoundError if it changed what is outside, and InsufficientScopeError if it left something there.
    """
    found = [] if seen.is_own else [sides(entry) for entry in written]
    if not all(holds_states(seen, before, with_trait=with_trait) for before, _, with_trait in found):
        raise NotFoundError
    if not all(holds_states(seen, after, with_trait=with_trait) for _, after, with_trait in found):
        raise InsufficientScopeError
