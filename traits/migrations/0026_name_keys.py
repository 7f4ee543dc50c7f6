"""Keys that sort names as a dictionary does."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("traits", "0025_neutral_kinds"),
    ]

    operations = [
        migrations.AddField(
            model_name="personatrait",
            name="sort_key",
            field=models.CharField(db_collation="C", db_default="", editable=False, max_length=400),
        ),
        migrations.AddField(
            model_name="suppression",
            name="sort_key",
            field=models.CharField(db_collation="C", db_default="", editable=False, max_length=400),
        ),
    ]
