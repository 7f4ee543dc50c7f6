"""Name keys without invisible characters, and sort keys, for the rows of earlier releases."""

from typing import Any

from django.db import migrations

from traits.decisions import name_keys


def update(apps: Any, schema_editor: Any) -> None:
    name_keys.update_all(apps.get_model)


class Migration(migrations.Migration):
    # People go on deciding meanwhile; stopped half-way, it can be repeated.
    atomic = False

    dependencies = [
        ("traits", "0030_name_key_index"),
    ]

    operations = [
        migrations.RunPython(update, migrations.RunPython.noop),
    ]
