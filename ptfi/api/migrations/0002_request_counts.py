from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('api', '0001_idempotency_keys'),
    ]

    operations = [
        migrations.CreateModel(
            name='RequestCount',
            fields=[
                ('key', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('ends_at', models.DateTimeField()),
            ],
        ),
        migrations.RunSQL(
            'ALTER TABLE api_requestcount SET UNLOGGED', 'ALTER TABLE api_requestcount SET LOGGED'
        ),
    ]
