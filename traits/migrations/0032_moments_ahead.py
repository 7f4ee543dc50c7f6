"""Give suggestions "from the future" the time at which they came, so that they do not stay on top of the queue.

Imports of earlier releases stored any time of observation; now more than a day ahead is refused.
"""

from django.db import migrations

# updated_at is the time at which the suggestion came, or was last decided. The few rows are locked in the order of their
# ids, as decisions do.
BOUNDED = """
    UPDATE traits_extractedtraitcandidate AS row SET created_at = least(row.updated_at, now())
    FROM (
        SELECT candidate_id FROM traits_extractedtraitcandidate WHERE created_at > now() + interval '1 day'
        ORDER BY candidate_id FOR NO KEY UPDATE
    ) AS ahead
    WHERE row.candidate_id = ahead.candidate_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("traits", "0031_updated_name_keys"),
    ]

    operations = [
        migrations.RunSQL(BOUNDED, migrations.RunSQL.noop),
    ]
