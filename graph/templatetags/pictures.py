"""Filters that put the content of a picture into words."""

import itertools

from django import template

from graph.picture.query import ONE_OF, Sketch
from ptfi.texts import Text

register = template.Library()


@register.filter
def kind_words(kind: str) -> Text:
    """Return the word for a single node of a kind."""
    return ONE_OF[kind]


@register.filter
def broader_names(sketch: Sketch, concept_id: str) -> list[str]:
    """Return the names of the drawn concepts that this one is a type of; its shared namesake is left out."""
    return sketch.broader_names(concept_id)


@register.filter
def steps(way: list[str]) -> list[tuple[str, str]]:
    """Pair each name with the next one."""
    return list(itertools.pairwise(way))
