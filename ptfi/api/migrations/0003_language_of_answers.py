from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('api', '0002_request_counts'),
    ]

    operations = [
        migrations.AddField(
            model_name='idempotencykey',
            name='language',
            field=models.CharField(db_default='', default='', max_length=10),
        ),
    ]
