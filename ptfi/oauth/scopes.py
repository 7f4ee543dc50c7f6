"""The scopes: what a client may be allowed to do."""

from collections.abc import Collection

from django.utils.translation import gettext_lazy as _

from ptfi.texts import Text

READ_TRAITS = "persona:read_traits"
MANAGE_TRAITS = "persona:manage_traits"
EXPORT = "persona:export"
INGEST = "candidates:ingest"

# Scopes that people can grant, with the words of the consent page.
USER_SCOPES: dict[str, Text] = {
    "openid": _("Recognize you when you come back"),
    "email": _("See your e-mail address"),
    "profile": _("See the name you chose"),
    READ_TRAITS: _("See the part of your persona that you choose, and its history"),
    MANAGE_TRAITS: _("See suggestions, decide on them and change your traits, within that part"),
    EXPORT: _(
        "Download that part as a file, with data of your account: your e-mail addresses, your sign-ins and where they "
        "came from, your other apps, and when staff looked at your data"
    ),
}
NOT_LEAST = frozenset({MANAGE_TRAITS, EXPORT})
"""Scopes that are not ticked at first."""
# Scopes of clients that act for themselves; people are never asked for them.
CLIENT_SCOPES: dict[str, Text] = {INGEST: _("Add suggestions")}


def scope_descriptions(scopes: Collection[str]) -> list[Text]:
    """What these scopes allow a client to do, in words, in the order of the consent page."""
    return [words for scope, words in USER_SCOPES.items() if scope in scopes]
