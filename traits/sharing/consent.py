"""The part of the consent page about the persona (ptfi/oauth/consent.py)."""

import uuid
from collections.abc import Collection
from typing import Any, cast

from django.forms import Form
from django.http import QueryDict

from ptfi.accounts.models import User
from ptfi.oauth.consent import Details
from ptfi.oauth.scopes import EXPORT, MANAGE_TRAITS, READ_TRAITS
from traits.models import Grant
from traits.selectors import own_names
from traits.sharing import details as authorization
from traits.sharing.forms import TermsForm
from traits.sharing.grants import NOTHING, Terms, end_grants, grant_of, put_grant, terms_of


class PersonaPart:
    type = authorization.TYPE
    template = "sharing/_terms.html"
    repeated = frozenset({"share-categories", "share-contexts"})

    def check(self, details: Details) -> None:
        authorization.check(details)

    def concerns(self, scopes: Collection[str]) -> bool:
        return not {READ_TRAITS, MANAGE_TRAITS, EXPORT}.isdisjoint(scopes)

    def form(self, user: User, client_id: str, details: Details, data: QueryDict | None) -> TermsForm:
        known = grant_of(user, client_id)
        most = authorization.asked_terms(details)
        terms = terms_of(known).within(most) if known else None
        return TermsForm(data, most=most, terms=terms, contexts=contexts_of(user), with_write=False)

    def _terms(self, form: Form, scopes: Collection[str]) -> Terms:
        asked = cast(TermsForm, form)
        return asked.terms(write=asked.most.write and MANAGE_TRAITS in scopes)

    def widens(self, form: Form, user: User, client_id: str, scopes: Collection[str]) -> bool:
        return is_wider(self._terms(form, scopes), grant_of(user, client_id))

    def save(self, form: Form, user: User, client_id: str, scopes: Collection[str]) -> None:
        put_grant(user=user, client_id=client_id, terms=self._terms(form, scopes))

    def covers(self, user: User, client_id: str, details: Details) -> bool:
        known = grant_of(user, client_id)
        return known is not None and (not details or not is_wider(authorization.asked_terms(details), known))

    def granted(self, user_id: uuid.UUID, client_id: str) -> list[dict[str, Any]]:
        known = Grant.objects.filter(user=user_id, client=client_id).first()
        return [authorization.as_detail(terms_of(known))] if known else []

    def end(self, user_id: uuid.UUID, client_ids: Collection[str] | None) -> None:
        end_grants(user_id, client_ids)


def contexts_of(user: User) -> list[str]:
    """The contexts that the person's traits name, most frequent first."""
    return own_names(user, "expression_contexts")


def is_wider(terms: Terms, known: Grant | None) -> bool:
    """Whether the terms hold anything that the grant does not."""
    had = terms_of(known) if known else NOTHING
    return terms.within(had).cleaned() != terms.cleaned()
