"""Notices in words, for pages: which app was told of what, and whether it knows by now."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from allauth.idp.oidc.models import Client
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ptfi.accounts.models import User
from ptfi.oauth.grants import client_names
from ptfi.oauth.models import Webhook
from ptfi.texts import Text, isolated
from ptfi.web import keyset
from ptfi.web.keyset import Page
from traits.models import Erasure, ErasureRecipient, Notice, NoticeEvent, PersonaTrait

ORDER = ("-id",)
OF_TRAIT: dict[str, Text] = {
    NoticeEvent.CORRECTED: _("You changed %(trait)s."),
    NoticeEvent.REMOVED: _("You removed %(trait)s."),
    NoticeEvent.ERASED: _("You deleted %(trait)s."),
    NoticeEvent.CONTESTED: _("You dispute %(trait)s."),
    NoticeEvent.NARROWED: _("You let it see less."),
    NoticeEvent.REVOKED: _("You disconnected it."),
}
CANNOT = _("It cannot be notified: it has no server of its own that could be told.")
NO_ADDRESS = _("It gave no address to be told at, so it does not hear of changes.")
IS_TOLD = _("It is told when you change, remove or delete a trait that it read, and when you let it see less.")


@dataclasses.dataclass(frozen=True)
class ShownNotice:
    """A notice as a line; trait: the name, if the person still has the trait."""

    notice: Notice
    app: str
    trait: PersonaTrait | None

    @property
    def sentence(self) -> str:
        name = f"“{isolated(self.trait.name)}”" if self.trait else gettext("a trait")
        return str(OF_TRAIT[self.notice.event]) % {"trait": name}


def notices(user: User, client_id: str = "") -> QuerySet[Notice]:
    """The person's notices; those to one client."""
    mine = Notice.objects.filter(subject_id=user.pk)
    return mine.filter(client=client_id) if client_id else mine


def page(user: User, *, client_id: str = "", after: str = "", limit: int = keyset.PAGE) -> Page[ShownNotice]:
    """A page of the person's notices, newest first. Takes three queries."""
    found = keyset.page(notices(user, client_id), ORDER, after, limit)
    return dataclasses.replace(found, rows=_shown(user, found.rows))  # type: ignore[arg-type, return-value]


def _shown(user: User, rows: Sequence[Notice]) -> list[ShownNotice]:
    names = client_names(row.client_id for row in rows)
    known = PersonaTrait.objects.filter(user=user).only("trait_id", "name").in_bulk([row.trait_id for row in rows])
    return [ShownNotice(row, names.get(row.client_id, ""), known.get(row.trait_id)) for row in rows]


def how_told(clients: Sequence[Client]) -> dict[str, Text]:
    """By client, whether it can be told of changes, in words."""
    hooked = set(Webhook.objects.filter(client__in=clients).values_list("client_id", flat=True))
    return {client.pk: _how(client, has_webhook=client.pk in hooked) for client in clients}


def _how(client: Client, *, has_webhook: bool) -> Text:
    if client.type != Client.Type.CONFIDENTIAL:
        return CANNOT
    return IS_TOLD if has_webhook else NO_ADDRESS


@dataclasses.dataclass(frozen=True)
class Informed:
    """An app that had read what was erased, for the erasure's receipt."""

    row: ErasureRecipient
    app: str

    @property
    def waiting(self) -> int:
        return self.row.traits - self.row.acknowledged - self.row.given_up


def informed(erasure: Erasure) -> list[Informed]:
    """The apps that had read what was erased, by name. Takes two queries."""
    rows = list(erasure.recipients.order_by("client_id"))
    names: dict[str, Any] = client_names(row.client_id for row in rows)
    found = [Informed(row, names.get(row.client_id) or gettext("A former app")) for row in rows]
    return sorted(found, key=lambda each: each.app)
