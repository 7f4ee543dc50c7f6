import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


# Deletes go through erase_persona_log alone, which names the person to the trigger for as long as it takes.
ERASABLE = """
CREATE OR REPLACE FUNCTION log_is_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('ptfi.erasing', true) = OLD.user_id::text THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the log is insert-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE FUNCTION erase_persona_log(person uuid) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    erased bigint;
BEGIN
    IF NOT EXISTS (
        SELECT FROM traits_erasure WHERE subject_id = person AND erased_at >= transaction_timestamp()
    ) THEN
        RAISE EXCEPTION 'a log is erased together with a receipt' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('ptfi.erasing', person::text, true);
    DELETE FROM traits_userrefinedtrait WHERE user_id = person;
    GET DIAGNOSTICS erased = ROW_COUNT;
    PERFORM set_config('ptfi.erasing', '', true);
    RETURN erased;
END $$;
"""

NOT_ERASABLE = """
DROP FUNCTION erase_persona_log;
CREATE OR REPLACE FUNCTION log_is_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is insert-only' USING ERRCODE = 'insufficient_privilege';
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('traits', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Erasure',
            fields=[
                ('erasure_id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('subject_id', models.UUIDField()),
                ('kind', models.CharField(choices=[('persona', 'The whole persona')], default='persona', max_length=16)),
                ('state', models.CharField(choices=[('awaiting_confirmation', 'To be confirmed'), ('erased', 'Erased, the graph is being cleared'), ('completed', 'Erased'), ('expired', 'Not confirmed in time')], default='awaiting_confirmation', max_length=32)),
                ('requested_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('erased_at', models.DateTimeField(null=True)),
                ('graph_cleared_at', models.DateTimeField(null=True)),
                ('counts', models.JSONField(default=dict)),
                ('kept', models.JSONField(default=dict)),
                ('generation', models.BigIntegerField(default=0)),
                ('things', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ('actor_kind', models.CharField(max_length=16)),
                ('client_id', models.CharField(blank=True, max_length=100)),
                ('reference', models.CharField(blank=True, max_length=200)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField(null=True)),
                ('last_error', models.CharField(blank=True, max_length=500)),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name='persona',
            name='suggestions_off_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name='erasure',
            index=models.Index(models.F('subject_id'), name='erasure_of_person'),
        ),
        migrations.AddIndex(
            model_name='erasure',
            index=models.Index(models.F('subject_id'), condition=models.Q(('state', 'erased')), name='erasure_to_clear'),
        ),
        migrations.AddConstraint(
            model_name='erasure',
            constraint=models.UniqueConstraint(models.F('subject_id'), models.F('kind'), condition=models.Q(('state', 'awaiting_confirmation')), name='erasure_asked_once'),
        ),
        migrations.AddConstraint(
            model_name='erasure',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['persona'])), name='erasure_kind'),
        ),
        migrations.AddConstraint(
            model_name='erasure',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['awaiting_confirmation', 'erased', 'completed', 'expired'])), name='erasure_state'),
        ),
        migrations.AddConstraint(
            model_name='erasure',
            constraint=models.CheckConstraint(condition=models.Q(('erased_at', None), ('state__in', ('erased', 'completed')), _connector='XOR'), name='erasure_erased'),
        ),
        migrations.AddConstraint(
            model_name='erasure',
            constraint=models.CheckConstraint(condition=models.Q(('graph_cleared_at', None), ('state__in', ('erased', 'completed')), _connector='OR'), name='erasure_cleared'),
        ),
        migrations.RunSQL(ERASABLE, NOT_ERASABLE),
    ]
