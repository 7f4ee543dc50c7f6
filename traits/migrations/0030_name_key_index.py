from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # People go on deciding meanwhile; stopped half-way, it can be repeated.
    atomic = False

    dependencies = [
        ("traits", "0029_batches_indexes"),
    ]

    operations = [
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS trait_sort_key", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="personatrait",
            index=models.Index(models.F("user"), models.F("sort_key"), models.F("trait_id"), name="trait_sort_key"),
        ),
    ]
