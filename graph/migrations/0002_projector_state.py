import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('graph', '0001_shared_concepts'),
    ]

    operations = [
        migrations.CreateModel(
            name='ProjectorState',
            fields=[
                ('projector_id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('host', models.CharField(max_length=255)),
                ('pid', models.IntegerField()),
                ('started_at', models.DateTimeField()),
                ('seen_at', models.DateTimeField()),
                ('people', models.IntegerField(default=0)),
                ('people_done', models.BigIntegerField(default=0)),
                ('entries_done', models.BigIntegerField(default=0)),
                ('waits_for', models.CharField(blank=True, max_length=20)),
                ('last_error', models.CharField(blank=True, max_length=500)),
                ('last_error_at', models.DateTimeField(null=True)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='GraphCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('checked_at', models.DateTimeField()),
                ('seconds', models.FloatField()),
                ('people', models.IntegerField()),
                ('behind', models.IntegerField()),
                ('differing', models.IntegerField()),
                ('concepts_differ', models.BooleanField()),
            ],
            options={
                'default_permissions': (),
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='one_graph_check')],
            },
        ),
    ]
