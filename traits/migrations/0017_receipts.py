import importlib

import django.contrib.postgres.fields
import django.db.models.functions.datetime
from django.db import migrations, models


# What a receipt says never changes, and its times are the database's. Only what the graph is cleared of may be done
# again: a graph that was restored shows what had been erased.
RECEIPTS = """
CREATE FUNCTION receipt_goes_on() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    settled boolean := TG_OP = 'UPDATE' AND OLD.erased_at < transaction_timestamp();
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a receipt stays' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state NOT IN ('awaiting_confirmation', 'erasing') THEN
            RAISE EXCEPTION 'a receipt begins before anything is erased' USING ERRCODE = 'insufficient_privilege';
        END IF;
        NEW.requested_at := clock_timestamp();
        NEW.confirmed_at := CASE WHEN NEW.confirmed_at IS NOT NULL THEN clock_timestamp() END;
        RETURN NEW;
    END IF;
    IF (NEW.erasure_id, NEW.subject_id, NEW.kind, NEW.actor_kind, NEW.client_id, NEW.reference)
        IS DISTINCT FROM (OLD.erasure_id, OLD.subject_id, OLD.kind, OLD.actor_kind, OLD.client_id, OLD.reference)
        OR NEW.target NOT IN (OLD.target, '{}') OR NEW.bar NOT IN (OLD.bar, '') OR NEW.generation < OLD.generation
        OR OLD.erased_at IS NOT NULL AND NEW.revision NOT IN (OLD.revision, 0)
        OR settled AND (
            NEW.counts <> OLD.counts OR NEW.kept - 'pipelineNodes'::text <> OLD.kept - 'pipelineNodes'::text
            OR NOT NEW.things <@ OLD.things)
    THEN
        RAISE EXCEPTION 'a receipt goes on saying what it said' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.user_id IS DISTINCT FROM OLD.user_id AND (NEW.user_id IS NOT NULL OR NOT EXISTS (
        SELECT FROM traits_erasure
        WHERE subject_id = OLD.subject_id AND kind = 'account' AND erased_at >= transaction_timestamp()))
    THEN
        RAISE EXCEPTION 'a receipt loses its account only with that' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
        ('awaiting_confirmation', 'erasing'), ('awaiting_confirmation', 'erased'), ('awaiting_confirmation', 'expired'),
        ('erasing', 'erased'), ('erased', 'completed'), ('completed', 'erased'))
    THEN
        RAISE EXCEPTION 'a receipt goes forward only' USING ERRCODE = 'insufficient_privilege';
    END IF;
    NEW.requested_at := OLD.requested_at;
    NEW.confirmed_at := coalesce(OLD.confirmed_at, CASE WHEN NEW.confirmed_at IS NOT NULL THEN clock_timestamp() END);
    NEW.erased_at := coalesce(OLD.erased_at, CASE WHEN NEW.state = 'erased' THEN clock_timestamp() END);
    NEW.graph_cleared_at := CASE
        WHEN NEW.state <> 'completed' THEN NULL
        WHEN OLD.state = 'completed' THEN OLD.graph_cleared_at
        ELSE clock_timestamp() END;
    RETURN NEW;
END $$;
CREATE TRIGGER receipt_goes_on BEFORE INSERT OR UPDATE OR DELETE ON traits_erasure
FOR EACH ROW EXECUTE FUNCTION receipt_goes_on();
"""
FREE_RECEIPTS = """
DROP TRIGGER receipt_goes_on ON traits_erasure;
DROP FUNCTION receipt_goes_on;
"""

INSERT_ONLY = """
CREATE FUNCTION intervention_is_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'records of interventions are insert-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER intervention_is_insert_only BEFORE UPDATE OR DELETE ON traits_logintervention
FOR EACH ROW EXECUTE FUNCTION intervention_is_insert_only();
"""
NOT_INSERT_ONLY = """
DROP TRIGGER intervention_is_insert_only ON traits_logintervention;
DROP FUNCTION intervention_is_insert_only;
"""

