"""Charts, drawn on the server. Each has a text next to it with the same information."""

import datetime as dt
from typing import Any

from django import template
from django.utils.formats import date_format
from django.utils.translation import gettext

from traits.persona.overview import Band, Growth

register = template.Library()
WIDTH, HEIGHT = 600.0, 160.0
"""Of the growth chart; the page stretches it."""
LABELS = 5


@register.inclusion_tag("persona/_bar.html")
def bar(share: float, kind: str = "") -> dict[str, Any]:
    """Draw a bar that is filled to a share of 0–1."""
    return {"filled": round(100 * share, 1), "kind": kind}


@register.inclusion_tag("persona/_bar.html")
def band_bar(band: Band) -> dict[str, Any]:
    """Draw a band's share of accepted suggestions, with a frame where the model expected it."""
    return {"filled": round(100 * band.share, 1), "kind": "agreed", "band": band, "width": band.most - band.least}


@register.inclusion_tag("persona/_sample.html")
def sample(kind: str) -> dict[str, Any]:
    """Draw a sample for the legend: the filled part ("agreed") or the frame ("said")."""
    return {"kind": kind}


@register.filter
def model_words(name: str) -> str:
    """Return a model's name in words: "topic-model.v3" becomes "topic model, version 3"."""
    kind, _, version = name.rpartition(".v")
    words = (kind or name).replace("-", " ").replace("_", " ")
    return gettext("%(model)s, version %(version)s") % {"model": words, "version": version} if kind else words


@register.inclusion_tag("persona/_growth.html")
def growth_chart(growth: Growth) -> dict[str, Any]:
    """Draw the number of traits over time as a step line, with labelled axes."""
    top = _round_up(growth.most)
    points, number = growth.points, len(growth.points)
    width = WIDTH / number
    path = "".join(f"V{_y(count, top)}H{round((place + 1) * width, 2)}" for place, (_, count) in enumerate(points))
    return {
        "growth": growth,
        "line": f"M0 {_y(points[0][1], top)}{path}",
        "area": f"M0 {HEIGHT}{path}V{HEIGHT}Z",
        "lines": [_y(top * part / 2, top) for part in (0, 1, 2)],
        "scale": [top, top // 2, 0] if top > 1 else [1, 0],
        "dates": [day_label(points[place][0], growth.step) for place in places(number)],
        "width": WIDTH,
        "height": HEIGHT,
    }


def _y(count: float, top: int) -> float:
    return round(HEIGHT - HEIGHT * count / top, 2)


def _round_up(number: int) -> int:
    """Round up to a number with a round half: 1, 2, 4, 6, 10, 20, 40…"""
    top = 1
    while top < number:
        top *= 10
    return next((part for part in (top // 10 * 2, top // 10 * 4, top // 10 * 6) if part >= max(number, 1)), top)


def places(number: int) -> list[int]:
    """Choose the first and last place and some in between, few enough that their labels don't touch."""
    count = min(LABELS, number)
    return [round(place * (number - 1) / (count - 1)) for place in range(count)] if count > 1 else [0]


def day_label(day: dt.date, step: str) -> str:
    """Return the label of a day, or of its month if the chart has monthly steps."""
    return date_format(day, "SHORT_YEAR_MONTH_FORMAT" if step == "month" else "SHORT_MONTH_DAY_FORMAT")
