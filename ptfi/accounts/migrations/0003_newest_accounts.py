from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # There may be many accounts: people go on signing in while the index is made.
    atomic = False

    dependencies = [
        ('accounts', '0002_log_without_names'),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='user',
            index=models.Index(models.OrderBy(models.F('date_joined'), descending=True), models.F('id'), name='user_newest'),
        ),
    ]
