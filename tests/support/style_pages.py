"""Filling in the pages of communication styles."""

from django.test import Client

from tests.support.pages import Html


def sent(client: Client, address: str = "/styles/", **values: str) -> dict[str, str]:
    """What a context's page sends if nothing is changed, updated with these values."""
    fields = Html(client.get(address)).fields("form:has([name=seen])")
    return fields | {"save": "1"} | values
