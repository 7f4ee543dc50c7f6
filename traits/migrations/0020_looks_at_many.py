import importlib

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

from traits.migrations._roles import grant


def make_roles(apps, schema_editor):
    grant(apps, "traits", "accessentry", {"view_search_words": ["auditor"]})


# A look that concerns several people loses reason and words to the erasure of any of them, and its words after 90 days.
# What staff did with suggestions stays when a persona is erased, without the reasons.
STAYS = """
CREATE OR REPLACE FUNCTION access_is_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rest traits_accessentry;
    erasing text := current_setting('ptfi.erasing', true);
BEGIN
    IF TG_OP = 'UPDATE' AND NEW IS DISTINCT FROM OLD THEN
        rest := NEW;
        IF NEW.reason = '' AND (erasing = OLD.subject_id::text OR nullif(erasing, '')::uuid = ANY (OLD.people)) THEN
            rest.reason := OLD.reason;
        END IF;
        IF NEW.words = '' AND (
            OLD.created_at < now() - interval '90 days'
            OR erasing = OLD.subject_id::text OR nullif(erasing, '')::uuid = ANY (OLD.people)
        ) THEN
            rest.words := OLD.words;
        END IF;
        IF rest IS NOT DISTINCT FROM OLD THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the record of looks is insert-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE OR REPLACE FUNCTION erase_access_reasons(person uuid) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    receipt uuid := receipt_for(person, true, 'reasons are erased together with a receipt');
    erased bigint;
BEGIN
    PERFORM set_config('ptfi.erasing', person::text, true);
    UPDATE traits_accessentry SET reason = '', words = ''
    WHERE (subject_id = person OR people @> ARRAY[person]) AND (reason <> '' OR words <> '');
    GET DIAGNOSTICS erased = ROW_COUNT;
    PERFORM set_config('ptfi.erasing', '', true);
    IF erased > 0 THEN
        PERFORM note_intervention(person, receipt, 'erase_access_reasons', erased, '{}');
    END IF;
    RETURN erased;
END $$;
CREATE OR REPLACE FUNCTION erase_search_words() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    erased bigint;
BEGIN
    UPDATE traits_accessentry SET words = '' WHERE words <> '' AND created_at < now() - interval '90 days';
    GET DIAGNOSTICS erased = ROW_COUNT;
    RETURN erased;
END $$;
CREATE OR REPLACE FUNCTION moderation_is_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rest traits_moderationentry;
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('ptfi.erasing_moderation', true) = OLD.user_id::text THEN
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
    UPDATE traits_moderationentry SET reason = '' WHERE user_id = person AND reason <> '';
    GET DIAGNOSTICS erased = ROW_COUNT;
    PERFORM set_config('ptfi.erasing_moderation', '', true);
    IF erased > 0 THEN
        PERFORM note_intervention(person, receipt, 'erase_moderation', erased, '{}');
    END IF;
    RETURN erased;
END $$;
"""
# Replacing a function takes from it that it runs as its owner.
FUNCTIONS = ("erase_access_reasons(uuid)", "erase_search_words()", "erase_moderation(uuid)")
owned = importlib.import_module("traits.migrations.0014_functions_of_the_owner")


class Migration(migrations.Migration):

    dependencies = [
        ('traits', '0019_logs_that_went_back'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='accessentry',
            options={'default_permissions': ('view',), 'permissions': (('view_search_words', 'view search words'),), 'verbose_name': 'look at a persona', 'verbose_name_plural': 'looks at personas'},
        ),
        migrations.AddField(
            model_name='accessentry',
            name='people',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), db_default=models.Value('{}'), default=list, size=None),
        ),
        migrations.AddField(
            model_name='accessentry',
            name='words',
            field=models.CharField(blank=True, db_default='', max_length=200),
        ),
        migrations.AlterField(
            model_name='accessentry',
            name='kind',
            field=models.CharField(choices=[('suggestion', 'A suggestion'), ('suggestions', 'A list of suggestions'), ('decision', 'A decision in the log'), ('log', 'A list of decisions'), ('log_check', 'The check of the log'), ('trait', 'A trait'), ('acting', 'Acting on request'), ('persona', 'How far the graph is'), ('account', 'The account'), ('erasure', 'A receipt of an erasure'), ('export', 'A file of suggestions'), ('search', 'A search through suggestions'), ('moderation', 'What staff did'), ('access_log', 'Who looked')], max_length=16),
        ),
        migrations.RemoveConstraint(model_name='accessentry', name='access_kind'),
        AddConstraintNotValid(
            model_name='accessentry',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['suggestion', 'suggestions', 'decision', 'log', 'log_check', 'trait', 'acting', 'persona', 'account', 'erasure', 'export', 'search', 'moderation', 'access_log'])), name='access_kind'),
        ),
        # An entry outlives the account of the person whom it is about.
        migrations.AlterField(
            model_name='moderationentry',
            name='user',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.RunSQL(STAYS, migrations.RunSQL.noop),
        *(migrations.RunSQL(owned.AS_OWNER.format(function=each), migrations.RunSQL.noop) for each in FUNCTIONS),
        # Roles may have people by the time that this is reversed: they stay.
        migrations.RunPython(make_roles, migrations.RunPython.noop),
    ]
