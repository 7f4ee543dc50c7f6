"""The contexts of a communication style: their names and URLs."""

import uuid

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ptfi.accounts.models import User
from ptfi.web.language import Text
from traits.decisions.styles import ContextStyles, context_styles

# The keys are the ones that EchoSphere's other programs use.
NAMED: dict[str, Text] = {"": _("Everywhere"), "work": _("At work"), "friends": _("With friends")}


def named(typed: str) -> str:
    """Return the context for typed text: a known one if its name was typed, else the text itself."""
    name = typed.strip().casefold()
    return next((context for context, words in NAMED.items() if words.casefold() == name), typed)


def id_of(user: User, context: str) -> uuid.UUID:
    """Return a context's id for URLs, because its name may be private."""
    return uuid.uuid5(user.pk, f"context:{context}")


def address_of(user: User, context: str) -> str:
    """Return the URL of a context's page; for a context that no longer has a style, that of the general page."""
    kept = context and context in contexts_of(context_styles(user, ""))
    return reverse("style", args=[id_of(user, context)]) if kept else reverse("styles")


def contexts_of(held: ContextStyles) -> list[str]:
    """Return the contexts that have a page: the predefined ones, those with a style, and the open one."""
    return list(dict.fromkeys([*NAMED, *held.contexts, held.context]))
