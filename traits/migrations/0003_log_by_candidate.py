from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # The log may be long: its indexes change while people go on deciding.
    atomic = False

    dependencies = [
        ('traits', '0002_erasure'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='userrefinedtrait',
            index=models.Index(models.F('original_candidate'), models.OrderBy(models.F('revision'), descending=True), name='log_by_candidate'),
        ),
        RemoveIndexConcurrently(
            model_name='userrefinedtrait',
            name='log_of_candidate',
        ),
    ]
