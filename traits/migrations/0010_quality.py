from django.db import migrations, models

from traits.migrations._roles import grant


def make_roles(apps, schema_editor):
    grant(apps, "traits", "quality", {
        "view_quality": ["moderator", "auditor", "administrator"],
        "export_quality": ["administrator"],
    })


class Migration(migrations.Migration):

    dependencies = [
        ('traits', '0009_staff_lists'),
    ]

    operations = [
        migrations.CreateModel(
            name='Quality',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('week', models.DateField()),
                ('model', models.CharField(blank=True, max_length=255)),
                ('category', models.CharField(blank=True, max_length=32)),
                ('band', models.SmallIntegerField()),
                ('confirmed', models.IntegerField()),
                ('changed', models.IntegerField()),
                ('merged', models.IntegerField()),
                ('rejected', models.IntegerField()),
                ('removed', models.IntegerField()),
                ('not_me', models.IntegerField()),
                ('outdated', models.IntegerField()),
                ('wrong_evidence', models.IntegerField()),
                ('too_private', models.IntegerField()),
                ('duplicate', models.IntegerField()),
                ('other', models.IntegerField()),
                ('said', models.FloatField()),
                ('within_hour', models.IntegerField()),
                ('within_day', models.IntegerField()),
                ('within_week', models.IntegerField()),
                ('within_month', models.IntegerField()),
                ('over_month', models.IntegerField()),
            ],
            options={
                'verbose_name_plural': 'quality of suggestions',
                'permissions': [('export_quality', 'export quality')],
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='QualityRefresh',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('refreshed_at', models.DateTimeField()),
                ('seconds', models.FloatField()),
                ('weeks', models.IntegerField()),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='QualityWaiting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('model', models.CharField(blank=True, max_length=255)),
                ('category', models.CharField(max_length=32)),
                ('waiting', models.IntegerField()),
                ('put_off', models.IntegerField()),
                ('held', models.IntegerField()),
                ('oldest_at', models.DateTimeField(null=True)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.AddConstraint(
            model_name='quality',
            constraint=models.UniqueConstraint(models.F('model'), models.F('week'), models.F('category'), models.F('band'), name='quality_once'),
        ),
        migrations.AddConstraint(
            model_name='qualityrefresh',
            constraint=models.CheckConstraint(condition=models.Q(('pk', 1)), name='one_quality_refresh'),
        ),
        migrations.AddConstraint(
            model_name='qualitywaiting',
            constraint=models.UniqueConstraint(models.F('model'), models.F('category'), name='quality_waiting_once'),
        ),
        migrations.RunPython(make_roles, migrations.RunPython.noop),
    ]
