import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


# The first 100,000 characters only: a tsvector may hold 1 MB, and hyphenated words count twice. Characters of scripts
# that put no space between words are set apart, so that a word of theirs can be searched as a phrase.
SEARCH_VECTOR = r"""
CREATE FUNCTION candidate_search_vector(name text, description text, evidence jsonb) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_tsvector('simple'::regconfig, regexp_replace(
    left(concat_ws(' ', name, description, jsonb_path_query_array(evidence, '$[*].content')::text), 100000),
    '([\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff])', ' \1 ', 'g'));
"""

INSERT_ONLY = """
CREATE FUNCTION log_is_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is insert-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER log_is_insert_only BEFORE UPDATE OR DELETE ON traits_userrefinedtrait
FOR EACH ROW EXECUTE FUNCTION log_is_insert_only();
"""

DROP_INSERT_ONLY = """
DROP TRIGGER log_is_insert_only ON traits_userrefinedtrait;
DROP FUNCTION log_is_insert_only;
"""


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(SEARCH_VECTOR, "DROP FUNCTION candidate_search_vector"),
        migrations.CreateModel(
            name='Persona',
            fields=[
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='persona', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('revision', models.BigIntegerField(default=0)),
                ('hash', models.BinaryField(default=b'\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00', max_length=32)),
                ('last_entry_at', models.DateTimeField(null=True)),
                ('generation', models.BigIntegerField(default=1)),
                ('projected_revision', models.BigIntegerField(default=0)),
                ('projected_at', models.DateTimeField(null=True)),
                ('claimed_until', models.DateTimeField(null=True)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField(null=True)),
                ('last_error', models.CharField(blank=True, max_length=500)),
                ('held_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(models.F('last_entry_at'), condition=models.Q(('projected_revision__lt', models.F('revision'))), name='persona_outbox')],
                'constraints': [models.CheckConstraint(condition=models.Q(('projected_revision__gte', 0), ('projected_revision__lte', models.F('revision'))), name='persona_projected')],
            },
        ),
        migrations.CreateModel(
            name='Suppression',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name_key', models.CharField(max_length=255)),
                ('category', models.CharField(choices=[('LinguisticStyle', 'Linguistic style'), ('EmotionalResponsePattern', 'Emotional response pattern'), ('KnowledgeDomain', 'Knowledge domain'), ('PhilosophicalStance', 'Philosophical stance'), ('CommunicationStyle', 'Communication style'), ('BehavioralPattern', 'Behavioural pattern'), ('Interest', 'Interest'), ('Skill', 'Skill'), ('Other', 'Other')], max_length=32)),
                ('sources', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='ExtractedTraitCandidate',
            fields=[
                ('candidate_id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('trait_name', models.CharField(max_length=255)),
                ('name_key', models.CharField(editable=False, max_length=255)),
                ('trait_description', models.TextField(blank=True)),
                ('trait_category', models.CharField(choices=[('LinguisticStyle', 'Linguistic style'), ('EmotionalResponsePattern', 'Emotional response pattern'), ('KnowledgeDomain', 'Knowledge domain'), ('PhilosophicalStance', 'Philosophical stance'), ('CommunicationStyle', 'Communication style'), ('BehavioralPattern', 'Behavioural pattern'), ('Interest', 'Interest'), ('Skill', 'Skill'), ('Other', 'Other')], max_length=32)),
                ('supporting_evidence', models.JSONField(default=list)),
                ('evidence_count', models.GeneratedField(db_persist=True, expression=models.Func('supporting_evidence', function='jsonb_array_length'), output_field=models.IntegerField())),
                ('confidence_score', models.FloatField()),
                ('originating_models', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=255), default=list, size=None)),
                ('associated_raw_feature_set_ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ('concepts', models.JSONField(default=list)),
                ('supersedes', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ('language', models.CharField(blank=True, max_length=35)),
                ('status', models.CharField(choices=[('candidate', 'To review'), ('awaiting_refinement', 'Later'), ('confirmed_by_user', 'Confirmed'), ('refined_by_user', 'Confirmed with changes'), ('rejected_by_user', 'Rejected'), ('archived_auto_superseded', 'Replaced by a newer suggestion')], default='candidate', max_length=32)),
                ('deferred_until', models.DateTimeField(blank=True, null=True)),
                ('held_reason', models.CharField(blank=True, max_length=255)),
                ('version', models.PositiveIntegerField(default=1)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('updated_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('search', models.GeneratedField(db_persist=True, expression=models.Func('trait_name', 'trait_description', 'supporting_evidence', function='candidate_search_vector'), output_field=django.contrib.postgres.search.SearchVectorField())),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('suppressed_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='suppressed', to='traits.suppression')),
            ],
        ),
        migrations.CreateModel(
            name='UserRefinedTrait',
            fields=[
                ('refinement_action_id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('revision', models.BigIntegerField()),
                ('user_decision', models.CharField(choices=[('confirmed_asis', 'Confirmed'), ('confirmed_modified', 'Confirmed with changes'), ('rejected', 'Rejected'), ('user_added_confirmed', 'Added'), ('superseded', 'Replaced by a newer suggestion'), ('deferred', 'Put off'), ('merged', 'Merged'), ('reopened', 'Reopened'), ('edited', 'Edited'), ('status_changed', 'Status changed'), ('removed', 'Removed'), ('style_changed', 'Style changed'), ('evidence_erased', 'Evidence erased'), ('undone', 'Undone')], max_length=32)),
                ('trait_id_in_pkg', models.UUIDField(null=True)),
                ('style_element', models.CharField(max_length=201, null=True)),
                ('batch_id', models.UUIDField(null=True)),
                ('undoes', models.UUIDField(null=True)),
                ('actor_kind', models.CharField(choices=[('person', 'You'), ('staff', 'Staff'), ('pipeline', 'Pipeline')], max_length=16)),
                ('client_id', models.CharField(blank=True, max_length=100)),
                ('reference', models.CharField(blank=True, max_length=200)),
                ('rejection_code', models.CharField(blank=True, choices=[('not_me', 'Not me'), ('outdated', 'Outdated'), ('wrong_evidence', 'Wrong evidence'), ('too_private', 'Too private'), ('duplicate', 'Duplicate'), ('other', 'Other')], max_length=32)),
                ('content', models.JSONField()),
                ('salt', models.BinaryField(max_length=16)),
                ('digest', models.BinaryField(max_length=32)),
                ('previous_hash', models.BinaryField(max_length=32)),
                ('hash', models.BinaryField(max_length=32)),
                ('created_at', models.DateTimeField()),
                ('actor', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('original_candidate', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='traits.extractedtraitcandidate')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='CommunicationStyle',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('element', models.CharField(max_length=100)),
                ('context', models.CharField(blank=True, max_length=100)),
                ('value', models.JSONField()),
                ('version', models.BigIntegerField()),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.F('user'), models.F('element'), models.F('context'), name='style_once')],
            },
        ),
        migrations.CreateModel(
            name='PersonaTrait',
            fields=[
                ('trait_id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=255)),
                ('name_key', models.CharField(editable=False, max_length=255)),
                ('description', models.TextField(blank=True)),
                ('category', models.CharField(choices=[('LinguisticStyle', 'Linguistic style'), ('EmotionalResponsePattern', 'Emotional response pattern'), ('KnowledgeDomain', 'Knowledge domain'), ('PhilosophicalStance', 'Philosophical stance'), ('CommunicationStyle', 'Communication style'), ('BehavioralPattern', 'Behavioural pattern'), ('Interest', 'Interest'), ('Skill', 'Skill'), ('Other', 'Other')], max_length=32)),
                ('origin', models.CharField(choices=[('ai_confirmed_user', 'Suggested, confirmed by you'), ('ai_refined_user', 'Suggested, changed by you'), ('user_defined', 'Added by you'), ('derived_system', 'Derived')], max_length=32)),
                ('status', models.CharField(choices=[('active', 'Active'), ('dormant', 'Dormant'), ('experimental', 'Experimental')], default='active', max_length=32)),
                ('confidence', models.FloatField()),
                ('user_confidence', models.PositiveSmallIntegerField(null=True)),
                ('notes', models.TextField(blank=True)),
                ('concepts', models.JSONField(default=list)),
                ('expression_contexts', models.JSONField(default=list)),
                ('evidence', models.JSONField(default=list)),
                ('version', models.BigIntegerField()),
                ('created_at', models.DateTimeField()),
                ('last_refined_at', models.DateTimeField()),
                ('last_observed_at', models.DateTimeField(null=True)),
                ('valid_from', models.DateTimeField(null=True)),
                ('valid_to', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(models.F('user'), models.F('name_key'), name='trait_name_key')],
                'constraints': [models.CheckConstraint(condition=models.Q(('confidence__gte', 0), ('confidence__lte', 1)), name='trait_confidence'), models.CheckConstraint(condition=models.Q(('user_confidence', None), models.Q(('user_confidence__gte', 1), ('user_confidence__lte', 5)), _connector='OR'), name='trait_user_confidence'), models.CheckConstraint(condition=models.Q(('category__in', ['LinguisticStyle', 'EmotionalResponsePattern', 'KnowledgeDomain', 'PhilosophicalStance', 'CommunicationStyle', 'BehavioralPattern', 'Interest', 'Skill', 'Other'])), name='trait_category'), models.CheckConstraint(condition=models.Q(('status__in', ['active', 'dormant', 'experimental'])), name='trait_status')],
            },
        ),
        migrations.AddConstraint(
            model_name='suppression',
            constraint=models.UniqueConstraint(models.F('user'), models.F('name_key'), models.F('category'), name='suppression_once'),
        ),
        migrations.AddIndex(
            model_name='extractedtraitcandidate',
            index=models.Index(models.F('user'), models.OrderBy(models.F('created_at'), descending=True), models.F('candidate_id'), condition=models.Q(('status__in', ('candidate', 'awaiting_refinement'))), name='candidate_pending'),
        ),
        migrations.AddIndex(
            model_name='extractedtraitcandidate',
            index=models.Index(models.F('user'), models.F('status'), models.OrderBy(models.F('updated_at'), descending=True), models.F('candidate_id'), name='candidate_by_status'),
        ),
        migrations.AddIndex(
            model_name='extractedtraitcandidate',
            index=models.Index(fields=['user', 'status'], include=('deferred_until', 'held_reason'), name='candidate_counts'),
        ),
        migrations.AddIndex(
            model_name='extractedtraitcandidate',
            index=models.Index(models.F('user'), models.F('name_key'), models.F('trait_category'), name='candidate_name_key'),
        ),
        migrations.AddIndex(
            model_name='extractedtraitcandidate',
            index=models.Index(models.F('suppressed_by'), condition=models.Q(('suppressed_by', None), _negated=True), name='candidate_suppressed'),
        ),
        migrations.AddIndex(
            model_name='extractedtraitcandidate',
            index=models.Index(models.F('user'), condition=models.Q(('supersedes', []), _negated=True), name='candidate_superseding'),
        ),
        migrations.AddIndex(
            model_name='extractedtraitcandidate',
            index=django.contrib.postgres.indexes.GinIndex(fields=['search'], gin_pending_list_limit=16384, name='candidate_search'),
        ),
        migrations.AddConstraint(
            model_name='extractedtraitcandidate',
            constraint=models.CheckConstraint(condition=models.Q(('confidence_score__gte', 0), ('confidence_score__lte', 1)), name='candidate_confidence'),
        ),
        migrations.AddConstraint(
            model_name='extractedtraitcandidate',
            constraint=models.CheckConstraint(condition=models.Q(('trait_name', ''), _negated=True), name='candidate_name'),
        ),
        migrations.AddConstraint(
            model_name='extractedtraitcandidate',
            constraint=models.CheckConstraint(condition=models.Q(('trait_category__in', ['LinguisticStyle', 'EmotionalResponsePattern', 'KnowledgeDomain', 'PhilosophicalStance', 'CommunicationStyle', 'BehavioralPattern', 'Interest', 'Skill', 'Other'])), name='candidate_category'),
        ),
        migrations.AddConstraint(
            model_name='extractedtraitcandidate',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['candidate', 'awaiting_refinement', 'confirmed_by_user', 'refined_by_user', 'rejected_by_user', 'archived_auto_superseded'])), name='candidate_status'),
        ),
        migrations.AddConstraint(
            model_name='extractedtraitcandidate',
            constraint=models.CheckConstraint(condition=models.Q(('deferred_until', None), ('status', 'awaiting_refinement'), _connector='OR'), name='candidate_deferred'),
        ),
        migrations.AddIndex(
            model_name='userrefinedtrait',
            index=models.Index(models.F('user'), models.F('trait_id_in_pkg'), models.OrderBy(models.F('revision'), descending=True), name='log_of_trait'),
        ),
        migrations.AddIndex(
            model_name='userrefinedtrait',
            index=models.Index(models.F('user'), models.F('original_candidate'), models.OrderBy(models.F('revision'), descending=True), name='log_of_candidate'),
        ),
        migrations.AddIndex(
            model_name='userrefinedtrait',
            index=models.Index(models.F('user'), models.F('batch_id'), condition=models.Q(('batch_id', None), _negated=True), name='log_of_batch'),
        ),
        migrations.AddConstraint(
            model_name='userrefinedtrait',
            constraint=models.UniqueConstraint(models.F('user'), models.F('revision'), name='log_revision_once'),
        ),
        migrations.AddConstraint(
            model_name='userrefinedtrait',
            constraint=models.UniqueConstraint(models.F('undoes'), condition=models.Q(('undoes', None), _negated=True), name='log_undone_once'),
        ),
        migrations.AddConstraint(
            model_name='userrefinedtrait',
            constraint=models.CheckConstraint(condition=models.Q(('user_decision__in', ['confirmed_asis', 'confirmed_modified', 'rejected', 'user_added_confirmed', 'superseded', 'deferred', 'merged', 'reopened', 'edited', 'status_changed', 'removed', 'style_changed', 'evidence_erased', 'undone'])), name='log_decision'),
        ),
        migrations.AddConstraint(
            model_name='userrefinedtrait',
            constraint=models.CheckConstraint(condition=models.Q(('undoes', None), ('user_decision', 'undone'), _connector='XOR'), name='log_undoes'),
        ),
        migrations.AddConstraint(
            model_name='userrefinedtrait',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('actor_kind', 'staff'), _negated=True), models.Q(('reference', ''), _negated=True), _connector='OR'), name='log_reference'),
        ),
        migrations.AddConstraint(
            model_name='userrefinedtrait',
            constraint=models.CheckConstraint(condition=models.Q(('rejection_code', ''), models.Q(('rejection_code__in', ['not_me', 'outdated', 'wrong_evidence', 'too_private', 'duplicate', 'other']), ('user_decision', 'rejected')), _connector='OR'), name='log_rejection_code'),
        ),
        migrations.RunSQL(INSERT_ONLY, DROP_INSERT_ONLY),
    ]
