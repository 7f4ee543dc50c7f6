"""The template tag of the package lucide, each icon drawn once: a page has dozens, and drawing copies a parsed SVG."""

import functools

from django import template
from django.utils.safestring import SafeString
from lucide.templatetags.lucide import lucide as draw

register = template.Library()
MOST_KEPT = 512
"""More than there are icons with their sizes and classes in all templates."""


@register.simple_tag
@functools.lru_cache(maxsize=MOST_KEPT)
def lucide(name: str, *, size: int | None = 24, **attributes: str) -> SafeString:
    """The icon as inline SVG, size pixels wide and high. Raises lucide.IconDoesNotExist."""
    svg: SafeString = draw(name, size=size, **attributes)
    return svg
