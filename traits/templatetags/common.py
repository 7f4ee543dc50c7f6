"""Tags and filters that every page shares."""

import datetime as dt
from typing import Any

from django import template
from django.conf import settings
from django.contrib.messages.storage.base import Message
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from ptfi.web.language import Text
from traits.confidence import BANDS, RATINGS, confidence_words, rating_of, score_of
from traits.evidence import type_words as words_of_type
from traits.log.words import RELATIONS
from traits.models import (
    ActorKind,
    Category,
    Decision,
    ExtractedTraitCandidate,
    Origin,
    Persona,
    PersonaTrait,
    RejectionCode,
    TraitStatus,
    Verdict,
)
from traits.review import card as cards

register = template.Library()

CATEGORY_ICONS = {
    Category.LINGUISTIC_STYLE: "feather",
    Category.EMOTIONAL_RESPONSE_PATTERN: "heart-pulse",
    Category.KNOWLEDGE_DOMAIN: "book-open",
    Category.PHILOSOPHICAL_STANCE: "scale",
    Category.COMMUNICATION_STYLE: "message-circle",
    Category.BEHAVIORAL_PATTERN: "repeat",
    Category.INTEREST: "sparkles",
    Category.SKILL: "graduation-cap",
    Category.OTHER: "shapes",
}
STATUS_ICONS: dict[str, str] = {
    TraitStatus.ACTIVE: "circle-dot",
    TraitStatus.DORMANT: "moon",
    TraitStatus.EXPERIMENTAL: "flask-conical",
}
LABELS: dict[str, dict[str, Text]] = {
    "category": dict(Category.choices),
    "trait_status": dict(TraitStatus.choices),
    "origin": dict(Origin.choices),
    "decision": dict(Decision.choices),
    "actor": dict(ActorKind.choices),
    "rejection": dict(RejectionCode.choices),
    "verdict": dict(Verdict.choices),
    "relation": {kind: words.label for kind, words in RELATIONS.items()},
}
UNDO_TAG = "undo:"
# The graph follows within a moment; what takes longer than this waits for it.
ON_ITS_WAY = dt.timedelta(seconds=10)


@register.filter
def label(value: str, kind: str) -> Text:
    """The words for a stored value: {{ trait.origin|label:"origin" }}; kinds are the keys of LABELS."""
    return LABELS[kind].get(value, value)


@register.inclusion_tag("_category.html")
def category_chip(category: str) -> dict[str, Any]:
    """The category in words, with its icon and tint."""
    return {
        "category": category,
        "label": LABELS["category"].get(category, category),
        "icon": CATEGORY_ICONS.get(Category(category), "shapes") if category in Category.values else "shapes",
    }


@register.inclusion_tag("_confidence.html")
def confidence(score: float) -> dict[str, Any]:
    """A confidence of 0–1 in words, with a meter of four steps; the number is its title."""
    bands = len(BANDS)
    level = next((bands + 1 - index for index, band in enumerate(BANDS) if score >= band[2]), 1)
    steps = range(bands + 1)
    bars = [{"x": 6 * step, "height": 4 + 4 * step, "y": 12 - 4 * step, "on": step < level} for step in steps]
    return {"words": confidence_words(score), "bars": bars, "percent": round(score * 100)}


@register.simple_tag
def events_url() -> str:
    """Where the page hears what happens elsewhere; "" where nothing tells it."""
    return settings.EVENTS_URL


@register.filter
def waits(persona: Persona) -> bool:
    """Whether the persona's latest decisions wait for a graph that is away, rather than being on their way."""
    late = persona.last_entry_at is not None and timezone.now() - persona.last_entry_at > ON_ITS_WAY
    return persona.behind > 0 and (late or persona.attempts > 0 or persona.held_at is not None)


@register.inclusion_tag("_graph_badge.html")
def graph_badge(version: int, persona: Persona, *, live: bool = False) -> dict[str, str]:
    """Whether the graph shows this version of a trait yet; live: it changes on the open page."""
    if version <= persona.projected_revision:
        return {"state": "there", "icon": "circle-check", "label": gettext("in your persona")}
    asks = {"asks": f"{reverse('graph_badge')}?version={version}"} if live and settings.EVENTS_URL else {}
    if waits(persona):
        return asks | {"state": "waiting", "icon": "hourglass", "label": gettext("waiting")}
    return asks | {"state": "coming", "icon": "loader", "label": gettext("on its way")}


@register.inclusion_tag("_graph_badge.html")
def status_badge(status: str) -> dict[str, Text]:
    """Active, dormant or experimental, with its icon."""
    return {"state": status, "icon": STATUS_ICONS.get(status, "circle-dot"), "label": label(status, "trait_status")}


@register.inclusion_tag("_strength.html")
def strength(trait: PersonaTrait) -> dict[str, Any]:
    """How sure it is: the person's own rating where there is one, else that they said it, else the confidence."""
    given = rating_of(trait) or 0
    return {"trait": trait, "rating": given, "words": RATINGS.get(str(given)), "stars": range(1, 6)}


@register.filter
def rating(trait: PersonaTrait) -> int | None:
    """The person's own rating of a trait, from 1 to 5; None where they gave none."""
    return rating_of(trait)


@register.filter
def score(thing: ExtractedTraitCandidate | PersonaTrait) -> float:
    """The confidence of a suggestion or trait, from 0 to 1."""
    return score_of(thing)


@register.filter
def percent(share: float) -> int:
    """A share of 0–1 in per cent."""
    return round(share * 100)


@register.filter
def percentage(share: float) -> str:
    """A share of 0–1 as people write it: 80%, in German 80 %."""
    return gettext("%(number)s%%") % {"number": percent(share)}


@register.filter
def type_icon(evidence_type: str) -> str:
    """The icon of a type of evidence."""
    return cards.ICONS.get(evidence_type, "file-text")


@register.filter
def type_words(evidence_type: str) -> str:
    """A type of evidence in words."""
    return words_of_type(evidence_type)


@register.filter
def undo_id(message: Message) -> str:
    """The action that a message offers to undo: messages.success(request, text, extra_tags=f"undo:{action_id}")."""
    tag = message.extra_tags or ""
    return tag.removeprefix(UNDO_TAG) if tag.startswith(UNDO_TAG) else ""


@register.filter
def position(seconds: float | None) -> str:
    """A place in a recording, in minutes and seconds: 75.5 → 1:15."""
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
