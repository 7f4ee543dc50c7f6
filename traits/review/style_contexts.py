"""The contexts of a communication style: their names and URLs."""

import uuid

from django.urls import reverse
from django.utils import translation

from ptfi.accounts.models import User
from ptfi.web.language import LANGUAGES
from traits.decisions.styles import ContextStyles, context_styles
from traits.models.styles import CONTEXTS


def named(typed: str) -> str:
    """Return the context for typed text: a known one if its name was typed in any language, else the text itself."""
    name = typed.strip().casefold()
    for language in LANGUAGES:
        with translation.override(language):
            known = {words.casefold(): context for context, words in CONTEXTS.items()}
        if name in known:
            return known[name]
    return typed


def id_of(user: User, context: str) -> uuid.UUID:
    """Return a context's id for URLs, because its name may be private."""
    return uuid.uuid5(user.pk, f"context:{context}")


def address_of(user: User, context: str) -> str:
    """Return the URL of a context's page; for a context that no longer has a style, that of the general page."""
    kept = context and context in contexts_of(context_styles(user, ""))
    return reverse("style", args=[id_of(user, context)]) if kept else reverse("styles")


def contexts_of(held: ContextStyles) -> list[str]:
    """Return the contexts that have a page: the predefined ones, those with a style, and the open one."""
    return list(dict.fromkeys([*CONTEXTS, *held.contexts, held.context]))
