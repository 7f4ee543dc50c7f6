"""The sources that a person's evidence names, and looking one up by its key in a URL."""

from ptfi.accounts.models import User
from ptfi.db import sql
from ptfi.texts import composed, forms
from traits.erasure.sql import SOURCE_NAMES
from traits.ingest.blocklist import source_bar


def source_name(user: User, key: str) -> str | None:
    """The name of the person's source with this key, as it is stored; None if there is none.

    The key may be that of any form of the name. Of several stored forms it is one that can't be derived from another.
    """
    stored = [name for (name,) in sql.rows(SOURCE_NAMES, {"user": user.pk})]
    found = [name for name in stored if key in {source_bar(user.pk, form) for form in forms(name)}]
    return max(found, key=lambda name: name not in forms(composed(name)), default=None)