# Called by the owner's functions alone: nobody else may insert into the table.
NOTE_INTERVENTION = """
CREATE FUNCTION note_intervention(person uuid, receipt uuid, what text, count bigint, entries bigint[])
RETURNS void LANGUAGE sql AS $$
    INSERT INTO traits_logintervention
        (subject_id, erasure_id, action, revision, hash, number, revisions, created_at, is_backfilled)
    SELECT person, receipt, what, head.revision, head.hash, count, entries, clock_timestamp(), false
    FROM (SELECT) AS one LEFT JOIN LATERAL (
        SELECT revision, hash FROM traits_userrefinedtrait WHERE user_id = person ORDER BY revision DESC LIMIT 1
    ) AS head ON true
$$;
REVOKE EXECUTE ON FUNCTION note_intervention(uuid, uuid, text, bigint, bigint[]) FROM PUBLIC;
"""
HELPERS = """
CREATE FUNCTION receipt_for(person uuid, whole boolean, otherwise text) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    found uuid;
BEGIN
    SELECT erasure_id INTO found FROM traits_erasure WHERE subject_id = person AND CASE WHEN whole
        THEN kind IN ('persona', 'account') AND state = 'erased'
            AND erased_at BETWEEN transaction_timestamp() AND clock_timestamp()
        ELSE state = 'erasing' END
    ORDER BY requested_at DESC LIMIT 1;
    IF found IS NULL THEN
        RAISE EXCEPTION '%', otherwise USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN found;
END $$;
REVOKE EXECUTE ON FUNCTION receipt_for(uuid, boolean, text) FROM PUBLIC;
""" + NOTE_INTERVENTION + """
CREATE FUNCTION pieces_are_left(old jsonb, new jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    WITH had AS (
        SELECT piece, place, row_number() OVER (PARTITION BY piece ORDER BY place) AS copy
        FROM jsonb_array_elements(old) WITH ORDINALITY AS each (piece, place)),
    have AS (
        SELECT piece, place, row_number() OVER (PARTITION BY piece ORDER BY place) AS copy
        FROM jsonb_array_elements(new) WITH ORDINALITY AS each (piece, place)),
    both_have AS (
        SELECT had.place, lag(had.place) OVER (ORDER BY have.place) AS before
        FROM have JOIN had ON had.piece = have.piece AND had.copy = have.copy)
    SELECT count(*) = jsonb_array_length(new) AND bool_and(before IS NULL OR before < place) IS NOT FALSE
    FROM both_have
$$;
CREATE FUNCTION log_keeps_what_it_said(old jsonb, new jsonb) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    half text;
    side text;
    was jsonb;
    said jsonb;
    says_nothing boolean := true;
BEGIN
    IF jsonb_typeof(new) <> 'object' OR coalesce(new->>'erased', '') !~ '^[0-9a-f]{32}$'
        OR old - '{before,after,relation,reason,notes,erased}'::text[]
            <> new - '{before,after,relation,reason,notes,erased}'::text[]
    THEN
        RETURN false;
    END IF;
    FOREACH half IN ARRAY '{before,after}'::text[] LOOP
        IF jsonb_typeof(new->half) IS DISTINCT FROM 'object'
            OR (old->half) - '{candidate,trait}'::text[] <> (new->half) - '{candidate,trait}'::text[]
        THEN
            RETURN false;
        END IF;
        says_nothing := says_nothing AND coalesce(new->half->'style', 'null') = 'null';
        FOREACH side IN ARRAY '{candidate,trait}'::text[] LOOP
            was := old->half->side;
            said := new->half->side;
            says_nothing := says_nothing AND coalesce(said, 'null') = 'null';
            IF said IS NOT DISTINCT FROM was OR was IS NOT NULL AND said = 'null' THEN
                CONTINUE;
            END IF;
            IF jsonb_typeof(was) IS DISTINCT FROM 'object' OR jsonb_typeof(said) IS DISTINCT FROM 'object' THEN
                RETURN false;
            END IF;
            IF was - 'evidence'::text <> said - 'evidence'::text OR jsonb_typeof(said->'evidence') IS DISTINCT FROM 'array'
                OR jsonb_typeof(was->'evidence') IS DISTINCT FROM 'array'
            THEN
                RETURN false;
            END IF;
            IF NOT pieces_are_left(was->'evidence', said->'evidence') THEN
                RETURN false;
            END IF;
        END LOOP;
    END LOOP;
    FOREACH side IN ARRAY '{reason,notes}'::text[] LOOP
        IF new->side IS DISTINCT FROM old->side AND NOT (says_nothing AND old ? side AND new->side = '""') THEN
            RETURN false;
        END IF;
    END LOOP;
    RETURN coalesce(new->'relation' IS NOT DISTINCT FROM old->'relation'
        OR jsonb_typeof(old->'relation') = 'object'
            AND new->'relation' = jsonb_set(old->'relation', '{existing_contexts}', '[]'), false);
END $$;
"""
NO_HELPERS = """
DROP FUNCTION receipt_for;
DROP FUNCTION note_intervention;
DROP FUNCTION pieces_are_left;
DROP FUNCTION log_keeps_what_it_said;
"""

