import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):

    # The record may be long: staff go on looking while indexes are made.
    atomic = False

    dependencies = [
        ('traits', '0020_looks_at_many'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='accessentry',
            index=django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['people'], name='access_of_people'),
        ),
        AddIndexConcurrently(
            model_name='accessentry',
            index=models.Index(models.F('created_at'), condition=models.Q(('words', ''), _negated=True), name='access_words_by_age'),
        ),
        ValidateConstraint(model_name='accessentry', name='access_kind'),
    ]
