"""Tags and filters of the review queue."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from django import template
from django.forms import BoundField
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

from ptfi.texts import Text
from traits import confidence
from traits.models import ExtractedTraitCandidate
from traits.models.candidates import VERDICT_CHOICES
from traits.review import notices
from traits.review.keys.actions import ACTIONS, key_of, keys_of, shown
from traits.review.selectors import QueueRow
from traits.search import query
from traits.search.query import Marked

register = template.Library()


@register.filter
def confidence_words(score: float) -> str:
    return confidence.confidence_words(score)


@register.filter
def model_kinds(models: list[str]) -> list[str]:
    """Return the models' names in words, each once: "topic-model.v3" becomes "topic model"."""
    named = dict.fromkeys(model.rpartition(".v")[0] or model for model in models)
    return [name.replace("-", " ").replace("_", " ") for name in named]


@register.filter
def hits(text: str, q: str) -> SafeString:
    """Mark what a search found in the text; q: the search as typed, or "" for none."""
    return marks(query.read(q).mark(text)) if q else format_html("{}", text)


@register.filter
def is_hit(candidate: ExtractedTraitCandidate, q: str) -> bool:
    """Whether the name or the description has something of what the search looks for, or there is no search."""
    texts = (candidate.trait_name, candidate.trait_description)
    return not q or any(hit for text in texts for _, hit in query.read(q).mark(text))


@register.filter
def marks(pieces: Marked) -> SafeString:
    """Return a text from its pieces, with marks."""
    return format_html_join("", "{}", ([format_html("<mark>{}</mark>", text) if hit else text] for text, hit in pieces))


@register.filter
def as_query(query: str) -> str:
    return f"?{query}" if query else ""


@register.filter
def review_path(pk: uuid.UUID, query: str) -> str:
    """Return the URL of a suggestion's card, with the filters."""
    return reverse("review_candidate", args=[pk]) + as_query(query)


@register.simple_tag
def beside(listed: list[QueueRow], pk: uuid.UUID) -> dict[str, uuid.UUID | None]:
    """Return the suggestions before and after this one in the list; None at its ends, or if the page has no list."""
    keys = [row.candidate.pk for row in listed]
    at = keys.index(pk) if pk in keys else len(keys)
    return {"before": keys[at - 1] if 0 < at < len(keys) else None, "after": next(iter(keys[at + 1 :]), None)}


@register.simple_tag(takes_context=True)
def key(context: Context, action: str) -> SafeString:
    """Print the person's key for an action; nothing if their shortcuts are off."""
    user = context["user"]
    return format_html("<kbd>{}</kbd>", shown(key_of(user, action))) if user.keys_enabled else SafeString()


@register.simple_tag(takes_context=True)
def kbd(context: Context, action: str) -> SafeString:
    """Print the person's key for an action, also if their shortcuts are off."""
    pressed = key_of(context["user"], action)
    shift = format_html("<kbd>{}</kbd>+", pgettext("key", "Shift")) if pressed.isupper() else SafeString()
    return format_html("{}<kbd>{}</kbd>", shift, pressed.lower())


@register.simple_tag(takes_context=True)
def shortcut(context: Context, action: str) -> SafeString:
    """Return the attribute that tells assistive technology the key."""
    user = context["user"]
    pressed = key_of(user, action)
    named = f"Shift+{pressed.lower()}" if pressed.isupper() else pressed
    return format_html('aria-keyshortcuts="{}"', named) if user.keys_enabled else SafeString()


@register.simple_tag(takes_context=True)
def key_map(context: Context) -> str:
    """Return the actions by key, for the page's scripts."""
    return json.dumps({key: action for action, key in keys_of(context["user"]).items()})


@register.simple_tag
def undo_labels() -> str:
    """Return what *Undo* says of each decision that is on its way, for the page's scripts."""
    return json.dumps(notices.undo_labels())


@register.simple_tag
def actions_with_keys() -> list[tuple[str, Text]]:
    """Return what keys do: the name of each action, and its words."""
    return [(name, action.words) for name, action in ACTIONS.items()]


@register.simple_tag
def verdict_choices() -> list[tuple[str, Text]]:
    return VERDICT_CHOICES


@register.simple_tag
def typed_text(typed: Mapping[str, str], field: str, pk: uuid.UUID, default: list[str] | None = None) -> str:
    """Return what was typed in the field of this trait, or else its stored lines."""
    return typed.get(f"{field}-{pk}") or "\n".join(default or [])


@register.simple_tag
def styled(field: BoundField, css_class: str, focus: bool = False) -> SafeString:
    """Render a field's control with its class, its direction, and the ids of its help and faults."""
    described = [f"{field.id_for_label}_help"] if field.help_text else []
    attributes: dict[str, Any] = {"class": css_class, "dir": "auto"}
    if field.errors:
        described.append(f"{field.id_for_label}_error")
        attributes |= {"aria-invalid": "true", "class": f"{css_class} is-invalid"}
    if described:
        attributes["aria-describedby"] = " ".join(described)
    if focus:
        attributes["autofocus"] = True
    return field.as_widget(attrs=attributes)