FUNCTIONS = """
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
        IF rest IS NOT DISTINCT FROM OLD AND NEW.salt = ''
            AND EXISTS (SELECT FROM traits_erasure WHERE subject_id = OLD.user_id AND state = 'erasing')
        THEN
            IF log_keeps_what_it_said(OLD.content, NEW.content) THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION 'an entry keeps what it said, but for texts' USING ERRCODE = 'insufficient_privilege';
        END IF;
    END IF;
    RAISE EXCEPTION 'the log is insert-only' USING ERRCODE = 'insufficient_privilege';
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
    PERFORM set_config('ptfi.erasing', '', true);
    RETURN erased;
END $$;
CREATE OR REPLACE FUNCTION redact_log(person uuid, revisions bigint[], contents jsonb[])
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    receipt uuid := receipt_for(person, false, 'a log is redacted by an erasure that is under way');
    redacted bigint[];
BEGIN
    PERFORM set_config('ptfi.redacting', person::text, true);
    WITH done AS (
        UPDATE traits_userrefinedtrait AS l SET content = new.content, salt = ''
        FROM unnest(revisions, contents) AS new (revision, content)
        WHERE l.user_id = person AND l.revision = new.revision RETURNING l.revision)
    SELECT coalesce(array_agg(revision ORDER BY revision), '{}') INTO redacted FROM done;
    PERFORM set_config('ptfi.redacting', '', true);
    PERFORM note_intervention(person, receipt, 'redact_log', cardinality(redacted), redacted);
    RETURN cardinality(redacted);
END $$;
CREATE OR REPLACE FUNCTION erase_moderation(person uuid) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    receipt uuid := receipt_for(person, true, 'moderation entries are erased together with a receipt');
    erased bigint;
BEGIN
    PERFORM set_config('ptfi.erasing_moderation', person::text, true);
    DELETE FROM traits_moderationentry WHERE user_id = person;
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
    UPDATE traits_moderationentry SET reason = ''
    WHERE user_id = person AND candidate_id = ANY(candidates) AND reason <> '';
    GET DIAGNOSTICS blanked = ROW_COUNT;
    PERFORM set_config('ptfi.erasing_moderation', '', true);
    IF blanked > 0 THEN
        PERFORM note_intervention(person, receipt, 'blank_moderation', blanked, '{}');
    END IF;
    RETURN blanked;
END $$;
CREATE OR REPLACE FUNCTION erase_access_reasons(person uuid) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    receipt uuid := receipt_for(person, true, 'reasons are erased together with a receipt');
    erased bigint;
BEGIN
    PERFORM set_config('ptfi.erasing', person::text, true);
    UPDATE traits_accessentry SET reason = '' WHERE subject_id = person AND reason <> '';
    GET DIAGNOSTICS erased = ROW_COUNT;
    PERFORM set_config('ptfi.erasing', '', true);
    IF erased > 0 THEN
        PERFORM note_intervention(person, receipt, 'erase_access_reasons', erased, '{}');
    END IF;
    RETURN erased;
END $$;
"""

