"""Reading the answers to requests."""

import html
import re
from typing import Any

from django.contrib.messages import get_messages


def text_of(response: Any) -> str:
    """What is read on the page: no tags, single spaces."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def markup_of(response: Any) -> str:
    """The page as it was sent, with single spaces: how its template is broken into lines does not count."""
    return re.sub(r"\s+", " ", response.content.decode())


def said(response: Any) -> list[str]:
    """The notices that the next page shows."""
    return [str(message) for message in get_messages(response.wsgi_request)]
