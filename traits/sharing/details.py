"""Authorization details of the type ptfi_persona (RFC 9396): what an app asks for, and what it was granted."""

from collections.abc import Mapping
from typing import Any

from ptfi.oauth.consent import Details, InvalidDetailsError
from ptfi.texts import shows_nothing
from traits.decisions.inputs import MAX_CONTEXT, clean_names
from traits.models import EVERYWHERE, MAX_LIST, Category
from traits.sharing.grants import FLAGS, MOST, Terms

TYPE = "ptfi_persona"
LISTS: Mapping[str, frozenset[str] | None] = {"categories": frozenset(Category.values), "contexts": None}
"""Field → the values it may hold; None: any name."""


def check(details: Details) -> None:
    """Raise InvalidDetailsError unless there is at most one, and its fields are known and valid."""
    if len(details) > 1:
        raise InvalidDetailsError(description=f"At most one of type {TYPE}.")
    for each in details:
        if fault := _fault(each):
            raise InvalidDetailsError(description=fault)


def _fault(detail: dict[str, Any]) -> str:
    unknown = detail.keys() - {"type", *LISTS, *FLAGS}
    if unknown:
        return f"{TYPE} has the fields {', '.join((*LISTS, *FLAGS))}."
    for name, allowed in LISTS.items():
        if name in detail and (fault := _list_fault(name, detail[name], allowed)):
            return fault
    wrong = [name for name in FLAGS if not isinstance(detail.get(name, False), bool)]
    return f"{wrong[0]} is true or false." if wrong else ""


def _list_fault(name: str, values: Any, allowed: frozenset[str] | None) -> str:
    if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
        return f"{name} is an array of one or more texts."
    if allowed is not None and not allowed.issuperset(values):
        return f"{name} are among: {', '.join(sorted(allowed))}."
    faulty = allowed is None and (any(map(shows_nothing, values)) or clean_names(values, MAX_CONTEXT)[1])
    if len(values) > MAX_LIST or faulty:
        return f"{name} holds at most {MAX_LIST} names, each of one line and {MAX_CONTEXT} characters."
    return ""


def asked_terms(details: Details) -> Terms:
    """The most that may be granted: what was asked for; all, if the app asked for nothing in particular.

    A field that is left out asks for all categories, for everywhere, and for none of the flags.
    """
    if not details:
        return MOST
    detail = details[0]
    flags = {name: detail.get(name, False) for name in FLAGS}
    categories = detail.get("categories", list(Category.values))
    return Terms(categories=categories, contexts=detail.get("contexts", [EVERYWHERE]), **flags).cleaned()


def as_detail(terms: Terms) -> dict[str, Any]:
    return {
        "type": TYPE,
        "categories": terms.categories,
        "contexts": terms.contexts,
        **{name: getattr(terms, name) for name in FLAGS},
    }
