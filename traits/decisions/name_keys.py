"""Bring the stored keys of names up to date, after a release that makes them in another way.

It goes through the rows in slices, each in a transaction of its own, and changes only what differs; so it can be
stopped and repeated. Names, ids and the log stay as they are.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.db.models.fields.json import KT

from ptfi.db import sql
from ptfi.texts import sort_key
from traits.decisions.sql import CANDIDATE_KEYS, LOCK_PERSON, TRAIT_KEYS, Keys
from traits.text import former_key, name_key

SLICE = 1_000
GetModel = Callable[[str, str], Any]
"""The models as they are, or as a migration knows them."""
NAMES = [f"content__{half}__{side}__name" for half in ("before", "after") for side in ("candidate", "trait")]
"""Every version of the snapshots has these."""


def update_all(get_model: GetModel) -> int:
    """Update the keys of suggestions, traits and suppressions; returns how many rows were changed."""
    return _candidates(get_model) + _traits(get_model) + _suppressions(get_model)


def _candidates(get_model: GetModel) -> int:
    changed = 0
    for rows in _slices(get_model("traits", "ExtractedTraitCandidate"), "trait_name", "name_key"):
        new = [(pk, name, name_key(name)) for pk, name, key in rows if name_key(name) != key]
        changed += _write(CANDIDATE_KEYS, new)
    return changed


def _traits(get_model: GetModel) -> int:
    changed = 0
    for rows in _slices(get_model("traits", "PersonaTrait"), "name", "name_key", "sort_key"):
        keys = [(pk, name, name_key(name), sort_key(name), had) for pk, name, *had in rows]
        new = [(pk, name, key, place) for pk, name, key, place, had in keys if [key, place] != had]
        changed += _write(TRAIT_KEYS, new)
    return changed


def _slices(model: type[Model], *columns: str) -> Iterator[list[tuple[Any, ...]]]:
    rows = model._default_manager.order_by("pk").values_list("pk", *columns)
    last: Any = None
    while found := list((rows.filter(pk__gt=last) if last else rows)[:SLICE]):
        last = found[-1][0]
        yield found


@transaction.atomic
def _write(statement: Keys, rows: list[tuple[Any, ...]]) -> int:
    if not rows:
        return 0
    # Locked in the order of ids, as decisions and imports do.
    columns = [list(column) for column in zip(*rows, strict=True)]
    sql.run(statement.lock, columns[:1])
    return sql.run(statement.write, columns)


def _suppressions(get_model: GetModel) -> int:
    model = get_model("traits", "Suppression")
    changed, people = 0, model.objects.order_by("user_id").values_list("user_id", flat=True).distinct()
    last: Any = None
    while found := list((people.filter(user_id__gt=last) if last else people)[:SLICE]):
        last = found[-1]
        changed += sum(_suppressions_of(get_model, user_id) for user_id in found)
    return changed


@transaction.atomic
def _suppressions_of(get_model: GetModel, user_id: uuid.UUID) -> int:
    """Update the suppressions of one person; those that say the same now become one."""
    model, changed = get_model("traits", "Suppression"), 0
    # Decisions and erasures of the person wait; none of them can add or drop a suppression meanwhile.
    sql.run(LOCK_PERSON, [user_id])
    rows = list(model.objects.filter(user_id=user_id).order_by("pk"))
    names = _names(get_model, user_id, {source for row in rows for source in row.sources})
    for row in rows:
        # An earlier turn may have given it sources, or have replaced it.
        current = model.objects.filter(pk=row.pk).values_list("sources", flat=True).first()
        if current is None:
            continue
        row.sources = current
        sources = _by_key(row, names)
        if set(sources) != {row.name_key}:
            _split(get_model, row, sources)
            changed += 1
        elif row.sort_key != sort_key(row.name_key):
            changed += model.objects.filter(pk=row.pk).update(sort_key=sort_key(row.name_key))
    return changed


def _names(get_model: GetModel, user_id: uuid.UUID, sources: Iterable[uuid.UUID]) -> dict[uuid.UUID, set[str]]:
    """Every name that the log has of each source."""
    ids = list(sources)
    entries: QuerySet[Any] = get_model("traits", "UserRefinedTrait").objects.filter(user_id=user_id)
    entries = entries.filter(Q(trait_id_in_pkg__in=ids) | Q(original_candidate__in=ids))
    found = defaultdict[uuid.UUID, set[str]](set)
    for trait_id, candidate_id, *names in entries.values_list("trait_id_in_pkg", "original_candidate", *map(KT, NAMES)):
        for source in (trait_id, candidate_id):
            found[source].update(filter(None, names))
    return found


def _by_key(row: Any, names: dict[uuid.UUID, set[str]]) -> dict[str, list[uuid.UUID]]:
    """The sources by the key that each of them requires now; without any name, the key is made from the old one."""
    found = defaultdict[str, list[uuid.UUID]](list)
    for source in row.sources:
        keys = {name_key(name) for name in names[source] if former_key(name) == row.name_key}
        if not keys and any(name_key(name) == row.name_key for name in names[source]):
            keys = {row.name_key}
        for key in keys or {name_key(row.name_key)}:
            found[key].append(source)
    return found or {name_key(row.name_key): []}


def _split(get_model: GetModel, row: Any, sources: dict[str, list[uuid.UUID]]) -> None:
    """Replace the suppression by one for each key, to which the suggestions that it keeps away go."""
    model, candidates = get_model("traits", "Suppression"), get_model("traits", "ExtractedTraitCandidate")
    about = {"user_id": row.user_id, "category": row.category}
    kept = {}
    for key, mine in sources.items():
        new, is_new = model.objects.get_or_create(
            name_key=key, **about, defaults={"sources": [], "sort_key": sort_key(key), "created_at": row.created_at}
        )
        if is_new or new.pk != row.pk:
            model.objects.filter(pk=new.pk).update(sources=sorted({*new.sources, *mine}))
        else:
            model.objects.filter(pk=new.pk).update(sources=sorted(mine), sort_key=sort_key(key))
        kept[key] = new.pk
    held = candidates.objects.filter(suppressed_by_id=row.pk)
    for key, pk in kept.items():
        held.filter(name_key=key).update(suppressed_by_id=pk)
    if row.pk not in kept.values():
        held.update(suppressed_by_id=next(iter(kept.values())))
        model.objects.filter(pk=row.pk).delete()
