from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F


class Migration(migrations.Migration):
    # People go on deciding meanwhile; stopped half-way, it can be repeated.
    atomic = False

    dependencies = [
        ("traits", "0032_moments_ahead"),
    ]

    operations = [
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS candidate_support", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="extractedtraitcandidate",
            index=models.Index(
                F("user"),
                models.OrderBy(
                    models.ExpressionWrapper(
                        (F("confidence_score") * F("evidence_count") + 0.5) / (F("evidence_count") + 1.0),
                        output_field=models.FloatField(),
                    ),
                    descending=True,
                ),
                F("candidate_id"),
                condition=models.Q(status__in=("candidate", "awaiting_refinement")),
                name="candidate_support",
            ),
        ),
    ]
