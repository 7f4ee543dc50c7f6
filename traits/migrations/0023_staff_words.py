"""What staff read of erasures and of the moderation log; the tables stay as they are."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('traits', '0022_decided_on_request'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='erasure',
            options={'verbose_name': 'erasure', 'verbose_name_plural': 'erasures'},
        ),
        migrations.AlterModelOptions(
            name='moderationentry',
            options={'verbose_name': 'moderation entry', 'verbose_name_plural': 'moderation log'},
        ),
        migrations.AlterModelOptions(
            name='persona',
            options={'permissions': (('act_for_person', 'act for person'), ('hold_projection', 'hold projection'), ('retry_projection', 'retry projection'), ('check_graph', 'check graph')), 'verbose_name': 'persona', 'verbose_name_plural': 'personas'},
        ),
        migrations.AlterField(
            model_name='erasure',
            name='attempts',
            field=models.PositiveIntegerField(default=0, verbose_name='attempts'),
        ),
        migrations.AlterField(
            model_name='erasure',
            name='confirmed_at',
            field=models.DateTimeField(null=True, verbose_name='confirmed'),
        ),
        migrations.AlterField(
            model_name='erasure',
            name='erased_at',
            field=models.DateTimeField(null=True, verbose_name='erased from the tables'),
        ),
        migrations.AlterField(
            model_name='erasure',
            name='generation',
            field=models.BigIntegerField(default=0, verbose_name='generation'),
        ),
        migrations.AlterField(
            model_name='erasure',
            name='graph_cleared_at',
            field=models.DateTimeField(null=True, verbose_name='erased from the graph'),
        ),
        migrations.AlterField(
            model_name='erasure',
            name='kind',
            field=models.CharField(choices=[('persona', 'The whole persona'), ('account', 'The account, with the persona'), ('category', 'Everything about a category'), ('source', 'All evidence from a source'), ('evidence', 'A piece of evidence')], default='persona', max_length=16, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='erasure',
            name='last_error',
            field=models.CharField(blank=True, max_length=500, verbose_name='last error'),
        ),
        migrations.AlterField(
            model_name='erasure',
            name='next_attempt_at',
            field=models.DateTimeField(null=True, verbose_name='next attempt'),
        ),
        migrations.AlterField(
            model_name='erasure',
            name='reference',
            field=models.CharField(blank=True, max_length=200, verbose_name='ticket'),
        ),
        migrations.AlterField(
            model_name='erasure',
            name='requested_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='requested'),
        ),
        migrations.AlterField(
            model_name='erasure',
            name='revision',
            field=models.BigIntegerField(db_default=0, default=0, verbose_name='revision'),
        ),
        migrations.AlterField(
            model_name='erasure',
            name='state',
            field=models.CharField(choices=[('awaiting_confirmation', 'To be confirmed'), ('erasing', 'Being erased'), ('erased', 'Erased, the graph is being cleared'), ('completed', 'Erased'), ('expired', 'Not confirmed in time')], default='awaiting_confirmation', max_length=32, verbose_name='state'),
        ),
        migrations.AlterField(
            model_name='moderationentry',
            name='action',
            field=models.CharField(choices=[('archive', 'Archived'), ('requeue', 'Put back into the queue'), ('flag', 'Held back'), ('release', 'Released'), ('reassign', 'Given to somebody else'), ('receive', 'Taken over from somebody else'), ('decide', 'Decided on request')], max_length=16, verbose_name='action'),
        ),
        migrations.AlterField(
            model_name='moderationentry',
            name='created_at',
            field=models.DateTimeField(verbose_name='time'),
        ),
    ]
