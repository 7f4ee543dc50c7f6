"""The language of pages and e-mails, and the installation's product name in them."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.formats import number_format

from ptfi.texts import Text

LANGUAGES = frozenset(code for code, _ in settings.LANGUAGES)


class RequestLanguageMiddleware:
    """Answers in the language that the request asks for; whatever views activate ends with the response.

    It comes first: threads serve many requests, and what one of them left active would be the next one's language.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with translation.override(translation.get_language_from_request(request)):
            return self.get_response(request)


FULL_NAMES = {"PTFI": "PTFI (Persona Trait Finalization Interface)"}
"""Names that are explained where newcomers meet them; an installation's own name is shown unchanged."""


def product(request: HttpRequest | None = None) -> dict[str, str]:  # noqa: ARG001 (a context processor)
    """The product's name in short and in full, for all pages and e-mails."""
    name = settings.PRODUCT_NAME
    return {"product": name, "product_in_full": FULL_NAMES.get(name, name)}


def spoken_to(language: str) -> AbstractContextManager[None]:
    """Render the texts inside in the person's language, or in the installation's if theirs is unknown."""
    return translation.override(language or settings.LANGUAGE_CODE)


def grouped(number: int) -> str:
    """The number with the language's separators: 4,000, in German 4.000."""
    return number_format(number, force_grouping=True)


def in_english(texts: Iterable[Text]) -> list[str]:
    """Texts for data that must be the same in every language."""
    with translation.override("en"):
        return list(map(str, texts))
