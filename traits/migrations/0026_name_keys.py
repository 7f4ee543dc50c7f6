"""Name keys without invisible characters, and keys that sort names as a dictionary does."""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from traits.decisions import name_keys


def update(apps: Any, schema_editor: Any) -> None:
    name_keys.update_all(apps.get_model)


class Migration(migrations.Migration):
    # People go on deciding meanwhile; stopped half-way, it can be repeated.
    atomic = False

    dependencies = [
        ("traits", "0025_neutral_kinds"),
    ]

    operations = [
        migrations.AddField(
            model_name="personatrait",
            name="sort_key",
            field=models.CharField(db_collation="C", db_default="", editable=False, max_length=400),
        ),
        migrations.AddField(
            model_name="suppression",
            name="sort_key",
            field=models.CharField(db_collation="C", db_default="", editable=False, max_length=400),
        ),
        AddIndexConcurrently(
            model_name="personatrait",
            index=models.Index(models.F("user"), models.F("sort_key"), models.F("trait_id"), name="trait_sort_key"),
        ),
        migrations.RunPython(update, migrations.RunPython.noop),
    ]
