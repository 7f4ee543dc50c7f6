import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


# Entries go only with the persona they are about, and lose their reason only to an erasure that is under way; each of
# the two functions says so to the trigger for as long as it takes.
INSERT_ONLY = """
CREATE FUNCTION moderation_is_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rest traits_moderationentry;
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('ptfi.erasing_moderation', true) = OLD.user_id::text THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND current_setting('ptfi.erasing_moderation', true) = OLD.user_id::text THEN
        rest := NEW;
        rest.reason := OLD.reason;
        IF rest IS NOT DISTINCT FROM OLD AND NEW.reason = '' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'moderation entries are insert-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER moderation_is_insert_only BEFORE UPDATE OR DELETE ON traits_moderationentry
FOR EACH ROW EXECUTE FUNCTION moderation_is_insert_only();
CREATE FUNCTION erase_moderation(person uuid) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    erased bigint;
BEGIN
    IF NOT EXISTS (
        SELECT FROM traits_erasure WHERE subject_id = person AND erased_at >= transaction_timestamp()
    ) THEN
        RAISE EXCEPTION 'moderation entries are erased together with a receipt' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('ptfi.erasing_moderation', person::text, true);
    DELETE FROM traits_moderationentry WHERE user_id = person;
    GET DIAGNOSTICS erased = ROW_COUNT;
    PERFORM set_config('ptfi.erasing_moderation', '', true);
    RETURN erased;
END $$;
CREATE FUNCTION blank_moderation(person uuid, candidates uuid[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    blanked bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM traits_erasure WHERE subject_id = person AND state = 'erasing') THEN
        RAISE EXCEPTION 'reasons are blanked by an erasure that is under way' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('ptfi.erasing_moderation', person::text, true);
    UPDATE traits_moderationentry SET reason = ''
    WHERE user_id = person AND candidate_id = ANY(candidates) AND reason <> '';
    GET DIAGNOSTICS blanked = ROW_COUNT;
    PERFORM set_config('ptfi.erasing_moderation', '', true);
    RETURN blanked;
END $$;
"""

DROP_INSERT_ONLY = """
DROP TRIGGER moderation_is_insert_only ON traits_moderationentry;
DROP FUNCTION moderation_is_insert_only;
DROP FUNCTION erase_moderation;
DROP FUNCTION blank_moderation;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('traits', '0005_partial_erasures'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='extractedtraitcandidate',
            options={'permissions': (('view_evidence', 'view evidence'), ('archive_candidate', 'archive candidate'), ('requeue_candidate', 'requeue candidate'), ('flag_candidate', 'flag candidate'), ('reassign_candidate', 'reassign candidate'), ('import_candidates', 'import candidates'), ('export_candidates', 'export candidates'))},
        ),
        migrations.AlterModelOptions(
            name='persona',
            options={'permissions': (('act_for_person', 'act for person'), ('hold_projection', 'hold projection'), ('retry_projection', 'retry projection'), ('check_graph', 'check graph'))},
        ),
        migrations.AlterModelOptions(
            name='userrefinedtrait',
            options={'permissions': (('check_log', 'check log'),)},
        ),
        migrations.CreateModel(
            name='ModerationEntry',
            fields=[
                ('entry_id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('batch_id', models.UUIDField()),
                ('candidate_id', models.UUIDField()),
                ('action', models.CharField(choices=[('archive', 'Archived'), ('requeue', 'Put back into the queue'), ('flag', 'Held back'), ('release', 'Released'), ('reassign', 'Given to somebody else'), ('receive', 'Taken over from somebody else')], max_length=16)),
                ('reason', models.CharField(blank=True, max_length=240)),
                ('before', models.JSONField()),
                ('after', models.JSONField()),
                ('created_at', models.DateTimeField()),
                ('actor', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'moderation entries',
                'indexes': [models.Index(models.F('user'), models.OrderBy(models.F('created_at'), descending=True), models.F('entry_id'), name='moderation_of_person'), models.Index(models.F('candidate_id'), models.OrderBy(models.F('created_at'), descending=True), name='moderation_of_candidate'), models.Index(models.F('actor'), models.OrderBy(models.F('created_at'), descending=True), name='moderation_by_actor'), models.Index(models.OrderBy(models.F('created_at'), descending=True), models.F('entry_id'), name='moderation_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('action__in', ['archive', 'requeue', 'flag', 'release', 'reassign', 'receive'])), name='moderation_action')],
            },
        ),
        migrations.RunSQL(INSERT_ONLY, DROP_INSERT_ONLY),
    ]
