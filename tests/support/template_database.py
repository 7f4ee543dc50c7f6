"""A template of the test database, kept by the embedded PostgreSQL between runs, because migrating takes seconds.

Django still migrates the copy, so that new migrations run; changed migrations get another template.
"""

import hashlib
from pathlib import Path

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "template_of_tests_"


def name() -> str:
    """The template's name, derived from the migrations of the project and its packages."""
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    for package in ("ptfi", "traits", "graph"):
        for path in sorted((ROOT / package).rglob("migrations/*.py")):
            digest.update(path.name.encode() + path.read_bytes())
    return PREFIX + digest.hexdigest()[:32]


def use() -> None:
    """Create the test database from the template, if there is one."""
    if settings.EMBEDDED and name() in _kept():
        connection.settings_dict["TEST"]["TEMPLATE"] = name()


def keep() -> None:
    """Turn the test database into the template, if there is none yet; nothing else may be connected."""
    kept = _kept() if settings.EMBEDDED else [name()]
    if name() not in kept:
        test_database = connection.ops.quote_name(str(connection.settings_dict["NAME"]))
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]
        with connection._nodb_cursor() as cursor:
            for old in kept:
                cursor.execute(f"DROP DATABASE IF EXISTS {old}")
            cursor.execute(f"CREATE DATABASE {name()} TEMPLATE {test_database}")


def _kept() -> list[str]:
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
        return [found for (found,) in cursor.fetchall()]
