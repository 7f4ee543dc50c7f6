"""The language of pages and e-mails, and the name that the installation gives itself in them."""

from contextlib import AbstractContextManager

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

from ptfi.texts import Text as Text

LANGUAGES = frozenset(code for code, _ in settings.LANGUAGES)


def product(request: HttpRequest) -> dict[str, str]:  # noqa: ARG001 (a context processor)
    """The product's name, for all pages."""
    return {"product": settings.PRODUCT_NAME}


def spoken_to(language: str) -> AbstractContextManager[None]:
    """What is rendered within is in the person's language; in the installation's where theirs is not known."""
    return translation.override(language or settings.LANGUAGE_CODE)
