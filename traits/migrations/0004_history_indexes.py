from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # The log may be long: people go on deciding while its indexes are made.
    atomic = False

    dependencies = [
        ('traits', '0003_log_by_candidate'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='userrefinedtrait',
            index=models.Index(models.F('user'), models.F('user_decision'), models.OrderBy(models.F('revision'), descending=True), name='log_by_decision'),
        ),
        AddIndexConcurrently(
            model_name='userrefinedtrait',
            index=models.Index(models.F('user'), models.F('style_element'), models.OrderBy(models.F('revision'), descending=True), condition=models.Q(('style_element', None), _negated=True), name='log_of_style'),
        ),
    ]
