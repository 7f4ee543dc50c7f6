"""How a person wants programs that speak for them to sound, and how its elements and values read."""

import re
from typing import Any

from django.conf import settings
from django.db import models

STYLE_ELEMENTS: dict[str, tuple[str, ...]] = {
    "FormalityLevel": ("very_informal", "informal", "neutral", "formal", "very_formal"),
    "HumorUsage": ("none", "low", "medium", "high"),
    "EmojiPreference": (),
    "Pacing": ("slow", "moderate", "fast"),
    "VocabularyComplexity": ("simple", "everyday", "technical"),
}
"""The elements whose values are checked, and the values; EmojiPreference is a number from 0 to 1."""
STYLE_LABELS = {
    "FormalityLevel": "How formal",
    "HumorUsage": "Humour",
    "EmojiPreference": "Emoji",
    "Pacing": "Pace",
    "VocabularyComplexity": "Choice of words",
}
"""What the fields of the known elements are called."""
EMOJI_WORDS = ((0.0, "never"), (0.25, "rarely"), (0.5, "now and then"), (0.75, "often"), (1.0, "wherever one fits"))


def element_words(element: str) -> str:
    """An element in a sentence: FormalityLevel → formality level; one of the person's own stays as it is."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", element).lower() if element in STYLE_ELEMENTS else f"“{element}”"


def value_words(element: str, value: Any) -> str:
    """A value as it is read: very_informal → very informal, 0.5 of emoji → now and then."""
    if element == "EmojiPreference" and isinstance(value, int | float):
        return emoji_words(value)
    return value.replace("_", " ") if element in STYLE_ELEMENTS and isinstance(value, str) else value_text(value)


def value_text(value: Any) -> str:
    """The value of an element of the person's own as its field sends it; browsers keep no line ends in it."""
    return re.sub("[\r\n]", "", value) if isinstance(value, str) else repr(value)


def emoji_words(preference: float) -> str:
    """How often, from 0 to 1, in words."""
    return min(EMOJI_WORDS, key=lambda each: (abs(each[0] - preference), each[0]))[1]


class CommunicationStyle(models.Model):
    """The value of one element of the person's communication style, in one context ("" is everywhere)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    element = models.CharField(max_length=100)
    context = models.CharField(max_length=100, blank=True)
    value = models.JSONField()
    version = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint("user", "element", "context", name="style_once")]

    def __str__(self) -> str:
        return str(self.pk)
