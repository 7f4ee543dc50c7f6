import importlib
import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

from traits.migrations._roles import grant


def make_roles(apps, schema_editor):
    roles = ["moderator", "support", "auditor", "administrator"]
    grant(apps, "traits", "ingestbatch", {"view_ingestbatch": roles})


# A batch says for ever what it said when it ended, except for what an erasure that is under way removes.
RECORDED = """
CREATE FUNCTION batch_keeps_what_it_said() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rest traits_ingestbatch;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        rest := NEW;
        IF OLD.finished_at IS NULL THEN
            rest.counts := OLD.counts;
            rest.digest := OLD.digest;
            rest.finished_at := OLD.finished_at;
        END IF;
        IF EXISTS (SELECT FROM traits_erasure WHERE state = 'erasing') OR EXISTS (
            SELECT FROM traits_erasure WHERE state = 'erased' AND erased_at >= transaction_timestamp()
        ) THEN
            IF NEW.name = '' THEN
                rest.name := OLD.name;
            END IF;
            IF NEW.reason = '' THEN
                rest.reason := OLD.reason;
            END IF;
            IF NEW.digest = '' THEN
                rest.digest := OLD.digest;
            END IF;
        END IF;
        IF rest IS NOT DISTINCT FROM OLD THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the record of a batch is not changed' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER batch_keeps_what_it_said BEFORE UPDATE OR DELETE ON traits_ingestbatch
FOR EACH ROW EXECUTE FUNCTION batch_keeps_what_it_said();
"""
NOT_RECORDED = """
DROP TRIGGER batch_keeps_what_it_said ON traits_ingestbatch;
DROP FUNCTION batch_keeps_what_it_said;
"""

# A suggestion that staff gave to somebody else has one reason in the entries of both people: it goes with either.
OF_BOTH = """
CREATE OR REPLACE FUNCTION moderation_is_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rest traits_moderationentry;
    erasing text := current_setting('ptfi.erasing_moderation', true);
BEGIN
    IF TG_OP = 'UPDATE' AND (erasing = OLD.user_id::text OR EXISTS (
        SELECT FROM traits_moderationentry AS other
        WHERE other.candidate_id = OLD.candidate_id AND other.batch_id = OLD.batch_id
            AND other.user_id = nullif(erasing, '')::uuid
    )) THEN
        rest := NEW;
        rest.reason := OLD.reason;
        IF rest IS NOT DISTINCT FROM OLD AND NEW.reason = '' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'moderation entries are insert-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE OR REPLACE FUNCTION erase_moderation(person uuid) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    receipt uuid := receipt_for(person, true, 'moderation entries are erased together with a receipt');
    erased bigint;
BEGIN
    PERFORM set_config('ptfi.erasing_moderation', person::text, true);
    UPDATE traits_moderationentry AS entry SET reason = '' WHERE reason <> '' AND (user_id = person OR EXISTS (
        SELECT FROM traits_moderationentry AS other WHERE other.candidate_id = entry.candidate_id
            AND other.batch_id = entry.batch_id AND other.user_id = person
    )) AND candidate_id IN (SELECT candidate_id FROM traits_moderationentry WHERE user_id = person);
    GET DIAGNOSTICS erased = ROW_COUNT;
    PERFORM set_config('ptfi.erasing_moderation', '', true);
    IF erased > 0 THEN
        PERFORM note_intervention(person, receipt, 'erase_moderation', erased, '{}');
    END IF;
    RETURN erased;
END $$;
CREATE OR REPLACE FUNCTION blank_moderation(person uuid, candidates uuid[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    receipt uuid := receipt_for(person, false, 'reasons are blanked by an erasure that is under way');
    blanked bigint;
BEGIN
    PERFORM set_config('ptfi.erasing_moderation', person::text, true);
    UPDATE traits_moderationentry AS entry SET reason = ''
    WHERE candidate_id = ANY(candidates) AND reason <> '' AND (user_id = person OR EXISTS (
        SELECT FROM traits_moderationentry AS other WHERE other.candidate_id = entry.candidate_id
            AND other.batch_id = entry.batch_id AND other.user_id = person
    ));
    GET DIAGNOSTICS blanked = ROW_COUNT;
    PERFORM set_config('ptfi.erasing_moderation', '', true);
    IF blanked > 0 THEN
        PERFORM note_intervention(person, receipt, 'blank_moderation', blanked, '{}');
    END IF;
    RETURN blanked;
END $$;
"""
# Replacing a function takes from it that it runs as its owner.
FUNCTIONS = ("erase_moderation(uuid)", "blank_moderation(uuid, uuid[])")
owned = importlib.import_module("traits.migrations.0014_functions_of_the_owner")


