from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    # The log may be long: people go on deciding while its indexes are made.
    atomic = False

    dependencies = [
        ('traits', '0011_log_by_time_and_held'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='userrefinedtrait',
            options={'permissions': (('check_log', 'check log'),), 'verbose_name': 'entry of the log', 'verbose_name_plural': 'log of decisions'},
        ),
        AddIndexConcurrently(
            model_name='userrefinedtrait',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True), models.OrderBy(models.F('refinement_action_id'), descending=True), name='log_newest'),
        ),
        AddIndexConcurrently(
            model_name='userrefinedtrait',
            index=models.Index(models.F('user_decision'), models.OrderBy(models.F('created_at'), descending=True), models.OrderBy(models.F('refinement_action_id'), descending=True), condition=models.Q(('user_decision__in', ('confirmed_asis', 'confirmed_modified', 'rejected')), _negated=True), name='log_rarer'),
        ),
        AddIndexConcurrently(
            model_name='userrefinedtrait',
            index=models.Index(models.F('actor_kind'), models.OrderBy(models.F('created_at'), descending=True), models.OrderBy(models.F('refinement_action_id'), descending=True), condition=models.Q(('actor_kind', 'person'), _negated=True), name='log_by_others'),
        ),
        AddIndexConcurrently(
            model_name='userrefinedtrait',
            index=models.Index(models.F('actor'), models.OrderBy(models.F('created_at'), descending=True), models.OrderBy(models.F('refinement_action_id'), descending=True), condition=models.Q(('actor_kind', 'staff')), name='log_by_staff'),
        ),
    ]
