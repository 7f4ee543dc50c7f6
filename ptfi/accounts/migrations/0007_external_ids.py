"""External ids in the form in which imports look for them: one account, however the id is written."""

from typing import Any

from django.db import migrations

from ptfi.texts import identifier

SLICE = 1_000


def update(apps: Any, schema_editor: Any) -> None:
    """Rewrite the ids of which no account has the new form; another account keeps its id as it was sent."""
    users = apps.get_model("accounts", "User").objects
    rows = users.exclude(external_id=None).order_by("pk").values_list("pk", "external_id")
    last: Any = None
    while found := list((rows.filter(pk__gt=last) if last else rows)[:SLICE]):
        last = found[-1][0]
        for pk, external_id in found:
            new = identifier(external_id)
            if new and new != external_id and len(new) <= 255 and not users.filter(external_id=new).exists():
                users.filter(pk=pk, external_id=external_id).update(external_id=new)


class Migration(migrations.Migration):
    # Each account in a transaction of its own; stopped half-way, it can be repeated.
    atomic = False

    dependencies = [
        ("accounts", "0006_words"),
    ]

    operations = [
        migrations.RunPython(update, migrations.RunPython.noop),
    ]
