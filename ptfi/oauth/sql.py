"""The shared cache's SQL, for a table of Django's database cache; an entry is written in one statement."""

LIVING = "expires > statement_timestamp()"


def read(table: str) -> str:
    """The entries of some keys that have not run out."""
    return f"SELECT cache_key, value FROM {table} WHERE cache_key = ANY(%s) AND {LIVING}"  # noqa: S608


def sweep(table: str) -> str:
    """Removes some of what has run out."""
    # What others have just taken up again is theirs, and waiting for each other could go round in a circle.
    out = f"SELECT cache_key FROM {table} WHERE expires <= statement_timestamp() LIMIT 1000"  # noqa: S608
    return f"DELETE FROM {table} WHERE cache_key IN ({out} FOR UPDATE SKIP LOCKED)"  # noqa: S608


def store(table: str) -> str:
    """Writes an entry, whatever was there."""
    return (
        f"INSERT INTO {table} (cache_key, value, expires) VALUES (%(key)s, %(value)s, %(end)s)"  # noqa: S608
        " ON CONFLICT (cache_key) DO UPDATE SET value = excluded.value, expires = excluded.expires"
    )


def add(table: str) -> str:
    """Writes an entry where nothing is, or where what was has run out."""
    return f"{store(table)} WHERE {table}.expires <= statement_timestamp()"


def touch(table: str) -> str:
    """Has an entry run out at another time."""
    return f"UPDATE {table} SET expires = %(end)s WHERE cache_key = %(key)s AND {LIVING}"  # noqa: S608


WRITE = {"set": store, "add": add, "touch": touch}
