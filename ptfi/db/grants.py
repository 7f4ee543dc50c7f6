"""Privileges of the application's database role: what it needs, and no changes to insert-only tables.

The tables belong to another role, which runs the migrations. The application may read and write all tables except those
that are narrowed here or by an app, and those that a trigger keeps insert-only. It may call functions that run with
their owner's rights.
"""

from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction
from django.db.models import Model

ALL = ("SELECT", "INSERT", "UPDATE", "DELETE")
ADDED_TO = ("SELECT", "INSERT")
NARROW: dict[str, tuple[str, ...]] = {
    # Only migrations write these tables, as their owner.
    "django_migrations": ("SELECT",),
    "django_content_type": ("SELECT",),
    "auth_permission": ("SELECT",),
}
"""Table → privileges of the application; apps add theirs with narrow()."""
POWERS = ("UPDATE", "DELETE", "TRUNCATE", "TRIGGER")
LOCK = 7_209_318_665_002
"""Serializes concurrent commands: PostgreSQL refuses two concurrent grants on one table."""

TABLES = """
SELECT c.oid::bigint, c.relname, pg_has_role(c.relowner, 'USAGE'), pg_has_role(%(role)s, c.relowner, 'MEMBER'),
    EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname LIKE '%%\\_is\\_insert\\_only')
FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') ORDER BY c.relname"""
FUNCTIONS = """
SELECT p.oid::regprocedure::text FROM pg_proc p
WHERE p.pronamespace = current_schema()::regnamespace AND p.prosecdef ORDER BY p.oid"""
ROLE = """
SELECT rolsuper, rolcreaterole, has_schema_privilege(oid, current_schema(), 'CREATE'),
    has_schema_privilege(oid, current_schema(), 'USAGE'), has_database_privilege(oid, current_database(), 'CONNECT')
FROM pg_roles WHERE rolname = %(role)s"""
HOLDS = "SELECT bool_or(has_table_privilege(%s::name, %s::oid, power)) FROM unnest(%s::text[]) AS power"


def narrow(model: type[Model], *privileges: str) -> None:
    """Give the application's role only these privileges on the model's table."""
    NARROW[model._meta.db_table] = privileges


class UnfitRoleError(Exception):
    """The role is unfit for the application; the arguments are the reasons, in words."""


@transaction.atomic
def grant(role: str) -> int:
    """Grant the role what the application needs and revoke everything else; returns the number of tables.

    Repeating it changes nothing, and running requests are not affected. Raises UnfitRoleError.
    """
    _ask("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    tables = _ask(TABLES, {"role": role}) if _ask("SELECT FROM pg_roles WHERE rolname = %s", [role]) else []
    if faults := list(_faults_before(role, tables)):
        raise UnfitRoleError(*faults)
    with connection.cursor() as cursor:
        for statement in _statements(role, tables):
            cursor.execute(statement)
    if faults := list(_faults_after(role, tables)):
        raise UnfitRoleError(*faults)
    return len(tables)


def may_change_logs() -> bool:
    """Whether the role of this connection can bypass the insert-only log."""
    ((role,),) = _ask("SELECT current_user", [])
    logs = [oid for oid, *_, is_added_to in _ask(TABLES, {"role": role}) if is_added_to]
    return any(_ask(HOLDS, [role, oid, list(POWERS)])[0][0] for oid in logs)


def _faults_before(role: str, tables: list[tuple[Any, ...]]) -> Iterator[str]:
    found = _ask(ROLE, {"role": role})
    if not found:
        yield f"there is no role {role}: CREATE ROLE \"{role}\" LOGIN PASSWORD '…'"
        return
    is_superuser, makes_roles, *_ = found[0]
    if is_superuser or makes_roles:
        yield f"{role} is a superuser or may make roles: nothing would hold it"
    elif any(belongs for *_, belongs, _ in tables):
        yield f"{role} owns tables, or is a member of the role that does"
    if not tables:
        yield "there are no tables yet: run manage.py migrate first"
    if strangers := [name for _, name, mine, *_ in tables if not mine]:
        yield f"run this as the role that owns the tables; it does not own {', '.join(strangers[:3])}"


def _statements(role: str, tables: list[tuple[Any, ...]]) -> Iterator[str]:
    name = connection.ops.quote_name
    schema = name(_ask("SELECT current_schema()", [])[0][0])
    for kind in ("TABLES", "SEQUENCES", "FUNCTIONS"):
        yield f"REVOKE ALL ON ALL {kind} IN SCHEMA {schema} FROM {name(role)}"
    for _, table, *_, is_added_to in tables:
        privileges = NARROW.get(table, ADDED_TO if is_added_to else ALL)
        yield f"GRANT {', '.join(privileges)} ON {schema}.{name(table)} TO {name(role)}"
    for (function,) in _ask(FUNCTIONS, []):
        yield f"GRANT EXECUTE ON FUNCTION {function} TO {name(role)}"


def _faults_after(role: str, tables: list[tuple[Any, ...]]) -> Iterator[str]:
    """What the role gets indirectly: from PUBLIC, or as a member of another role."""
    *_, creates, uses, connects = _ask(ROLE, {"role": role})[0]
    if creates:
        yield f"{role} may make tables beside the application's: REVOKE CREATE ON SCHEMA … FROM PUBLIC"
    if not uses or not connects:
        yield f"{role} does not get at the tables: GRANT CONNECT ON DATABASE …, GRANT USAGE ON SCHEMA … TO {role}"
    for oid, table, *_, is_added_to in tables:
        if is_added_to and _ask(HOLDS, [role, oid, list(POWERS)])[0][0]:
            yield f"{role} may still change {table}, through PUBLIC or a role that it is a member of"


def _ask(statement: str, values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
