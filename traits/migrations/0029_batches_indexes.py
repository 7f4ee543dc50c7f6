from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):

    # There may be millions of suggestions: people go on while indexes are made and rows are checked.
    atomic = False

    dependencies = [
        ('traits', '0028_batches'),
    ]

    operations = [
        # What an attempt that was stopped left behind.
        migrations.RunSQL('DROP INDEX CONCURRENTLY IF EXISTS candidate_of_batch', migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name='extractedtraitcandidate',
            index=models.Index(models.F('batch_id'), models.F('candidate_id'), condition=models.Q(('batch_id', None), _negated=True), name='candidate_of_batch'),
        ),
        migrations.RunSQL('DROP INDEX CONCURRENTLY IF EXISTS moderation_of_batch', migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name='moderationentry',
            index=models.Index(models.F('ingest_batch'), condition=models.Q(('ingest_batch', None), _negated=True), name='moderation_of_batch'),
        ),
        ValidateConstraint(model_name='accessentry', name='access_kind'),
        ValidateConstraint(model_name='moderationentry', name='moderation_action'),
    ]
