"""HTMX requests: whether one asks for a part of a page, and for which."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


def wants_fragment(request: HttpRequest) -> bool:
    """Whether HTMX asks for a part of the page; when it restores its history it needs the whole page."""
    details = _details(request)
    return details is not None and bool(details) and not details.history_restore_request


def target_of(request: HttpRequest) -> str:
    """The id of the element that HTMX will replace; "" for a whole page."""
    details = _details(request)
    return (details.target or "") if details and wants_fragment(request) else ""


def _details(request: HttpRequest) -> HtmxDetails | None:
    """HTMX's details; None if an error is answered before django-htmx's middleware has run."""
    return getattr(request, "htmx", None)
