"""The product's words for what allauth and browsers say otherwise."""

import re
from collections.abc import Iterable

from allauth.account.models import EmailAddress
from django import template

register = template.Library()

LABELS = {
    "Remember Me": "Remember me",
    "Current Password": "Current password",
    "New Password": "New password",
    "New Password (again)": "New password (again)",
}
# The first that fits counts: each browser also names those that it descends from.
BROWSERS = (
    (r"Edg(e|A|iOS)?/", "Edge"),
    (r"(OPR|Opera)/", "Opera"),
    (r"(Firefox|FxiOS)/", "Firefox"),
    (r"(Chrome|CriOS|Chromium)/", "Chrome"),
    (r"Version/\S+ .*Safari/", "Safari"),
)
SYSTEMS = (
    (r"iPhone", "iPhone"),
    (r"iPad", "iPad"),
    (r"Android", "Android"),
    (r"Windows", "Windows"),
    (r"Macintosh|Mac OS X", "macOS"),
    (r"Linux|X11", "Linux"),
)


@register.filter
def our_words(text: str) -> str:
    """A label or an error of allauth in sentence case, with "e-mail"."""
    return re.sub(r"\b([Ee])mail\b", r"\1-mail", LABELS.get(str(text), str(text)))


@register.filter
def browser(user_agent: str) -> str:
    """A browser and its system in words, such as "Firefox on Linux"; one that is not known stays as it calls itself."""
    name = next((words for pattern, words in BROWSERS if re.search(pattern, user_agent)), "")
    system = next((words for pattern, words in SYSTEMS if re.search(pattern, user_agent)), "")
    return f"{name} on {system}" if name and system else user_agent


@register.filter
def any_unverified(addresses: Iterable[EmailAddress]) -> bool:
    return any(not address.verified for address in addresses)
