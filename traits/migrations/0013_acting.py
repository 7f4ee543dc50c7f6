from django.db import migrations

from traits.migrations._roles import grant


def make_roles(apps, schema_editor):
    grant(apps, "traits", "accessentry", {"view_accessentry": ["auditor", "administrator"]})


class Migration(migrations.Migration):

    dependencies = [
        ('traits', '0012_log_for_staff'),
    ]

    operations = [
        migrations.CreateModel(
            name='ActedFor',
            fields=[
            ],
            options={
                'verbose_name': 'person to act for',
                'verbose_name_plural': 'act for a person',
                'proxy': True,
                'default_permissions': (),
                'indexes': [],
                'constraints': [],
            },
            bases=('traits.persona',),
        ),
        # Roles may have people by the time that this is reversed: they stay.
        migrations.RunPython(make_roles, migrations.RunPython.noop),
    ]
