"""Tags and filters shared by all pages."""

import datetime as dt
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.conf import settings
from django.contrib.messages.storage.base import Message
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from ptfi.texts import Text
from traits.confidence import BANDS, RATINGS, confidence_words, part_percentage, percentage, rating_of, score_of
from traits.evidence import Piece
from traits.evidence import type_words as words_of_type
from traits.log.sentences import WHO_FOR_STAFF
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
register.filter("percentage", percentage)
register.filter("part_percentage", part_percentage)

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
    "actor_for_staff": WHO_FOR_STAFF,
    "rejection": dict(RejectionCode.choices),
    "verdict": dict(Verdict.choices),
    "relation": {kind: words.label for kind, words in RELATIONS.items()},
}
# The graph normally follows within seconds; a decision that is older than this is shown as waiting.
ON_ITS_WAY = dt.timedelta(seconds=10)


@register.filter
def near_day(moment: dt.datetime) -> str:
    """Return the day, without its year if that is the current one."""
    day = timezone.localdate(moment)
    return date_format(day, "MONTH_DAY_FORMAT" if day.year == timezone.localdate().year else "DATE_FORMAT")


@register.filter
def label(value: str, kind: str) -> Text:
    """Return the words for a stored value: {{ trait.origin|label:"origin" }}; kind is a key of LABELS."""
    return LABELS[kind].get(value, value)


@register.inclusion_tag("_category.html")
def category_chip(category: str) -> dict[str, Any]:
    """Show a category in words, with its icon and tint."""
    return {
        "category": category,
        "label": LABELS["category"].get(category, category),
        "icon": CATEGORY_ICONS.get(Category(category), "shapes") if category in Category.values else "shapes",
    }


@register.inclusion_tag("_confidence.html")
def confidence(score: float) -> dict[str, Any]:
    """Show a confidence of 0–1 in words with a four-step meter; the number is its title."""
    bands = len(BANDS)
    level = next((bands + 1 - index for index, band in enumerate(BANDS) if score >= band[2]), 1)
    steps = range(bands + 1)
    bars = [{"x": 6 * step, "height": 4 + 4 * step, "y": 12 - 4 * step, "on": step < level} for step in steps]
    return {"words": confidence_words(score), "bars": bars, "share": percentage(score)}


@register.simple_tag
def events_url() -> str:
    """Return the URL of the event stream; "" if there is none."""
    return settings.EVENTS_URL


@register.filter
def waits(persona: Persona) -> bool:
    """Return whether the latest decisions are waiting for the graph, rather than just on their way."""
    late = persona.last_entry_at is not None and timezone.now() - persona.last_entry_at > ON_ITS_WAY
    return persona.behind > 0 and (late or persona.attempts > 0 or persona.held_at is not None)


@register.inclusion_tag("_graph_badge.html")
def graph_badge(version: int, persona: Persona, *, live: bool = False) -> dict[str, str]:
    """Show whether the graph has this version of a trait. live: update on the open page."""
    if version <= persona.projected_revision:
        return {"state": "there", "icon": "circle-check", "label": gettext("in your persona")}
    asks = {"asks": f"{reverse('graph_badge')}?version={version}"} if live and settings.EVENTS_URL else {}
    if waits(persona):
        return asks | {"state": "waiting", "icon": "hourglass", "label": gettext("waiting")}
    return asks | {"state": "coming", "icon": "loader", "label": gettext("on its way")}


@register.inclusion_tag("_graph_badge.html")
def status_badge(status: str) -> dict[str, Text]:
    """Show a trait's status (active, dormant or experimental) with its icon."""
    return {"state": status, "icon": STATUS_ICONS.get(status, "circle-dot"), "label": label(status, "trait_status")}


@register.inclusion_tag("_strength.html")
def strength(trait: PersonaTrait) -> dict[str, Any]:
    """Show a trait's strength: the person's rating if there is one, else that they added it, else the confidence."""
    given = rating_of(trait) or 0
    return {"trait": trait, "rating": given, "words": RATINGS.get(str(given)), "stars": range(1, 6)}


@register.filter
def rating(trait: PersonaTrait) -> int | None:
    """Return the person's own rating of a trait, from 1 to 5; None if there is none."""
    return rating_of(trait)


@register.filter
def score(thing: ExtractedTraitCandidate | PersonaTrait) -> float:
    """Return the confidence of a suggestion or trait, from 0 to 1."""
    return score_of(thing)


@register.filter
def type_icon(evidence_type: str) -> str:
    """Return the icon for a type of evidence."""
    return cards.ICONS.get(evidence_type, "file-text")


@register.filter
def type_words(evidence_type: str) -> str:
    """Return a type of evidence in words."""
    return words_of_type(evidence_type)


PLAYED = {"audio_segment": "audio", "video_segment": "video"}


@register.inclusion_tag("_player.html")
def player(piece: Piece) -> dict[str, str]:
    """Show a player for a recording at an address that the installation allows, at the position of the quote."""
    url, kind = piece.get("media_url", ""), PLAYED.get(piece["type"], "")
    if not kind or not url or origin_of(url) not in settings.MEDIA_ORIGINS:
        return {"kind": ""}
    start, end = piece.get("start_time"), piece.get("end_time")
    times = f"{start:g}" + (f",{end:g}" if end is not None else "") if start is not None else ""
    return {"kind": kind, "url": f"{url.partition('#')[0]}#t={times}" if times else url}


def origin_of(url: str) -> str:
    """Return the origin of an address: the scheme and the host, with the port if it has one; "" if it has none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    # What stands before an @ is a name and a password, which no origin has.
    return f"{parts.scheme}://{parts.netloc}"


@register.filter
def undo_id(message: Message) -> str:
    """Return the action that a message can undo: messages.success(request, text, extra_tags=f"undo:{action_id}")."""
    return _tagged(message, "undo:")


@register.filter
def note_id(message: Message) -> str:
    """Return the rejected suggestion to which a note can be added: extra_tags=f"note:{candidate_id}"."""
    return _tagged(message, "note:")


def _tagged(message: Message, prefix: str) -> str:
    tags = (message.extra_tags or "").split()
    return next((tag.removeprefix(prefix) for tag in tags if tag.startswith(prefix)), "")


@register.filter
def position(seconds: float | None) -> str:
    """Format a position in a recording as minutes and seconds: 75.5 → 1:15."""
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
