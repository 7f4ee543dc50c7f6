import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


# An entry is rewritten by redact_log alone, while an erasure is under way: content and salt, and nothing else.
REDACTABLE = """
CREATE OR REPLACE FUNCTION log_is_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rest traits_userrefinedtrait;
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('ptfi.erasing', true) = OLD.user_id::text THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND current_setting('ptfi.redacting', true) = OLD.user_id::text THEN
        rest := NEW;
        rest.content := OLD.content;
        rest.salt := OLD.salt;
        IF rest IS NOT DISTINCT FROM OLD AND NEW.salt = '' AND NEW.content ? 'erased'
            AND EXISTS (SELECT FROM traits_erasure WHERE subject_id = OLD.user_id AND state = 'erasing') THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the log is insert-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE FUNCTION redact_log(person uuid, revisions bigint[], contents jsonb[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    redacted bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM traits_erasure WHERE subject_id = person AND state = 'erasing') THEN
        RAISE EXCEPTION 'a log is redacted by an erasure that is under way' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('ptfi.redacting', person::text, true);
    UPDATE traits_userrefinedtrait AS l SET content = new.content, salt = ''
    FROM unnest(revisions, contents) AS new (revision, content) WHERE l.user_id = person AND l.revision = new.revision;
    GET DIAGNOSTICS redacted = ROW_COUNT;
    PERFORM set_config('ptfi.redacting', '', true);
    RETURN redacted;
END $$;
"""

NOT_REDACTABLE = """
DROP FUNCTION redact_log;
CREATE OR REPLACE FUNCTION log_is_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('ptfi.erasing', true) = OLD.user_id::text THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the log is insert-only' USING ERRCODE = 'insufficient_privilege';
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('traits', '0004_history_indexes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='erasure',
            name='erasure_kind',
        ),
        migrations.RemoveConstraint(
            model_name='erasure',
            name='erasure_state',
        ),
        migrations.RemoveIndex(
            model_name='erasure',
            name='erasure_of_person',
        ),
        migrations.AddField(
            model_name='erasure',
            name='bar',
            field=models.CharField(blank=True, db_default='', default='', max_length=64),
        ),
        migrations.AddField(
            model_name='erasure',
            name='revision',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='erasure',
            name='target',
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AlterField(
            model_name='erasure',
            name='kind',
            field=models.CharField(choices=[('persona', 'The whole persona'), ('account', 'The account, with the persona'), ('category', 'Everything about a category'), ('source', 'All evidence from a source'), ('evidence', 'A piece of evidence')], default='persona', max_length=16),
        ),
        migrations.AlterField(
            model_name='erasure',
            name='state',
            field=models.CharField(choices=[('awaiting_confirmation', 'To be confirmed'), ('erasing', 'Being erased'), ('erased', 'Erased, the graph is being cleared'), ('completed', 'Erased'), ('expired', 'Not confirmed in time')], default='awaiting_confirmation', max_length=32),
        ),
        migrations.AlterField(
            model_name='userrefinedtrait',
            name='original_candidate',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='traits.extractedtraitcandidate'),
        ),
        migrations.AddIndex(
            model_name='erasure',
            index=models.Index(models.F('subject_id'), models.OrderBy(models.F('requested_at'), descending=True), models.F('erasure_id'), name='erasure_newest'),
        ),
        migrations.AddIndex(
            model_name='erasure',
            index=models.Index(models.F('requested_at'), condition=models.Q(('state', 'erasing')), name='erasure_to_go_on'),
        ),
        migrations.AddIndex(
            model_name='erasure',
            index=models.Index(models.F('subject_id'), condition=models.Q(('bar', ''), _negated=True), name='erasure_bars'),
        ),
        migrations.AddIndex(
            model_name='erasure',
            index=models.Index(models.F('bar'), condition=models.Q(('kind', 'account'), models.Q(('bar', ''), _negated=True)), name='erasure_of_account'),
        ),
        migrations.AddConstraint(
            model_name='erasure',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['persona', 'account', 'category', 'source', 'evidence'])), name='erasure_kind'),
        ),
        migrations.AddConstraint(
            model_name='erasure',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['awaiting_confirmation', 'erasing', 'erased', 'completed', 'expired'])), name='erasure_state'),
        ),
        migrations.RunSQL(REDACTABLE, NOT_REDACTABLE),
    ]
