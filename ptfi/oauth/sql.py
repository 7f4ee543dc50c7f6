"""SQL of tokens and of the shared cache, a table of Django's database cache; each entry is written in one statement."""

USER_COLUMNS = ["id", "email", "display_name", "is_active", "is_staff", "language", "time_zone"]
TOKEN = f"""
    SELECT t.client_id, t.scopes, {", ".join(f"u.{column}" for column in USER_COLUMNS)}{{columns}}
    FROM allauth_idp_oidc_token t LEFT JOIN accounts_user u ON u.id = t.user_id {{join}}
    WHERE t.type = 'at' AND t.hash = %s AND (t.expires_at IS NULL OR t.expires_at > now())
      AND (t.user_id IS NULL OR u.is_active)
"""  # noqa: S608 (columns of ours)
"""Looks up the token of a request; columns and join: what another package reads with it."""


class Joined:
    """What another package reads together with a token, of the token's person and client (u and t)."""

    columns: tuple[str, ...] = ()
    join = ""


def token() -> str:
    """The statement that looks up a token."""
    return TOKEN.format(columns="".join(f", {column}" for column in Joined.columns), join=Joined.join)


LIVING = "expires > statement_timestamp()"


def read(table: str) -> str:
    """Select the unexpired entries of some keys."""
    return f"SELECT cache_key, value FROM {table} WHERE cache_key = ANY(%s) AND {LIVING}"  # noqa: S608


def sweep(table: str) -> str:
    """Delete some expired entries."""
    # Skip entries that another process is renewing, which also rules out deadlocks.
    out = f"SELECT cache_key FROM {table} WHERE expires <= statement_timestamp() LIMIT 1000"  # noqa: S608
    return f"DELETE FROM {table} WHERE cache_key IN ({out} FOR UPDATE SKIP LOCKED)"  # noqa: S608


def store(table: str) -> str:
    """Write an entry, replacing an existing one."""
    return (
        f"INSERT INTO {table} (cache_key, value, expires) VALUES (%(key)s, %(value)s, %(end)s)"  # noqa: S608
        " ON CONFLICT (cache_key) DO UPDATE SET value = excluded.value, expires = excluded.expires"
    )


def add(table: str) -> str:
    """Write an entry if there is none or it has expired."""
    return f"{store(table)} WHERE {table}.expires <= statement_timestamp()"


def touch(table: str) -> str:
    """Change when an entry expires."""
    return f"UPDATE {table} SET expires = %(end)s WHERE cache_key = %(key)s AND {LIVING}"  # noqa: S608


WRITE = {"set": store, "add": add, "touch": touch}
