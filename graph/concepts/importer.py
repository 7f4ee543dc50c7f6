"""Changes the shared concepts in PostgreSQL; the projector carries them into the graph."""

import time
import uuid
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from django.db import transaction

from graph.concepts.file_format import ConceptRow, FileError
from graph.mapping import shared_id
from graph.models import SharedConcept, SharedConceptTie, Vocabulary
from traits.text import name_key

BATCH = 2_000
Broader = Mapping[uuid.UUID, set[uuid.UUID]]
Ids = Mapping[str, uuid.UUID]
"""Name key → id. It was derived from the key that the name had when the concept was made (_free_id)."""
COLUMNS = ["name", "description", "ontology_link", "removed", "revision"]


@dataclass(frozen=True, slots=True)
class Imported:
    """How many concepts were added, changed, unchanged and removed."""

    created: int
    updated: int
    unchanged: int
    removed: int


@transaction.atomic
def import_concepts(rows: Mapping[str, ConceptRow], *, replace: bool = False) -> Imported:
    """Bring the shared concepts to the state of these rows, by name key; all of it or nothing.

    A row says everything about its concept. replace: concepts that no row names are removed; otherwise they stay.
    Raises FileError if a parent is neither among the rows nor shared already.
    """
    vocabulary = lock()
    held = {concept.name_key: concept for concept in SharedConcept.objects.all()}
    there = {key for key, concept in held.items() if not concept.removed}
    known = rows.keys() if replace else rows.keys() | there
    faults = [
        (row.line, f"parents: there is no concept “{name}”")
        for row in rows.values()
        for key, name in row.parents.items()
        if key not in known
    ]
    if faults:
        raise FileError(faults)
    broader = _broader()
    gone = [held[key] for key in sorted(there - rows.keys())] if replace else []
    new = [row for key, row in rows.items() if key not in held]
    ids = {key: concept.pk for key, concept in held.items()}
    taken = set(ids.values())
    ids |= {key: _free_id(key, taken) for key in rows.keys() - held.keys()}
    changed = [row for key, row in rows.items() if key in held and _differs(row, held[key], broader, ids)]
    returned = sum(held[key].removed for key in rows.keys() & held.keys())
    if new or changed or gone:
        revision = raise_revision(vocabulary)
        _write(new, changed, gone, held, ids, revision)
    created, updated = len(new) + returned, len(changed) - returned
    return Imported(created, updated, len(rows) - created - updated, len(gone))


def lock() -> Vocabulary:
    """The one row, locked until the transaction ends."""
    Vocabulary.objects.get_or_create(pk=1)
    return Vocabulary.objects.select_for_update().get(pk=1)


def raise_revision(vocabulary: Vocabulary) -> int:
    """A revision above all earlier ones, including those from before the database was restored to the past."""
    vocabulary.revision = max(vocabulary.revision + 1, int(time.time() * 1000))
    vocabulary.save(update_fields=["revision"])
    return vocabulary.revision


@transaction.atomic
def touch(concept_ids: Iterable[uuid.UUID]) -> None:
    """Write these concepts into the graph again."""
    revision = raise_revision(lock())
    SharedConcept.objects.filter(pk__in=list(concept_ids)).update(revision=revision)


def _broader() -> dict[uuid.UUID, set[uuid.UUID]]:
    found = dict[uuid.UUID, set[uuid.UUID]]()
    for narrower, above in SharedConceptTie.objects.values_list("from_concept_id", "to_concept_id"):
        found.setdefault(narrower, set()).add(above)
    return found


def _free_id(key: str, taken: Set[uuid.UUID]) -> uuid.UUID:
    """The id of this key, or one derived from it while another concept, whose key has changed since, has that one."""
    found = shared_id(key)
    while found in taken:
        found = uuid.uuid5(found, key)
    return found


def _differs(row: ConceptRow, concept: SharedConcept, broader: Broader, ids: Ids) -> bool:
    same = (row.name, row.description, row.link) == (concept.name, concept.description, concept.ontology_link)
    return concept.removed or not same or {ids[key] for key in row.parents} != broader.get(concept.pk, set())


def _write(
    new: list[ConceptRow],
    changed: list[ConceptRow],
    gone: list[SharedConcept],
    held: Mapping[str, SharedConcept],
    ids: Ids,
    revision: int,
) -> None:
    updated = [_filled(row, held[name_key(row.name)], revision) for row in changed]
    for concept in gone:
        concept.removed, concept.revision = True, revision
    created = [_filled(row, SharedConcept(pk=ids[name_key(row.name)]), revision) for row in new]
    SharedConcept.objects.bulk_create(created, batch_size=BATCH)
    SharedConcept.objects.bulk_update([*updated, *gone], COLUMNS, batch_size=BATCH)
    SharedConceptTie.objects.filter(from_concept__in=[concept.pk for concept in (*updated, *gone)]).delete()
    SharedConceptTie.objects.filter(to_concept__in=[concept.pk for concept in gone]).delete()
    SharedConceptTie.objects.bulk_create(
        [
            SharedConceptTie(from_concept_id=ids[name_key(row.name)], to_concept_id=ids[key])
            for row in (*new, *changed)
            for key in row.parents
        ],
        batch_size=BATCH,
    )


def _filled(row: ConceptRow, concept: SharedConcept, revision: int) -> SharedConcept:
    concept.name, concept.description, concept.ontology_link = row.name, row.description, row.link
    concept.name_key, concept.removed, concept.revision = name_key(row.name), False, revision
    return concept
