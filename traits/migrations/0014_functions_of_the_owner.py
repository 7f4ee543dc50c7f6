from django.db import migrations


FUNCTIONS = (
    "erase_persona_log(uuid)",
    "redact_log(uuid, bigint[], jsonb[])",
    "erase_moderation(uuid)",
    "blank_moderation(uuid, uuid[])",
    "erase_access_reasons(uuid)",
)

# They run with the rights of the tables' owner, so that the application needs none to change or delete what is only
# added to. The path keeps them to the tables beside them, whatever the caller has put before these.
AS_OWNER = """
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION {function} SECURITY DEFINER SET search_path = pg_catalog, %I, pg_temp', current_schema());
END $$;
REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC;
"""
AS_CALLER = """
ALTER FUNCTION {function} SECURITY INVOKER RESET search_path;
GRANT EXECUTE ON FUNCTION {function} TO PUBLIC;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('traits', '0013_acting'),
    ]

    operations = [
        migrations.RunSQL(AS_OWNER.format(function=function), AS_CALLER.format(function=function))
        for function in FUNCTIONS
    ]
