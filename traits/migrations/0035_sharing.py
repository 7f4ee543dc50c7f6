import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


# A consent becomes a grant of what its scopes gave, without the two sensitive categories.
CARRY_OVER = """
INSERT INTO traits_grant (user_id, client_id, categories, contexts, evidence, styles, write, suggest, revision,
    created_at, changed_at, carried_over)
SELECT user_id, client_id, ARRAY['LinguisticStyle', 'KnowledgeDomain', 'CommunicationStyle', 'BehavioralPattern',
    'Interest', 'Skill', 'Other'], ARRAY['everywhere'], true, true,
    bool_or('persona:manage_traits' = ANY(regexp_split_to_array(scopes, '\\s+'))), false, 1, now(), now(), true
FROM allauth_idp_oidc_token
WHERE type IN ('at', 'rt') AND user_id IS NOT NULL AND client_id IS NOT NULL
    AND (expires_at IS NULL OR expires_at > now())
    AND regexp_split_to_array(scopes, '\\s+') && ARRAY['persona:read_traits', 'persona:manage_traits', 'persona:export']
GROUP BY user_id, client_id
"""


class Migration(migrations.Migration):

    dependencies = [
        ('allauth_idp_oidc', '0003_client_allow_uri_wildcards'),
        ('traits', '0034_sittings_and_views'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Grant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('categories', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('LinguisticStyle', 'Linguistic style'), ('EmotionalResponsePattern', 'Emotional response pattern'), ('KnowledgeDomain', 'Knowledge domain'), ('PhilosophicalStance', 'Philosophical stance'), ('CommunicationStyle', 'Communication style'), ('BehavioralPattern', 'Behavioural pattern'), ('Interest', 'Interest'), ('Skill', 'Skill'), ('Other', 'Other')], max_length=32), default=list, size=None)),
                ('contexts', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=100), default=list, size=None)),
                ('evidence', models.BooleanField(default=False)),
                ('styles', models.BooleanField(default=False)),
                ('write', models.BooleanField(default=False)),
                ('suggest', models.BooleanField(default=False)),
                ('revision', models.BigIntegerField(default=1)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('carried_over', models.BooleanField(default=False)),
                ('told_at', models.DateTimeField(null=True)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='allauth_idp_oidc.client')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(models.F('user'), condition=models.Q(('carried_over', True), ('told_at', None)), name='grant_untold')],
                'constraints': [models.UniqueConstraint(models.F('user'), models.F('client'), name='grant_once')],
            },
        ),
        migrations.CreateModel(
            name='ReadReceipt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('client_id', models.CharField(max_length=100)),
                ('operation', models.CharField(max_length=60)),
                ('categories', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=32), default=list, size=None)),
                ('trait_ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ('evidence', models.BooleanField(default=False)),
                ('number', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('user', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(models.F('user'), models.OrderBy(models.F('id'), descending=True), name='receipt_of_person'), django.contrib.postgres.indexes.BrinIndex(models.F('created_at'), autosummarize=True, name='receipt_age', pages_per_range=32)],
            },
        ),
        migrations.RunSQL(CARRY_OVER, migrations.RunSQL.noop),
    ]
