"""Name keys of shared concepts without invisible characters; concepts keep their ids."""

from typing import Any

from django.db import migrations
from django.db.models import Max

from traits.text import name_key


def update(apps: Any, schema_editor: Any) -> None:
    """Change the keys that differ; of concepts with the same key, the one whose key stays the same is kept."""
    concepts = apps.get_model("graph", "SharedConcept").objects
    rows = list(concepts.order_by("pk"))
    kept = {row.name_key: row for row in rows if name_key(row.name) == row.name_key}
    vocabulary = apps.get_model("graph", "Vocabulary").objects
    revision = (vocabulary.aggregate(Max("revision"))["revision__max"] or 0) + 1
    changed = False
    for row in rows:
        key = name_key(row.name)
        if kept.setdefault(key, row) is not row:
            changed = True
            _merge(apps, row.pk, kept[key].pk)
            concepts.filter(pk=row.pk).update(removed=True, revision=revision)
            kept[key].removed = kept[key].removed and row.removed
            concepts.filter(pk=kept[key].pk).update(removed=kept[key].removed, revision=revision)
        elif key != row.name_key:
            changed = True
            concepts.filter(name_key=key).exclude(pk=row.pk).update(name_key=f"\x7f{row.pk}")
            concepts.filter(pk=row.pk).update(name_key=key, revision=revision)
    if changed:
        vocabulary.update(revision=revision)


def _merge(apps: Any, gone: Any, kept: Any) -> None:
    """Give the ties of a concept to the one that stays."""
    ties = apps.get_model("graph", "SharedConceptTie").objects
    for tie in [*ties.filter(from_concept_id=gone), *ties.filter(to_concept_id=gone)]:
        ends = [kept if end == gone else end for end in (tie.from_concept_id, tie.to_concept_id)]
        tie.delete()
        if ends[0] != ends[1]:
            ties.get_or_create(from_concept_id=ends[0], to_concept_id=ends[1])


class Migration(migrations.Migration):
    dependencies = [
        ("graph", "0003_shared_concept"),
        ("traits", "0026_name_keys"),
    ]

    operations = [
        migrations.RunPython(update, migrations.RunPython.noop),
    ]
