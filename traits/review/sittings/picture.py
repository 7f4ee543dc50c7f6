"""A small picture of the topics that grew: one circle each, with the traits from before inside."""

import dataclasses
import math

from traits.review.sittings.selectors import Grown

WIDTH, HEIGHT = 120, 130
"""Of the space for one circle; its name is below."""
LARGEST = 46.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bubble:
    """A topic's circle: its centre, and the radius now and before; the areas are in proportion to the traits."""

    grown: Grown
    x: int
    now: float
    before: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Picture:
    bubbles: list[Bubble]
    width: int
    height: int = HEIGHT


def bubbles(concepts: list[Grown]) -> Picture | None:
    """Draw the topics side by side; None without any."""
    most = max((each.now for each in concepts), default=0)
    drawn = [
        Bubble(
            grown=each,
            x=round((place + 0.5) * WIDTH),
            now=_radius(each.now, most),
            before=_radius(each.before, most),
        )
        for place, each in enumerate(concepts)
    ]
    return Picture(bubbles=drawn, width=WIDTH * len(drawn)) if drawn else None


def _radius(number: int, most: int) -> float:
    return round(LARGEST * math.sqrt(number / most), 1)
