"""Moments that are known roughly."""

import datetime as dt

from django import template
from django.utils import timezone

register = template.Library()


@register.filter
def roughly_ago(moment: dt.datetime) -> str:
    """How long ago, no finer than ten minutes, such as "about 20 minutes ago"."""
    minutes = int((timezone.now() - moment).total_seconds() // 60)
    if minutes < 10:
        return "less than 10 minutes ago"
    for size, unit in ((1440, "day"), (60, "hour")):
        if minutes >= size:
            number = minutes // size
            return f"about {number} {unit}{'' if number == 1 else 's'} ago"
    return f"about {minutes // 10 * 10} minutes ago"
