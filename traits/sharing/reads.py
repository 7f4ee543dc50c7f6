"""Read receipts in words, for pages: which app read what, and when."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Callable, Sequence

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from ptfi.accounts.models import User
from ptfi.oauth.grants import client_names
from ptfi.texts import isolated
from ptfi.web import keyset
from ptfi.web.keyset import Page
from ptfi.web.language import grouped
from traits.models import PersonaTrait, ReadReceipt
from traits.sharing.receipts import ORDER, receipts

LINKED = 5
"""The most traits that a line links."""
WEEK = dt.timedelta(days=6)
Words = Callable[[int], str]


def _traits(number: int) -> str:
    return ngettext("%(app)s read %(number)s trait", "%(app)s read %(number)s traits", number)


WORDS: dict[str, Words] = {
    "listCandidates": lambda number: ngettext(
        "%(app)s read %(number)s suggestion", "%(app)s read %(number)s suggestions", number
    ),
    "readCandidate": lambda _: gettext("%(app)s read a suggestion, and traits that are like it"),
    "listHistory": lambda number: ngettext(
        "%(app)s read the history of %(number)s trait", "%(app)s read the history of %(number)s traits", number
    ),
    "readGraph": lambda number: ngettext(
        "%(app)s read %(number)s trait as a graph", "%(app)s read %(number)s traits as a graph", number
    ),
    "listConcepts": lambda _: gettext("%(app)s read your topics"),
    "readStyles": lambda _: gettext("%(app)s read your communication style"),
    "exportPersona": lambda number: ngettext(
        "%(app)s downloaded %(number)s trait", "%(app)s downloaded %(number)s traits", number
    ),
    "readErasure": lambda _: gettext("%(app)s asked about a deletion"),
}
"""Operation → the words for a number of traits; the others read traits."""


@dataclasses.dataclass(frozen=True)
class ShownRead:
    """A receipt as a line. traits: those that the person still has, a few of them; more: how many others it names."""

    receipt: ReadReceipt
    app: str
    traits: list[PersonaTrait]
    more: int

    @property
    def sentence(self) -> str:
        operation = self.receipt.operation.rpartition(" ")[2]
        number = len(self.receipt.trait_ids)
        text = WORDS.get(operation, _traits)(number)
        return text % {"app": isolated(self.app), "number": grouped(number)}

    @property
    def when(self) -> str:
        """The weekday and the time, for older ones the date."""
        at = timezone.localtime(self.receipt.created_at)
        if timezone.now() - self.receipt.created_at > WEEK:
            return date_format(at, "DATETIME_FORMAT")
        return f"{date_format(at, 'l')} {date_format(at, 'TIME_FORMAT')}"


def page(
    user: User, *, client_id: str = "", trait_id: uuid.UUID | None = None, after: str = "", limit: int = keyset.PAGE
) -> Page[ShownRead]:
    """A page of the person's receipts, newest first; those of one client, those of one trait. Takes three queries."""
    found = keyset.page(receipts(user, client_id=client_id, trait_id=trait_id), ORDER, after, limit)
    return dataclasses.replace(found, rows=_shown(user, found.rows))  # type: ignore[arg-type, return-value]


def _shown(user: User, rows: Sequence[ReadReceipt]) -> list[ShownRead]:
    names = client_names(row.client_id for row in rows)
    ids = {pk for row in rows for pk in row.trait_ids[:LINKED]}
    known = PersonaTrait.objects.filter(user=user).only("trait_id", "name").in_bulk(list(ids)) if ids else {}
    return [
        ShownRead(
            receipt=row,
            app=names.get(row.client_id) or gettext("A former app"),
            traits=[known[pk] for pk in row.trait_ids[:LINKED] if pk in known],
            more=max(len(row.trait_ids) - LINKED, 0),
        )
        for row in rows
    ]


def shown_alone(row: ReadReceipt) -> ShownRead:
    """A receipt for a list without links, which names the app by its id."""
    return ShownRead(receipt=row, app=row.client_id, traits=[], more=0)
