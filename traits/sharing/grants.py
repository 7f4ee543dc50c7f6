"""Grants: what a person lets a client see and do, and how they change it."""

import dataclasses
import uuid
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext

from ptfi.accounts.models import User
from ptfi.db import idempotency
from traits.decisions.inputs import MAX_CONTEXT, clean_names, raise_faults
from traits.decisions.locking import lock
from traits.errors import InvalidError
from traits.models import EVERYWHERE, Category, Grant, NoticeEvent
from traits.models.candidates import SENSITIVE
from traits.sharing.notices.outbox import tell_of_grant
from traits.text import name_key

FLAGS = ("evidence", "styles", "write", "suggest")
LEAST_CATEGORIES = [value for value in Category.values if value not in SENSITIVE]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Terms:
    """What is granted; empty lists grant nothing. contexts: as the person spells them, or EVERYWHERE."""

    categories: list[str] = dataclasses.field(default_factory=list)
    contexts: list[str] = dataclasses.field(default_factory=list)
    evidence: bool = False
    styles: bool = False
    write: bool = False
    suggest: bool = False

    def cleaned(self) -> "Terms":
        """The terms in their stored form: categories in the usual order, and EVERYWHERE instead of single contexts."""
        wanted = [value for value in Category.values if value in self.categories]
        contexts, _ = clean_names(self.contexts, MAX_CONTEXT)
        everywhere = EVERYWHERE in map(name_key, contexts)
        return dataclasses.replace(self, categories=wanted, contexts=[EVERYWHERE] if everywhere else contexts)

    def within(self, most: "Terms") -> "Terms":
        """These terms without what the others do not have."""
        if EVERYWHERE in most.contexts:
            contexts = self.contexts
        elif EVERYWHERE in self.contexts:
            contexts = most.contexts
        else:
            known = set(map(name_key, most.contexts))
            contexts = [each for each in self.contexts if name_key(each) in known]
        categories = [each for each in self.categories if each in most.categories]
        flags = {name: getattr(self, name) and getattr(most, name) for name in FLAGS}
        return Terms(categories=categories, contexts=contexts, **flags)


LEAST = Terms(categories=LEAST_CATEGORIES, contexts=[EVERYWHERE], styles=True)
"""What is ticked at first: reading, without evidence and the sensitive categories."""
MOST = Terms(
    categories=list(Category.values), contexts=[EVERYWHERE], evidence=True, styles=True, write=True, suggest=True
)


NOTHING = Terms()


def terms_of(grant: Grant) -> Terms:
    return Terms(**{field.name: getattr(grant, field.name) for field in dataclasses.fields(Terms)})


def grants(user: User) -> dict[str, Grant]:
    """The person's grants by client."""
    return {grant.client_id: grant for grant in Grant.objects.filter(user=user)}


def grant_of(user: User, client_id: str) -> Grant | None:
    return Grant.objects.filter(user=user, client_id=client_id).first()


def put_grant(*, user: User, client_id: str, terms: Terms) -> Grant:
    """Grant exactly this. It holds from the client's next request on, whatever answers are kept for it."""
    with transaction.atomic():
        idempotency.lock(str(user.pk))
        # A client's decision checks its grant after it took this lock.
        lock(user)
        values = dataclasses.asdict(terms.cleaned())
        grant, made = Grant.objects.select_for_update().get_or_create(user=user, client_id=client_id, defaults=values)
        if not made:
            narrowed = terms_of(grant).within(terms).cleaned() != terms_of(grant).cleaned()
            _change(grant, values)
            if narrowed:
                tell_of_grant(user.pk, [client_id], NoticeEvent.NARROWED)
        # What was answered under wider terms must not be repeated.
        idempotency.withhold(str(user.pk), client_id)
    return grant


def _change(grant: Grant, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(grant, name, value)
    grant.revision += 1
    grant.changed_at, grant.carried_over = timezone.now(), False
    grant.save()


def changed_terms(grant: Grant | None, changes: dict[str, Any], *, may_write: bool) -> Terms:
    """The terms of a grant with some changed. Raises InvalidError for faulty contexts, or if it may not write."""
    contexts, faults = clean_names(changes.get("contexts", []), MAX_CONTEXT)
    if changes.get("write") and not may_write:
        raise InvalidError(details={"write": [gettext("This app did not ask to change your traits.")]})
    raise_faults({"contexts": faults})
    known = dict(changes) | ({"contexts": contexts} if "contexts" in changes else {})
    return dataclasses.replace(terms_of(grant) if grant else NOTHING, **known).cleaned()


@transaction.atomic
def end_grants(user_id: uuid.UUID, client_ids: Iterable[str] | None = None) -> None:
    """Delete the person's grants to these clients; None: to all. They are disconnected."""
    mine = Grant.objects.filter(user_id=user_id)
    mine = mine if client_ids is None else mine.filter(client_id__in=list(client_ids))
    ended = list(mine.select_for_update().order_by("pk").values_list("client_id", flat=True))
    mine.delete()
    tell_of_grant(user_id, ended, NoticeEvent.REVOKED)


def forget_contexts(user_id: uuid.UUID) -> None:
    """Empty the contexts that a person's grants name in the person's own words; these grants then give no traits."""
    named = Grant.objects.filter(user=user_id).exclude(contexts__contains=[EVERYWHERE])
    changed = list(named.exclude(contexts=[]).order_by("pk").values_list("client_id", flat=True))
    named.update(contexts=[], revision=F("revision") + 1)
    tell_of_grant(user_id, changed, NoticeEvent.NARROWED)
