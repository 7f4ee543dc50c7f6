from django.contrib.postgres.indexes import BrinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # The log may be long: people go on deciding while indexes are made.
    atomic = False

    dependencies = [
        ('traits', '0010_quality'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='userrefinedtrait',
            index=BrinIndex(models.F('created_at'), autosummarize=True, name='log_by_time', pages_per_range=32),
        ),
        AddIndexConcurrently(
            model_name='persona',
            index=models.Index(models.F('held_at'), condition=models.Q(('held_at', None), _negated=True), name='persona_held'),
        ),
    ]
