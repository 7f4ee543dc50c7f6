"""The application's role in PostgreSQL: enough for everything it does, too little to get around the log."""

from io import StringIO
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction

from ptfi.accounts.models import User
from ptfi.db.grants import may_change_logs
from ptfi.embedded import APPLICATION
from tests.support.cast import acting_for_self, confirmed
from traits.erasure import persona as erasure
from traits.models import UserRefinedTrait

pytestmark = pytest.mark.django_db
LOGS = (
    "traits_userrefinedtrait",
    "traits_moderationentry",
    "traits_accessentry",
    "traits_logintervention",
    "traits_logattestation",
    "traits_treehead",
)


@pytest.fixture(autouse=True)
def needs_role(application_role: str) -> None:
    if not application_role:
        pytest.skip(f"SKIPPED: this PostgreSQL has no role {APPLICATION}")


def ask(statement: str, *values: Any) -> list[tuple[object, ...]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []


def test_tests_run_as_the_application(alice: User) -> None:
    assert ask("SELECT current_user") == [(APPLICATION,)]
    assert not may_change_logs()


@pytest.mark.parametrize("table", LOGS)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET created_at = now()",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "DROP TABLE {}",
        "ALTER TABLE {} DISABLE TRIGGER ALL",
        "CREATE TRIGGER mine BEFORE INSERT ON {} FOR EACH ROW EXECUTE FUNCTION log_is_insert_only()",
    ],
)
def test_what_is_only_added_to_can_be_changed_in_no_way(alice: User, statement: str, table: str) -> None:
    confirmed(alice)
    for setting in ("ptfi.erasing", "ptfi.redacting", "ptfi.erasing_moderation"):
        ask("SELECT set_config(%s, %s, true)", setting, str(alice.pk))
    with pytest.raises(ProgrammingError, match=r"permission denied|must be (owner|superuser)"):
        ask(statement.format(table))


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql RETURN 1",
        "CREATE OR REPLACE FUNCTION erase_persona_log(person uuid) RETURNS bigint LANGUAGE sql RETURN 1",
        "ALTER FUNCTION redact_log SECURITY INVOKER",
        "SET session_replication_role = replica",
        "DELETE FROM traits_erasure",
        "DELETE FROM traits_logleaf",
        "UPDATE traits_logleaf SET salt = '', hash = ''",
        "DELETE FROM traits_treenode",
        "UPDATE traits_treenode SET hash = ''",
        "INSERT INTO traits_logintervention (subject_id) VALUES (gen_random_uuid())",
        "TRUNCATE traits_persona CASCADE",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('traits', 'x', now())",
        "UPDATE auth_permission SET codename = 'x'",
        "COPY auth_permission TO PROGRAM 'id'",
        "CREATE ROLE mine",
    ],
)
def test_what_belongs_to_the_owner_stays_so(alice: User, statement: str) -> None:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be (owner|superuser)"):
        ask(statement)


def test_a_log_goes_with_its_receipt_only(alice: User) -> None:
    confirmed(alice)
    with pytest.raises(ProgrammingError, match="together with a receipt"):
        ask("SELECT erase_persona_log(%s)", alice.pk)
    erasure.erase_persona(**acting_for_self(alice))
    assert not UserRefinedTrait.objects.filter(user=alice).exists()


def test_tables_of_ones_own_do_not_stand_in_for_receipts(alice: User) -> None:
    """What runs as the owner looks at the tables beside it, whatever the caller made temporarily."""
    confirmed(alice)
    ask("CREATE TEMPORARY TABLE traits_erasure (subject_id uuid, erased_at timestamptz, state text)")
    ask("INSERT INTO pg_temp.traits_erasure VALUES (%s, now() + interval '1 day', 'erasing')", alice.pk)
    ask("SET LOCAL search_path = pg_temp, public")
    for call in ("public.erase_persona_log(%s)", "public.redact_log(%s, '{1}', ARRAY['{}'::jsonb])"):
        with pytest.raises(ProgrammingError, match=r"together with a receipt|under way"):
            ask(f"SELECT {call}", alice.pk)


@pytest.mark.owner
def test_functions_that_open_a_log_run_as_its_owner() -> None:
    """Any that is added must, or the application could not call it, or could call it with a path of its own."""
    opens = "prosrc ~ 'set_config\\(''ptfi\\.' AND pronamespace = current_schema()::regnamespace"
    rows = ask(
        f"SELECT proname, prosecdef, proconfig::text, has_function_privilege('{APPLICATION}', oid, 'EXECUTE'),"  # noqa: S608
        f" proacl::text FROM pg_proc WHERE {opens}"
    )
    assert {str(row[0]) for row in rows} >= {"erase_persona_log", "redact_log", "blank_moderation"}
    for name, is_definer, settings, may_call, rights in rows:
        assert is_definer, name
        assert may_call, name
        assert "search_path=pg_catalog, public, pg_temp" in str(settings), name
        assert "{=X" not in str(rights), name
        assert ",=X" not in str(rights), name


@pytest.mark.owner
def test_every_table_that_refuses_changes_is_found() -> None:
    """Triggers that keep a table insert-only are told by their name."""
    rows = ask(
        "SELECT tgrelid::regclass::text, tgname FROM pg_trigger JOIN pg_proc p ON p.oid = tgfoid"
        " WHERE prosrc LIKE '%insert-only%' AND NOT tgisinternal"
    )
    assert {table for table, _ in rows} >= set(LOGS)
    assert all(str(name).endswith("_is_insert_only") for _, name in rows)


@pytest.mark.owner
def test_the_command_repeats_and_says_what_is_wrong() -> None:
    said = StringIO()
    call_command("grant_app_role", APPLICATION, stdout=said)
    call_command("grant_app_role", APPLICATION, stdout=said)
    assert "only add to the logs" in said.getvalue()
    for role, why in {"nobody-is-that": "there is no role", "postgres": "superuser", "ptfi": "owns tables"}.items():
        with pytest.raises(CommandError, match=why):
            call_command("grant_app_role", role)


@pytest.mark.owner
def test_rights_by_another_way_are_noticed() -> None:
    for given, why in {
        "GRANT UPDATE ON traits_userrefinedtrait TO PUBLIC": "may still change traits_userrefinedtrait",
        f"GRANT TRUNCATE ON traits_accessentry TO {APPLICATION}": "",
    }.items():
        with transaction.atomic():
            ask(given)
            if why:
                with pytest.raises(CommandError, match=why):
                    call_command("grant_app_role", APPLICATION)
            else:
                call_command("grant_app_role", APPLICATION, verbosity=0)
                assert ask(f"SELECT has_table_privilege('{APPLICATION}', 'traits_accessentry', 'TRUNCATE')") == [
                    (False,)
                ]
            transaction.set_rollback(True)


def test_who_owns_nothing_cannot_grant(alice: User) -> None:
    with pytest.raises(CommandError, match=r"run this as the role that owns the tables|member"):
        call_command("grant_app_role", APPLICATION)


def warnings_of() -> set[str]:
    return {str(each.id) for each in run_checks(include_deployment_checks=True, databases=["default"])}


def test_the_check_for_production_is_content_with_the_application(alice: User) -> None:
    assert "ptfi.W002" not in warnings_of()


@pytest.mark.owner
def test_the_check_for_production_notices_the_owner(alice: User) -> None:
    assert "ptfi.W002" in warnings_of()
