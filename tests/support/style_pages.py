"""Filling in the pages of communication styles."""

import re

from django.test import Client

from tests.support.pages import markup_of


def sent(client: Client, address: str = "/styles/", **values: str) -> dict[str, str]:
    """What the page of a context sends when nothing is touched, and what differs."""
    page = client.get(address)
    text = markup_of(page)
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text))
    for name, value in re.findall(r'name="((?:name|value)-\d+)" value="([^"]*)"', text):
        fields[name] = value
    for name, value in re.findall(r'name="(known-\w+)"(?: id="[^"]*")? value="([^"]*)" checked', text):
        fields[name] = value
    fields["emoji"] = re.findall(r'step="\d+" value="(\d+)"', text)[0]
    fields.pop("csrfmiddlewaretoken", None)
    return fields | {"save": "1"} | values
