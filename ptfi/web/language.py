"""The language of pages and e-mails, and the name that the installation gives itself in them."""

from collections.abc import Iterable
from contextlib import AbstractContextManager

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

from ptfi.texts import Text as Text

LANGUAGES = frozenset(code for code, _ in settings.LANGUAGES)


FULL_NAMES = {"PTFI": "PTFI (Persona Trait Finalization Interface)"}
"""Names that are spelled out where newcomers meet them; an installation with a name of its own keeps to that one."""


def product(request: HttpRequest | None = None) -> dict[str, str]:  # noqa: ARG001 (a context processor)
    """The product's name, for all pages and e-mails, and how it is spelled out."""
    name = settings.PRODUCT_NAME
    return {"product": name, "product_in_full": FULL_NAMES.get(name, name)}


def spoken_to(language: str) -> AbstractContextManager[None]:
    """What is rendered within is in the person's language; in the installation's where theirs is not known."""
    return translation.override(language or settings.LANGUAGE_CODE)


def in_english(texts: Iterable[Text]) -> list[str]:
    """Texts for data that is the same in every language."""
    with translation.override("en"):
        return list(map(str, texts))
