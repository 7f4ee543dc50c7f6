import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('traits', '0036_notices'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Feedback',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('client_id', models.CharField(max_length=100)),
                ('candidate_id', models.UUIDField()),
                ('entry_id', models.UUIDField(null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('user', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(models.F('client_id'), models.F('id'), name='feedback_of_client'), models.Index(models.F('user'), models.F('candidate_id'), condition=models.Q(('user', None), _negated=True), name='feedback_of_person')],
            },
        ),
        # In the order in which decisions lock them.
        migrations.AddField(
            model_name='persona',
            name='feedback_since',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='extractedtraitcandidate',
            name='sequence',
            field=models.BigIntegerField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='extractedtraitcandidate',
            name='withdrawn_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.RemoveConstraint(
            model_name='userrefinedtrait',
            name='log_decision',
        ),
        migrations.AlterField(
            model_name='userrefinedtrait',
            name='user_decision',
            field=models.CharField(choices=[('confirmed_asis', 'Confirmed'), ('confirmed_modified', 'Confirmed with changes'), ('rejected', 'Rejected'), ('user_added_confirmed', 'Added'), ('superseded', 'Replaced by a newer suggestion'), ('withdrawn', 'Withdrawn'), ('deferred', 'Snoozed'), ('merged', 'Merged'), ('reopened', 'Reopened'), ('edited', 'Edited'), ('status_changed', 'Status changed'), ('removed', 'Removed'), ('style_changed', 'Style changed'), ('evidence_erased', 'Evidence deleted'), ('undone', 'Undone')], max_length=32),
        ),
        AddConstraintNotValid(
            model_name='userrefinedtrait',
            constraint=models.CheckConstraint(condition=models.Q(('user_decision__in', ['confirmed_asis', 'confirmed_modified', 'rejected', 'user_added_confirmed', 'superseded', 'withdrawn', 'deferred', 'merged', 'reopened', 'edited', 'status_changed', 'removed', 'style_changed', 'evidence_erased', 'undone'])), name='log_decision'),
        ),
    ]
