from django.db import migrations
from django.db.models import F


def leave_out_names(apps, schema_editor):
    """What staff did with accounts was logged under people's names and addresses; ids say it as well."""
    about = apps.get_model("admin", "LogEntry").objects.filter(
        content_type__app_label="accounts", content_type__model="user", object_id__isnull=False
    )
    about.update(object_repr=F("object_id"))


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('admin', '0003_logentry_add_action_flag_choices'),
    ]

    operations = [
        migrations.RunPython(leave_out_names, migrations.RunPython.noop),
    ]
