"""How programs that speak for a person should sound, and how elements and values of that style are shown."""

import re
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from ptfi.texts import Text, isolated

STYLE_ELEMENTS: dict[str, tuple[str, ...]] = {
    "FormalityLevel": ("very_informal", "informal", "neutral", "formal", "very_formal"),
    "HumorUsage": ("none", "low", "medium", "high"),
    "EmojiPreference": (),
    "Pacing": ("slow", "moderate", "fast"),
    "VocabularyComplexity": ("simple", "everyday", "technical"),
}
"""The known elements and their allowed values; EmojiPreference is a number from 0 to 1."""
STYLE_LABELS: dict[str, Text] = {
    "FormalityLevel": _("How formal"),
    "HumorUsage": _("Humour"),
    "EmojiPreference": _("Emoji"),
    "Pacing": _("Pace"),
    "VocabularyComplexity": _("Choice of words"),
}
"""Field labels of the known elements."""
IN_SENTENCES: dict[str, Text] = {
    "FormalityLevel": pgettext_lazy("You set … to “formal”", "formality"),
    "HumorUsage": pgettext_lazy("You set … to “high”", "humour"),
    "EmojiPreference": pgettext_lazy("You set … to “rarely”", "emoji"),
    "Pacing": pgettext_lazy("You set … to “fast”", "pace"),
    "VocabularyComplexity": pgettext_lazy("You set … to “simple”", "choice of words"),
}
VALUE_WORDS: dict[str, Text] = {
    "very_informal": pgettext_lazy("style", "very informal"),
    "informal": pgettext_lazy("style", "informal"),
    "neutral": pgettext_lazy("style", "neutral"),
    "formal": pgettext_lazy("style", "formal"),
    "very_formal": pgettext_lazy("style", "very formal"),
    "none": pgettext_lazy("style", "none"),
    "low": pgettext_lazy("style", "low"),
    "medium": pgettext_lazy("style", "medium"),
    "high": pgettext_lazy("style", "high"),
    "slow": pgettext_lazy("style", "slow"),
    "moderate": pgettext_lazy("style", "moderate"),
    "fast": pgettext_lazy("style", "fast"),
    "simple": pgettext_lazy("style", "simple"),
    "everyday": pgettext_lazy("style", "everyday"),
    "technical": pgettext_lazy("style", "technical"),
}
EMOJI_WORDS: tuple[tuple[float, Text], ...] = (
    (0.0, pgettext_lazy("how often emoji", "never")),
    (0.25, pgettext_lazy("how often emoji", "rarely")),
    (0.5, pgettext_lazy("how often emoji", "now and then")),
    (0.75, pgettext_lazy("how often emoji", "quite often")),
    (1.0, pgettext_lazy("how often emoji", "often")),
)


CONTEXTS: dict[str, Text] = {"": _("Everywhere"), "work": _("At work"), "friends": _("With friends")}
"""Contexts that every person has; the keys are the ones that EchoSphere's other programs use."""


def context_words(context: str) -> str:
    """The context's name: work → At work; the person's own contexts stay as they are."""
    return str(CONTEXTS.get(context, context))


def element_label(element: str) -> str:
    """The element's name on its own: FormalityLevel → How formal; the person's own elements stay as they are."""
    return str(STYLE_LABELS.get(element, element))


def element_words(element: str) -> str:
    """The element's name within a sentence: FormalityLevel → formality; the person's own elements stay as they are."""
    if element in IN_SENTENCES:
        return str(IN_SENTENCES[element])
    return gettext("“%(name)s”") % {"name": isolated(element)}


def value_words(element: str, value: Any) -> str:
    """The value in words: very_informal → very informal, 0.5 of emoji → now and then."""
    if element == "EmojiPreference" and isinstance(value, int | float):
        return emoji_words(value)
    if element in STYLE_ELEMENTS and value in STYLE_ELEMENTS[element]:
        return str(VALUE_WORDS[value])
    return value_text(value)


def value_text(value: Any) -> str:
    """The value of the person's own element as its form field sends it; browsers remove line breaks."""
    return re.sub("[\r\n]", "", value) if isinstance(value, str) else repr(value)


def emoji_words(preference: float) -> str:
    """A frequency from 0 to 1, in words."""
    return str(min(EMOJI_WORDS, key=lambda each: (abs(each[0] - preference), each[0]))[1])


class CommunicationStyle(models.Model):
    """The value of one element of the person's communication style, in one context ("" means everywhere)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    element = models.CharField(max_length=100)
    context = models.CharField(max_length=100, blank=True)
    value = models.JSONField()
    version = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint("user", "element", "context", name="style_once")]

    def __str__(self) -> str:
        return str(self.pk)
