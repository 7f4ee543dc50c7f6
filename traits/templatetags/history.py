"""Tags and filters of the history."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from traits.sentences import Phrase, sentence

register = template.Library()


@register.filter
def in_words(entry: Any) -> SafeString:
    """An entry that was told, as a sentence."""
    return sentence(entry)


@register.filter
def phrase_html(said: Phrase) -> SafeString:
    """A phrase, its names set apart."""
    return said.html()
