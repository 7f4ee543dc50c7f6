from django.db import migrations, models


# A constant default is kept with the table: no row is written anew. Without a sign check, which would read them all.
class Migration(migrations.Migration):

    dependencies = [
        ('traits', '0015_archived_says_archived'),
    ]

    operations = [
        migrations.AddField(
            model_name='userrefinedtrait',
            name='hash_algorithm',
            field=models.SmallIntegerField(db_default=1),
        ),
    ]
