"""Requests of HTMX: whether one wants a part of a page, and which part."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


def wants_fragment(request: HttpRequest) -> bool:
    """Whether HTMX asks for a part of the page; a page of its history that it has lost, it wants whole."""
    details = _details(request)
    return details is not None and bool(details) and not details.history_restore_request


def target_of(request: HttpRequest) -> str:
    """The id of the element that HTMX will replace; "" for a whole page."""
    details = _details(request)
    return (details.target or "") if details and wants_fragment(request) else ""


def _details(request: HttpRequest) -> HtmxDetails | None:
    """None where an error is answered before the middleware of django-htmx has seen the request."""
    return getattr(request, "htmx", None)
