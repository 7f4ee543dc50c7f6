"""Tags and filters of the pages of staff."""

import datetime as dt
import uuid
from typing import Any

from django import template
from django.forms import BoundField
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from traits.moderation.services import without_text

register = template.Library()


@register.filter
def held_words(held_reason: str) -> str:
    """Why it is held back, in a word, without what staff wrote."""
    return without_text(held_reason)


@register.filter
def age(moment: dt.datetime) -> str:
    """How long ago, in the largest unit that fits: "3 days"."""
    minutes = max(0, int((timezone.now() - moment).total_seconds() // 60))
    for name, size in (("year", 525_600), ("month", 43_200), ("day", 1_440), ("hour", 60)):
        if minutes >= size:
            number = minutes // size
            return f"{number} {name}{'' if number == 1 else 's'}"
    return f"{minutes} min"


@register.simple_tag
def offered(names: dict[str, list[str]], field: BoundField) -> list[str]:
    """What a filter offers: what is usual, and what is chosen."""
    value: Any = field.value()
    usual = names.get(field.name, [])
    return sorted({*usual, value}) if value else usual


@register.simple_tag
def person_link(people: dict[uuid.UUID, str], pk: uuid.UUID) -> SafeString:
    """The person, by name where that may be seen, as a link to all of their candidates."""
    address = f"{reverse('admin:traits_extractedtraitcandidate_changelist')}?person={pk}"
    name = people.get(pk, str(pk))
    shown = name if name != str(pk) else f"{name[:8]}…"
    return format_html('<a class="id" href="{}" title="All candidates of {}"><bdi>{}</bdi></a>', address, pk, shown)