# Erasures of earlier releases, from what they left; where the head of the log was before is not known of a whole one.
BACKFILL = """
INSERT INTO traits_logintervention
    (subject_id, erasure_id, action, revision, hash, number, revisions, created_at, is_backfilled)
SELECT e.subject_id, e.erasure_id, 'erase_persona_log', NULL, NULL, coalesce((e.counts->>'log_entries')::bigint, 0),
    '{}', e.erased_at, true
FROM traits_erasure AS e WHERE e.kind IN ('persona', 'account') AND e.erased_at IS NOT NULL
UNION ALL
SELECT l.user_id, l.batch_id, 'redact_log', l.revision - 1, l.previous_hash,
    (SELECT count(*) FROM jsonb_object_keys(l.content->'redacted')),
    ARRAY(SELECT revision::bigint FROM jsonb_object_keys(l.content->'redacted') AS revision ORDER BY 1), l.created_at,
    true
FROM traits_userrefinedtrait AS l WHERE l.user_decision = 'evidence_erased' AND l.content ? 'redacted';
"""


def earlier():
    """The functions as the migrations before this one made them."""
    parts = [("0002_erasure", "ERASABLE"), ("0005_partial_erasures", "REDACTABLE")]
    parts += [("0006_moderation", "INSERT_ONLY"), ("0008_access", "INSERT_ONLY")]
    text = "".join(getattr(importlib.import_module(f"traits.migrations.{name}"), part) for name, part in parts)
    functions = ["CREATE" + each for each in text.split("\nCREATE")[1:] if "TRIGGER" not in each.split("\n")[0]]
    return "\n".join(each.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION") for each in functions)


owned = importlib.import_module("traits.migrations.0014_functions_of_the_owner")
AS_OWNER = "".join(owned.AS_OWNER.format(function=function) for function in owned.FUNCTIONS)


class Migration(migrations.Migration):

    dependencies = [
        ('traits', '0016_hash_algorithm'),
    ]

    operations = [
        migrations.CreateModel(
            name='LogIntervention',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject_id', models.UUIDField()),
                ('erasure_id', models.UUIDField()),
                ('action', models.CharField(choices=[('erase_persona_log', 'The log was erased'), ('redact_log', 'Texts were taken out of the log'), ('erase_moderation', 'What staff wrote was erased'), ('blank_moderation', 'Reasons of staff were taken out'), ('erase_access_reasons', 'Reasons for looks were taken out')], max_length=32)),
                ('revision', models.BigIntegerField(null=True)),
                ('hash', models.BinaryField(max_length=32, null=True)),
                ('number', models.BigIntegerField()),
                ('revisions', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('created_at', models.DateTimeField()),
                ('is_backfilled', models.BooleanField(default=False)),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(models.F('subject_id'), models.F('id'), name='intervention_of_person')],
                'constraints': [models.CheckConstraint(condition=models.Q(('action__in', ['erase_persona_log', 'redact_log', 'erase_moderation', 'blank_moderation', 'erase_access_reasons'])), name='intervention_action')],
            },
        ),
        migrations.AlterField(
            model_name='erasure',
            name='requested_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
        ),
        migrations.RunSQL(INSERT_ONLY, NOT_INSERT_ONLY),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
        migrations.RunSQL(HELPERS, NO_HELPERS),
        migrations.RunSQL(FUNCTIONS + AS_OWNER, earlier() + AS_OWNER),
        migrations.RunSQL(RECEIPTS, FREE_RECEIPTS),
    ]
