"""The sources that a person's evidence names, and looking one up by its key in a URL."""

from ptfi.accounts.models import User
from ptfi.db import sql
from traits.erasure.sql import SOURCE_NAMES
from traits.ingest.blocklist import source_bar


def source_name(user: User, key: str) -> str | None:
    """The name of the person's source with this key; None if there is none."""
    names = sql.rows(SOURCE_NAMES, {"user": user.pk})
    return next((name for (name,) in names if source_bar(user.pk, name) == key), None)
