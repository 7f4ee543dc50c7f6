"""Template filters for times that are known only roughly."""

import datetime as dt

from django import template
from django.utils import timezone
from django.utils.translation import gettext, ngettext

register = template.Library()


@register.filter
def roughly_ago(moment: dt.datetime) -> str:
    """How long ago, to within ten minutes at best, such as "about 20 minutes ago"."""
    minutes = int((timezone.now() - moment).total_seconds() // 60)
    days, hours, tens = minutes // 1_440, minutes // 60, minutes // 10 * 10
    if days:
        return ngettext("about %(days)d day ago", "about %(days)d days ago", days) % {"days": days}
    if hours:
        return ngettext("about %(hours)d hour ago", "about %(hours)d hours ago", hours) % {"hours": hours}
    if tens:
        return gettext("about %(minutes)d minutes ago") % {"minutes": tens}
    return gettext("less than 10 minutes ago")
