"""Words for what a picture shows."""

import itertools

from django import template

from graph.nodes import DRAWN
from graph.picture.query import Sketch

register = template.Library()

SINGULAR: dict[str, str] = {node.facts.drawn.name: node.facts.drawn.one for node in DRAWN}


@register.filter
def kind_words(kind: str) -> str:
    """One of a kind."""
    return SINGULAR[kind]


@register.filter
def broader_names(sketch: Sketch, concept_id: str) -> list[str]:
    """What the concept is a type of, as far as it is drawn; its shared namesake is left out."""
    return sketch.broader_names(concept_id)


@register.filter
def steps(way: list[str]) -> list[tuple[str, str]]:
    """Each name with the one after it."""
    return list(itertools.pairwise(way))
