from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # People go on deciding while the index is made.
    atomic = False

    dependencies = [
        ('traits', '0018_log_tree'),
    ]

    operations = [
        migrations.AddField(
            model_name='persona',
            name='went_back_at',
            field=models.DateTimeField(null=True),
        ),
        AddIndexConcurrently(
            model_name='persona',
            index=models.Index(models.F('went_back_at'), condition=models.Q(('went_back_at', None), _negated=True), name='persona_went_back'),
        ),
    ]
