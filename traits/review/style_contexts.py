"""The contexts of a communication style: what they are called, and where their pages are."""

import uuid

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ptfi.accounts.models import User
from ptfi.web.language import Text
from traits.decisions.styles import ContextStyles, context_styles

# The keys are those that EchoSphere's other programs use.
NAMED: dict[str, Text] = {"": _("Everywhere"), "work": _("At work"), "friends": _("With friends")}


def named(typed: str) -> str:
    """The context that a person means by what they typed: one of the known ones, by its name, or their own."""
    name = typed.strip().casefold()
    return next((context for context, words in NAMED.items() if words.casefold() == name), typed)


def id_of(user: User, context: str) -> uuid.UUID:
    """What an address calls a context: its name may be nobody else's business."""
    return uuid.uuid5(user.pk, f"context:{context}")


def address_of(user: User, context: str) -> str:
    """Where the person finds the context; one that has no style any more is not to be found."""
    kept = context and context in contexts_of(context_styles(user, ""))
    return reverse("style", args=[id_of(user, context)]) if kept else reverse("styles")


def contexts_of(held: ContextStyles) -> list[str]:
    """The contexts that have a page: the named ones, those that have a style, and the one that is open."""
    return list(dict.fromkeys([*NAMED, *held.contexts, held.context]))
