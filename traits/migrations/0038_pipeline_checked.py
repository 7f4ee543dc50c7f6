from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):

    # The log may be long: people go on deciding while its rows are checked.
    atomic = False

    dependencies = [
        ('traits', '0037_pipeline'),
    ]

    operations = [
        ValidateConstraint(model_name='userrefinedtrait', name='log_decision'),
    ]
