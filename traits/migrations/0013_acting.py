from django.db import migrations


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
    ]
