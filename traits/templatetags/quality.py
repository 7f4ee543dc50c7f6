"""Charts about the quality of suggestions, drawn on the server. Each has a table next to it with the same data."""

import datetime as dt
from typing import Any

from django import template

from traits.staff.quality.report import Counts, QualityBand, Report
from traits.templatetags.charts import LABELS, day_label, places

register = template.Library()
WIDTH, HEIGHT = 600.0, 160.0
SIDE = 200.0
"""Side of the square calibration chart."""
LINES = ("confirmed", "changed", "rejected")


@register.inclusion_tag("admin/traits/quality/_rates.html")
def rates_chart(report: Report) -> dict[str, Any]:
    """Draw the three rates over time, as lines with gaps where nothing was decided."""
    points, number = report.points, len(report.points)
    shown = [points[place][0] for place in places(number)[:LABELS]]
    return {
        "lines": [(kind, _line(points, place)) for place, kind in enumerate(LINES)],
        "grid": [0.0, HEIGHT / 2, HEIGHT],
        "dates": [day_label(day, "month" if report.step == "month" else "day") for day in shown],
        "width": WIDTH,
        "height": HEIGHT,
    }


def _line(points: list[tuple[dt.date, Counts | None]], rate: int) -> str:
    path, drawing, last = [], False, max(1, len(points) - 1)
    for place, (_, counts) in enumerate(points):
        if counts is None:
            drawing = False
            continue
        at = f"{round(WIDTH * place / last, 2)} {round(HEIGHT - HEIGHT * counts.rates[rate], 2)}"
        # A single point becomes a dot because of the line's round caps.
        path.append(f"L{at}" if drawing else f"M{at}h0.01")
        drawing = True
    return "".join(path)


@register.inclusion_tag("admin/traits/quality/_calibration.html")
def calibration_chart(bands: list[QualityBand]) -> dict[str, Any]:
    """Draw the share of agreement by the models' confidence; on the diagonal the two are equal."""
    dots = [
        (round(SIDE * (band.least + 5) / 100, 1), round(SIDE - SIDE * band.counts.share, 1))
        for band in bands
        if band.counts.is_drawn
    ]
    line = "".join(f"{'L' if place else 'M'}{x} {y}" for place, (x, y) in enumerate(dots))
    return {"dots": dots, "line": line, "side": SIDE}


@register.filter
def share_of(number: int, total: int) -> float:
    """Return a part of a total as a share of 0–1."""
    return number / total if total else 0.0
