"""All addresses of the admin, taken from the resolver, so that new pages are tested without being listed."""

import re
from collections.abc import Iterator

from django.apps import apps
from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


def admin_addresses(ids: dict[str, str], parameters: dict[str, str]) -> list[str]:
    """All addresses; ids: "app.model" → a row's id, parameters: values of other parameters.

    An address with an unknown parameter fails the test, which then has to provide a value.
    """
    root = next(each for each in get_resolver().url_patterns if getattr(each, "app_name", "") == "admin")
    assert isinstance(root, URLResolver)
    registered = {f"{model._meta.app_label}.{model._meta.model_name}" for model in admin.site._registry}
    assert registered <= ids.keys(), f"no row to look at: {registered - ids.keys()}"
    return [address for route in _routes(root, "") for address in _filled(route, ids, parameters)]


def _routes(resolver: URLResolver, before: str) -> Iterator[str]:
    for each in resolver.url_patterns:
        route = before + str(resolver.pattern)
        if isinstance(each, URLPattern):
            yield route + str(each.pattern)
        else:
            yield from _routes(each, route)


def _key(place: re.Match[str]) -> str:
    """The name of the model's primary key."""
    return str(apps.get_model(*place.groups())._meta.pk.name)


def _filled(route: str, ids: dict[str, str], parameters: dict[str, str]) -> Iterator[str]:
    if "(?P<url>" in route:
        yield "/admin/nothing-here/"
    elif found := re.search(r"\^\(\?P<app_label>([\w|]+)\)/\$", route):
        yield from (f"/admin/{label}/" for label in found.group(1).split("|"))
    else:
        place = re.match(r"admin/(\w+)/(\w+)/", route)
        row = ids.get(".".join(place.groups())) if place else None
        by_model = {f"{label.partition('.')[2]}_id": pk for label, pk in ids.items()}
        known = by_model | parameters | (dict.fromkeys(("object_id", "id", _key(place)), row) if place and row else {})
        assert set(PARAMETER.findall(route)) <= known.keys(), f"{route}: give its parameters a value"
        yield "/" + PARAMETER.sub(lambda name: known[name.group(1)], route)
