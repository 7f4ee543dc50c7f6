import django.utils.timezone
from django.db import migrations, models


# Rows are only added, and are an account of the staff: an erasure takes their reasons, through erase_access_reasons.
INSERT_ONLY = """
CREATE FUNCTION access_is_insert_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rest traits_accessentry;
BEGIN
    IF TG_OP = 'UPDATE' AND current_setting('ptfi.erasing', true) = OLD.subject_id::text AND NEW.reason = '' THEN
        rest := NEW;
        rest.reason := OLD.reason;
        IF rest IS NOT DISTINCT FROM OLD THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the record of looks is insert-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER access_is_insert_only BEFORE UPDATE OR DELETE ON traits_accessentry
FOR EACH ROW EXECUTE FUNCTION access_is_insert_only();
CREATE FUNCTION erase_access_reasons(person uuid) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    erased bigint;
BEGIN
    IF NOT EXISTS (
        SELECT FROM traits_erasure WHERE subject_id = person AND erased_at >= transaction_timestamp()
    ) THEN
        RAISE EXCEPTION 'reasons are erased together with a receipt' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('ptfi.erasing', person::text, true);
    UPDATE traits_accessentry SET reason = '' WHERE subject_id = person AND reason <> '';
    GET DIAGNOSTICS erased = ROW_COUNT;
    PERFORM set_config('ptfi.erasing', '', true);
    RETURN erased;
END $$;
"""

NOT_INSERT_ONLY = """
DROP FUNCTION erase_access_reasons;
DROP TRIGGER access_is_insert_only ON traits_accessentry;
DROP FUNCTION access_is_insert_only;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('traits', '0007_roles'),
    ]

    operations = [
        migrations.CreateModel(
            name='AccessEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('staff_id', models.UUIDField()),
                ('subject_id', models.UUIDField(null=True)),
                ('kind', models.CharField(choices=[('suggestion', 'A suggestion'), ('suggestions', 'A list of suggestions'), ('decision', 'A decision in the log'), ('log', 'A list of decisions'), ('log_check', 'The check of the log'), ('trait', 'A trait'), ('acting', 'Acting on request'), ('persona', 'How far the graph is'), ('account', 'The account'), ('erasure', 'A receipt of an erasure'), ('export', 'A file of suggestions')], max_length=16)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('number', models.PositiveIntegerField(null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'verbose_name': 'look at a persona',
                'verbose_name_plural': 'looks at personas',
                'default_permissions': ('view',),
                'indexes': [models.Index(models.OrderBy(models.F('created_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='access_newest'), models.Index(models.F('staff_id'), models.OrderBy(models.F('created_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='access_by_staff'), models.Index(models.F('subject_id'), models.OrderBy(models.F('created_at'), descending=True), models.OrderBy(models.F('id'), descending=True), condition=models.Q(('subject_id', None), _negated=True), name='access_of_person')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['suggestion', 'suggestions', 'decision', 'log', 'log_check', 'trait', 'acting', 'persona', 'account', 'erasure', 'export'])), name='access_kind'), models.CheckConstraint(condition=models.Q(('subject_id', None), ('number', None), _connector='XOR'), name='access_of_one_or_many')],
            },
        ),
        migrations.RunSQL(INSERT_ONLY, NOT_INSERT_ONLY),
    ]
