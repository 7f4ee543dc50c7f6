import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


# As candidate_search_vector, without the evidence: what people find who may not read that does not depend on it.
WORDS = r"""
CREATE OR REPLACE FUNCTION candidate_words(name text, description text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_tsvector('simple'::regconfig, regexp_replace(
    left(concat_ws(' ', name, description), 100000),
    '([\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff])', ' \1 ', 'g'));
"""


class Migration(migrations.Migration):

    # There may be millions of candidates: they are read and written while the indexes are made.
    atomic = False

    dependencies = [
        ('traits', '0008_access'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='extractedtraitcandidate',
            options={'permissions': (('view_evidence', 'view evidence'), ('archive_candidate', 'archive candidate'), ('requeue_candidate', 'requeue candidate'), ('flag_candidate', 'flag candidate'), ('reassign_candidate', 'reassign candidate'), ('import_candidates', 'import candidates'), ('export_candidates', 'export candidates')), 'verbose_name': 'candidate'},
        ),
        migrations.RunSQL(WORDS, "DROP FUNCTION candidate_words"),
        AddIndexConcurrently(
            model_name='extractedtraitcandidate',
            index=models.Index(fields=['-created_at', 'candidate_id'], include=('status', 'trait_category', 'language', 'held_reason', 'user', 'confidence_score'), name='candidate_newest'),
        ),
        AddIndexConcurrently(
            model_name='extractedtraitcandidate',
            index=models.Index(fields=['-confidence_score', 'candidate_id'], include=('status', 'trait_category', 'language', 'held_reason', 'user', 'created_at'), name='candidate_surest'),
        ),
        AddIndexConcurrently(
            model_name='extractedtraitcandidate',
            index=models.Index(fields=['-created_at', 'candidate_id'], condition=models.Q(('held_reason', ''), _negated=True), name='candidate_held'),
        ),
        AddIndexConcurrently(
            model_name='extractedtraitcandidate',
            index=django.contrib.postgres.indexes.GinIndex(models.F('originating_models'), name='candidate_of_model'),
        ),
        AddIndexConcurrently(
            model_name='extractedtraitcandidate',
            index=django.contrib.postgres.indexes.GinIndex(models.Func('trait_name', 'trait_description', function='candidate_words', output_field=django.contrib.postgres.search.SearchVectorField()), gin_pending_list_limit=16384, name='candidate_words'),
        ),
    ]
