"""Tags and filters of the staff pages."""

import datetime as dt
import uuid
from typing import Any

from django import template
from django.forms import BoundField
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from ptfi.texts import sort_key
from traits.moderation.services import KINDS, without_text

register = template.Library()
UNITS = (
    (ngettext_lazy("%(n)d year", "%(n)d years", "n"), 525_600),
    (ngettext_lazy("%(n)d month", "%(n)d months", "n"), 43_200),
    (ngettext_lazy("%(n)d day", "%(n)d days", "n"), 1_440),
    (ngettext_lazy("%(n)d hour", "%(n)d hours", "n"), 60),
)
"""Units for ages, in minutes."""


@register.filter
def held_words(held_reason: str) -> str:
    """Return why it is held, in a word, without the staff's note."""
    kind = without_text(held_reason)
    return str(KINDS.get(kind, _("held back"))) if kind else ""


@register.filter
def held_note(held_reason: str) -> str:
    """Return the staff's note about why it is held."""
    return held_reason.partition(":")[2].strip() or held_reason


# Clocks differ a little.
NEAR = dt.timedelta(minutes=1)


@register.filter
def age(moment: dt.datetime) -> str:
    """Return the age in the largest unit that fits: "3 days"."""
    if moment > timezone.now() + NEAR:
        return gettext("in the future")
    minutes = max(0, int((timezone.now() - moment).total_seconds() // 60))
    for words, size in UNITS:
        if minutes >= size:
            return str(words % {"n": minutes // size})
    return gettext("%(n)d min") % {"n": minutes}


@register.simple_tag
def offered(names: dict[str, list[str]], field: BoundField) -> list[str]:
    """Return the choices of a filter: the usual ones and the selected one."""
    value: Any = field.value()
    usual = names.get(field.name, [])
    return sorted({*usual, value}, key=sort_key) if value else usual


@register.simple_tag
def person_link(people: dict[uuid.UUID, str], pk: uuid.UUID) -> SafeString:
    """Link to all candidates of a person, shown by name if this staff member may see it."""
    address = f"{reverse('admin:traits_extractedtraitcandidate_changelist')}?person={pk}"
    name = people.get(pk, str(pk))
    shown = name if name != str(pk) else f"{name[:8]}…"
    title = gettext("All suggestions for this person")
    return format_html('<a class="id" href="{}" title="{}"><bdi>{}</bdi></a>', address, title, shown)