class Migration(migrations.Migration):

    dependencies = [
        ('traits', '0027_search_words'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CandidateChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('candidate_id', models.UUIDField()),
                ('batch_id', models.UUIDField()),
                ('before', models.JSONField()),
                ('after', models.JSONField()),
                ('created_at', models.DateTimeField()),
                ('taken_back_at', models.DateTimeField(null=True)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='IngestBatch',
            fields=[
                ('batch_id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('door', models.CharField(choices=[('command', 'Import by command'), ('upload', 'File imported by staff'), ('api', 'Request of an app')], max_length=16)),
                ('client_id', models.CharField(blank=True, max_length=100)),
                ('name', models.CharField(blank=True, max_length=255)),
                ('digest', models.CharField(blank=True, max_length=64)),
                ('reason', models.CharField(blank=True, max_length=240)),
                ('counts', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('finished_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'import',
                'verbose_name_plural': 'imports',
                'default_permissions': ('view',),
            },
        ),
        migrations.RemoveConstraint(
            model_name='accessentry',
            name='access_kind',
        ),
        migrations.RemoveConstraint(
            model_name='moderationentry',
            name='moderation_action',
        ),
        migrations.AddField(
            model_name='extractedtraitcandidate',
            name='batch_id',
            field=models.UUIDField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='extractedtraitcandidate',
            name='changed_in',
            field=models.UUIDField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='extractedtraitcandidate',
            name='client_id',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=100),
        ),
        migrations.AddField(
            model_name='moderationentry',
            name='ingest_batch',
            field=models.UUIDField(null=True),
        ),
        migrations.AlterField(
            model_name='accessentry',
            name='kind',
            field=models.CharField(choices=[('suggestion', 'A suggestion'), ('suggestions', 'A list of suggestions'), ('decision', 'A decision in the log'), ('log', 'A list of decisions'), ('log_check', 'An integrity check of the log'), ('trait', 'A trait'), ('acting', 'A decision on behalf of the person'), ('persona', 'The state of the graph'), ('account', 'The account'), ('erasure', 'A deletion receipt'), ('export', 'A download of suggestions'), ('search', 'A search in suggestions'), ('import', 'A preview of changes to suggestions'), ('moderation', 'What staff did'), ('access_log', 'The access log')], max_length=16),
        ),
        migrations.AlterField(
            model_name='moderationentry',
            name='action',
            field=models.CharField(choices=[('archive', 'Archived'), ('requeue', 'Put back into the queue'), ('flag', 'Held back'), ('release', 'Released'), ('reassign', 'Given to somebody else'), ('receive', 'Taken over from somebody else'), ('decide', 'Decided on behalf of the person'), ('revert', 'Change taken back'), ('reapply', 'Change made again')], max_length=16, verbose_name='action'),
        ),
        AddConstraintNotValid(
            model_name='accessentry',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['suggestion', 'suggestions', 'decision', 'log', 'log_check', 'trait', 'acting', 'persona', 'account', 'erasure', 'export', 'search', 'import', 'moderation', 'access_log'])), name='access_kind'),
        ),
        AddConstraintNotValid(
            model_name='moderationentry',
            constraint=models.CheckConstraint(condition=models.Q(('action__in', ['archive', 'requeue', 'flag', 'release', 'reassign', 'receive', 'decide', 'revert', 'reapply'])), name='moderation_action'),
        ),
        migrations.AddField(
            model_name='candidatechange',
            name='user',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='ingestbatch',
            name='staff',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='candidatechange',
            index=models.Index(models.F('user'), models.OrderBy(models.F('id'), descending=True), name='change_of_person'),
        ),
        migrations.AddIndex(
            model_name='candidatechange',
            index=models.Index(models.F('candidate_id'), models.OrderBy(models.F('id'), descending=True), name='change_of_candidate'),
        ),
        migrations.AddIndex(
            model_name='candidatechange',
            index=models.Index(models.F('batch_id'), models.F('candidate_id'), name='change_of_batch'),
        ),
        migrations.AddIndex(
            model_name='ingestbatch',
            index=models.Index(models.OrderBy(models.F('created_at'), descending=True), models.F('batch_id'), name='batch_newest'),
        ),
        migrations.AddIndex(
            model_name='ingestbatch',
            index=models.Index(models.F('client_id'), models.OrderBy(models.F('created_at'), descending=True), models.F('batch_id'), name='batch_of_client'),
        ),
        migrations.AddIndex(
            model_name='ingestbatch',
            index=models.Index(models.F('staff'), models.OrderBy(models.F('created_at'), descending=True), models.F('batch_id'), condition=models.Q(('staff', None), _negated=True), name='batch_by_staff'),
        ),
        migrations.AddConstraint(
            model_name='ingestbatch',
            constraint=models.CheckConstraint(condition=models.Q(('door__in', ['command', 'upload', 'api'])), name='batch_door'),
        ),
        migrations.RunSQL(RECORDED, NOT_RECORDED),
        migrations.RunSQL(OF_BOTH, migrations.RunSQL.noop),
        *(migrations.RunSQL(owned.AS_OWNER.format(function=each), migrations.RunSQL.noop) for each in FUNCTIONS),
        # Roles may have people by the time that this is reversed: they stay.
        migrations.RunPython(make_roles, migrations.RunPython.noop),
    ]
