from django.db import migrations, models


# PostgreSQL keeps a constant default with the table and rewrites no row. A sign check would read every row.
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
