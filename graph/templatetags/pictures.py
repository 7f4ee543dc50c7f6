"""Words for what a picture shows."""

import itertools

from django import template

from graph.picture.query import ONE_OF, Sketch
from ptfi.web.language import Text

register = template.Library()


@register.filter
def kind_words(kind: str) -> Text:
    """One of a kind."""
    return ONE_OF[kind]


@register.filter
def broader_names(sketch: Sketch, concept_id: str) -> list[str]:
    """What the concept is a type of, as far as it is drawn; its shared namesake is left out."""
    return sketch.broader_names(concept_id)


@register.filter
def steps(way: list[str]) -> list[tuple[str, str]]:
    """Each name with the one after it."""
    return list(itertools.pairwise(way))
