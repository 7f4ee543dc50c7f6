import importlib

import django.contrib.postgres.fields
from django.db import migrations, models


# Of a leaf, the salt and the hash go together with the log that it was about.
INSERT_ONLY = """
CREATE FUNCTION tree_is_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the tree of the logs is insert-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER node_is_insert_only BEFORE UPDATE OR DELETE ON traits_treenode
FOR EACH ROW EXECUTE FUNCTION tree_is_insert_only();
CREATE TRIGGER head_is_insert_only BEFORE UPDATE OR DELETE ON traits_treehead
FOR EACH ROW EXECUTE FUNCTION tree_is_insert_only();
CREATE TRIGGER attestation_is_insert_only BEFORE UPDATE OR DELETE ON traits_logattestation
FOR EACH ROW EXECUTE FUNCTION tree_is_insert_only();
CREATE FUNCTION leaf_is_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('ptfi.erasing', true) = OLD.subject_id::text
        AND (NEW.index, NEW.subject_id, NEW.revision, NEW.hash, NEW.salt)
            IS NOT DISTINCT FROM (OLD.index, OLD.subject_id, OLD.revision, ''::bytea, ''::bytea)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the tree of the logs is insert-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER leaf_is_insert_only BEFORE UPDATE OR DELETE ON traits_logleaf
FOR EACH ROW EXECUTE FUNCTION leaf_is_insert_only();
"""
NOT_INSERT_ONLY = """
DROP TRIGGER node_is_insert_only ON traits_treenode;
DROP TRIGGER head_is_insert_only ON traits_treehead;
DROP TRIGGER attestation_is_insert_only ON traits_logattestation;
DROP TRIGGER leaf_is_insert_only ON traits_logleaf;
DROP FUNCTION tree_is_insert_only;
DROP FUNCTION leaf_is_insert_only;
"""
# The record of a redaction also says what was left in place of the old contents.
ERASING = """
DROP FUNCTION note_intervention;
CREATE FUNCTION note_intervention(
    person uuid, receipt uuid, what text, count bigint, entries bigint[], left_there bytea[] DEFAULT '{}')
RETURNS void LANGUAGE sql AS $$
    INSERT INTO traits_logintervention
        (subject_id, erasure_id, action, revision, hash, number, revisions, digests, created_at, is_backfilled)
    SELECT person, receipt, what, head.revision, head.hash, count, entries, left_there, clock_timestamp(), false
    FROM (SELECT) AS one LEFT JOIN LATERAL (
        SELECT revision, hash FROM traits_userrefinedtrait WHERE user_id = person ORDER BY revision DESC LIMIT 1
    ) AS head ON true
$$;
REVOKE EXECUTE ON FUNCTION note_intervention(uuid, uuid, text, bigint, bigint[], bytea[]) FROM PUBLIC;
CREATE OR REPLACE FUNCTION redact_log(person uuid, revisions bigint[], contents jsonb[])
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    receipt uuid := receipt_for(person, false, 'a log is redacted by an erasure that is under way');
    redacted bigint[];
    digests bytea[];
BEGIN
    PERFORM set_config('ptfi.redacting', person::text, true);
    WITH done AS (
        UPDATE traits_userrefinedtrait AS l SET content = new.content, salt = ''
        FROM unnest(revisions, contents) AS new (revision, content)
        WHERE l.user_id = person AND l.revision = new.revision
        RETURNING l.revision, sha256(convert_to(l.content::text, 'UTF8')) AS digest)
    SELECT coalesce(array_agg(revision ORDER BY revision), '{}'), coalesce(array_agg(digest ORDER BY revision), '{}')
    INTO redacted, digests FROM done;
    PERFORM set_config('ptfi.redacting', '', true);
    PERFORM note_intervention(person, receipt, 'redact_log', cardinality(redacted), redacted, digests);
    RETURN cardinality(redacted);
END $$;
CREATE OR REPLACE FUNCTION erase_persona_log(person uuid) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    receipt uuid := receipt_for(person, true, 'a log is erased together with a receipt');
    erased bigint;
BEGIN
    SELECT count(*) INTO erased FROM traits_userrefinedtrait WHERE user_id = person;
    PERFORM note_intervention(person, receipt, 'erase_persona_log', erased, '{}');
    PERFORM set_config('ptfi.erasing', person::text, true);
    DELETE FROM traits_userrefinedtrait WHERE user_id = person;
    GET DIAGNOSTICS erased = ROW_COUNT;
    UPDATE traits_logleaf SET salt = '', hash = '' WHERE subject_id = person AND salt <> '';
    PERFORM set_config('ptfi.erasing', '', true);
    RETURN erased;
END $$;
"""
before = importlib.import_module("traits.migrations.0017_receipts")
owned = importlib.import_module("traits.migrations.0014_functions_of_the_owner")
CHANGED = ("erase_persona_log(uuid)", "redact_log(uuid, bigint[], jsonb[])")
AS_OWNER = "".join(owned.AS_OWNER.format(function=function) for function in CHANGED)
NOT_ERASING = "DROP FUNCTION note_intervention;" + before.NOTE_INTERVENTION + before.FUNCTIONS + before.AS_OWNER


class Migration(migrations.Migration):

    dependencies = [
        ('traits', '0017_receipts'),
    ]

    operations = [
        migrations.AddField(
            model_name='logintervention',
            name='digests',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BinaryField(max_length=32), db_default=[], default=list, size=None),
        ),
        migrations.CreateModel(
            name='LogAttestation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject_id', models.UUIDField()),
                ('interventions', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('key_id', models.CharField(max_length=16)),
                ('signature', models.BinaryField(max_length=64)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(models.F('subject_id'), models.F('id'), name='attestation_of_person')],
            },
        ),
        migrations.CreateModel(
            name='TreeHead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('size', models.BigIntegerField()),
                ('root', models.BinaryField(max_length=32)),
                ('previous', models.BinaryField(max_length=32)),
                ('is_restored', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField()),
                ('key_id', models.CharField(max_length=16)),
                ('signature', models.BinaryField(max_length=64)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='TreeNode',
            fields=[
                ('place', models.BigIntegerField(primary_key=True, serialize=False)),
                ('hash', models.BinaryField(max_length=32)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='LogLeaf',
            fields=[
                ('index', models.BigIntegerField(primary_key=True, serialize=False)),
                ('subject_id', models.UUIDField()),
                ('revision', models.BigIntegerField()),
                ('hash', models.BinaryField(max_length=32)),
                ('salt', models.BinaryField(max_length=32)),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(models.F('subject_id'), models.OrderBy(models.F('index'), descending=True), name='leaf_newest_of_person')],
            },
        ),
        migrations.RunSQL(INSERT_ONLY, NOT_INSERT_ONLY),
        migrations.RunSQL(ERASING + AS_OWNER, NOT_ERASING),
    ]
