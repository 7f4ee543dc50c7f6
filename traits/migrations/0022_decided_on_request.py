from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):

    # Entries are checked while staff go on.
    atomic = False

    dependencies = [
        ('traits', '0021_looks_at_many_indexes'),
    ]

    operations = [
        migrations.AlterField(
            model_name='moderationentry',
            name='action',
            field=models.CharField(choices=[('archive', 'Archived'), ('requeue', 'Put back into the queue'), ('flag', 'Held back'), ('release', 'Released'), ('reassign', 'Given to somebody else'), ('receive', 'Taken over from somebody else'), ('decide', 'Decided on request')], max_length=16),
        ),
        migrations.RemoveConstraint(model_name='moderationentry', name='moderation_action'),
        AddConstraintNotValid(
            model_name='moderationentry',
            constraint=models.CheckConstraint(condition=models.Q(('action__in', ['archive', 'requeue', 'flag', 'release', 'reassign', 'receive', 'decide'])), name='moderation_action'),
        ),
        ValidateConstraint(model_name='moderationentry', name='moderation_action'),
    ]
