"""Migrations run while the release before them serves people: no long locks, and nothing taken that it still uses."""

import re
from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

OURS = ("accounts", "api", "clients", "graph", "traits")
Key = tuple[str, str]
# On tables that are there already; what a rule is about, and what to do instead.
RULES = {
    "an index is made while writes wait: AddIndexConcurrently": r"CREATE (UNIQUE )?INDEX (?!CONCURRENTLY)",
    "an index is dropped while reads wait: RemoveIndexConcurrently": r"DROP INDEX (?!CONCURRENTLY)",
    "a column without a default: the older release leaves it out": (
        r"ADD COLUMN (?!.*(GENERATED|DEFAULT)).*NOT NULL|ALTER COLUMN \S+ (DROP DEFAULT|SET NOT NULL)"
    ),
    "all rows are rewritten": (r"ADD COLUMN .*(STORED|DEFAULT \(?\w*(random|clock|uuid)\w*\()|ALTER COLUMN \S+ TYPE "),
    "all rows are checked while writes wait: AddConstraintNotValid, then ValidateConstraint": (
        r"ADD CONSTRAINT (?!.*NOT VALID).*(CHECK|FOREIGN KEY|UNIQUE|EXCLUDE|PRIMARY KEY)"
    ),
    "the older release still uses it": r"DROP COLUMN|DROP TABLE|RENAME ",
    "everybody waits": r"LOCK TABLE|VACUUM FULL|CLUSTER |REFRESH MATERIALIZED VIEW (?!CONCURRENTLY)|TRUNCATE",
    "code over rows: say why these are few": r"CANNOT BE WRITTEN AS SQL",
}
RECEIPTS = "receipts are few, one an erasure, and no decision touches them"
FEW = "writes permissions and roles, which are few"
INDEX, DROPPED, _, _, CHECKED, _, _, CODE = RULES
# Released before anybody but developers ran PTFI, or harmless for the reason given.
EXEMPT: dict[Key, dict[str, str]] = {
    ("accounts", "0002_log_without_names"): {CODE: "rewrites what staff did with accounts, a few rows"},
    ("accounts", "0007_external_ids"): {CODE: "each account in a transaction of its own"},
    ("graph", "0004_name_keys"): {CODE: "rewrites few of the shared concepts, which only an import changes"},
    ("traits", "0005_partial_erasures"): {INDEX: RECEIPTS, DROPPED: RECEIPTS, CHECKED: RECEIPTS},
    ("traits", "0007_roles"): {CODE: FEW},
    ("traits", "0010_quality"): {CODE: FEW},
    ("traits", "0013_acting"): {CODE: FEW},
    ("traits", "0020_looks_at_many"): {CODE: FEW},
    ("traits", "0027_search_words"): {CODE: "recomputes words in slices of 500, each in its own transaction"},
    ("traits", "0028_batches"): {CODE: FEW},
    ("traits", "0031_updated_name_keys"): {CODE: "in slices, each in a transaction of its own"},
}


def migrations() -> list[Key]:
    return sorted(key for key in MigrationLoader(None).disk_migrations if key[0] in OURS)


def faults(key: Key) -> Iterator[str]:
    """The rules that the migration breaks, with the statement."""
    loader = MigrationLoader(connection, replace_migrations=False)
    lines = loader.collect_sql([(loader.graph.nodes[key], False)])
    comments = [line for line in lines if "CANNOT BE WRITTEN" in line]
    text = "\n".join(line for line in lines if not line.startswith("--"))
    # What stands in functions runs later.
    text = re.sub(r"\$\$.*?\$\$", "''", text, flags=re.DOTALL)
    statements = [" ".join(part.replace('"', "").split()) for part in text.split(";")]
    made = {name for each in statements for name in re.findall(r"^CREATE (?:UNLOGGED )?TABLE (\S+)", each)}
    for statement in [*comments, *statements]:
        table = re.search(r"(?:ALTER TABLE|INDEX (?:CONCURRENTLY )?\S+ ON|DROP TABLE) (\S+)", statement)
        if table is None or table[1] not in made:
            yield from (f"{rule}\n  {statement}" for rule, pattern in RULES.items() if re.search(pattern, statement))


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_migrations_are_safe_on_a_running_system() -> None:
    keys = migrations()
    assert ("traits", "0001_initial") in keys
    for key in keys:
        exempt, found = EXEMPT.get(key, {}), list(faults(key))
        assert [fault for fault in found if fault.split("\n")[0] not in exempt] == [], key
        assert exempt.keys() <= {fault.split("\n")[0] for fault in found}, (key, "an exemption that nothing needs")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE INDEX a ON b (c)",
        "DROP INDEX IF EXISTS a",
        "ALTER TABLE b ADD COLUMN c integer NOT NULL",
        "ALTER TABLE b ADD COLUMN c integer DEFAULT 1 NOT NULL; ALTER TABLE b ALTER COLUMN c DROP DEFAULT",
        "ALTER TABLE b ALTER COLUMN c SET NOT NULL",
        "ALTER TABLE b ADD COLUMN c uuid DEFAULT gen_random_uuid() NOT NULL",
        "ALTER TABLE b ADD COLUMN c integer GENERATED ALWAYS AS (d) STORED",
        "ALTER TABLE b ALTER COLUMN c TYPE bigint USING c::bigint",
        "ALTER TABLE b ADD CONSTRAINT d CHECK (c > 0)",
        "ALTER TABLE b ADD CONSTRAINT d FOREIGN KEY (c) REFERENCES e (f) DEFERRABLE INITIALLY DEFERRED",
        "ALTER TABLE b ADD CONSTRAINT d UNIQUE (c)",
        "ALTER TABLE b DROP COLUMN c CASCADE",
        "ALTER TABLE b RENAME COLUMN c TO d",
        "TRUNCATE b",
    ],
)
def test_the_rules_find_what_they_are_about(statement: str) -> None:
    assert any(re.search(pattern, statement) for pattern in RULES.values())


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE INDEX CONCURRENTLY a ON b (c)",
        "ALTER TABLE b ADD COLUMN c integer NULL",
        "ALTER TABLE b ADD COLUMN c integer DEFAULT 0 NOT NULL",
        "ALTER TABLE b ADD CONSTRAINT d CHECK (c > 0) NOT VALID",
        "ALTER TABLE b VALIDATE CONSTRAINT d",
        "ALTER TABLE b DROP CONSTRAINT d",
    ],
)
def test_the_rules_leave_the_rest(statement: str) -> None:
    assert not any(re.search(pattern, statement) for pattern in RULES.values())
