"""Layout: the positions of nodes and their names. The same input gives the same picture."""

import itertools
import math
import random
import threading
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import igraph

from ptfi.texts import letters

WORK = 4e7
"""Pairs of nodes that the layout visits in all rounds together; limits its time to some tenths of a second."""
MIN_ROUNDS, MAX_ROUNDS = 30, 400
ROOM, ROOM_A_NODE = 160_000.0, 7_600.0
"""The area of a picture in square pixels: the minimum, and the addition per node."""
ROOM_A_NAME = 4_000.0
"""Additional area for each name that is always written."""
SHAPE = 1.4
"""Width over height, as screens are wide."""
MARGIN = 64.0
RIM = 46.0
GAP = 12.0
PUSHES = 30
GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))
ALWAYS = 8.0
"""The rank from which a name is written even if it covers something."""
LINE_HEIGHT = 14.0
LETTER = 6.4
"""Approximate width of a letter in pixels; Chinese, Japanese and Korean letters are twice as wide."""
LINE_LETTERS = 20
LINES = 2

# igraph displaces nodes at random, with one random generator per process.
_chance = random.Random()  # noqa: S311 (for looks)
_lock = threading.Lock()
igraph.set_random_number_generator(_chance)

Point = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass(slots=True)
class Dot:
    """A node: its radius in pixels, its name, and where around the middle it starts (sector 0–1, ring ≥ 0).

    Names with a higher rank are placed first. outside: on the rim, around all others. The layout sets x, y, lines,
    label_x, label_y, written, and covers: how much of other dots the name covers, in square pixels.
    """

    radius: float
    name: str
    rank: float
    sector: float
    ring: float
    outside: bool = False
    x: float = 0.0
    y: float = 0.0
    lines: list[str] = field(default_factory=list)
    label_x: float = 0.0
    label_y: float = 0.0
    written: bool = False
    covers: float = 0.0

    def box(self) -> Box:
        return self.x - self.radius, self.y - self.radius, self.x + self.radius, self.y + self.radius


def arrange(dots: Sequence[Dot], edges: Sequence[tuple[int, int, float]]) -> Point:
    """Place the dots; edges are pairs of indexes with a weight. Returns the picture's width and height."""
    inside = [place for place, dot in enumerate(dots) if not dot.outside]
    renumbered = {place: number for number, place in enumerate(inside)}
    ties = [(renumbered[a], renumbered[b], pull) for a, b, pull in edges if a in renumbered and b in renumbered]
    _spread([dots[place] for place in inside], ties)
    _surround([dot for dot in dots if dot.outside], [dots[place] for place in inside])
    _part(dots)
    left = min(dot.x - dot.radius for dot in dots) - MARGIN
    top = min(dot.y - dot.radius for dot in dots) - MARGIN / 2
    for dot in dots:
        dot.x, dot.y = round(dot.x - left, 1), round(dot.y - top, 1)
    width = max(dot.x + dot.radius for dot in dots) + MARGIN
    height = max(dot.y + dot.radius for dot in dots) + MARGIN
    _write_names(dots, width)
    return round(width), round(height)


def _spread(dots: Sequence[Dot], edges: Sequence[tuple[int, int, float]]) -> None:
    count = len(dots)
    # Each index gets an angle of its own, so that no two dots start at the same point.
    starts = [
        ((1 + dot.ring) * math.cos(angle), (1 + dot.ring) * math.sin(angle))
        for place, dot in enumerate(dots)
        for angle in [2 * math.pi * dot.sector + 0.5 * math.sin(place * GOLDEN_ANGLE)]
    ]
    graph = igraph.Graph(count, [(a, b) for a, b, _ in edges])
    rounds = int(min(MAX_ROUNDS, max(MIN_ROUNDS, WORK / count**2)))
    pulls = [pull for _, _, pull in edges]
    with _lock:
        _chance.seed(1)
        found = graph.layout_fruchterman_reingold(
            weights=pulls, niter=rounds, seed=starts, grid="nogrid", start_temp=math.sqrt(count)
        )
    points = [(x, y) for x, y in found]
    left, right = min(x for x, _ in points), max(x for x, _ in points)
    top, bottom = min(y for _, y in points), max(y for _, y in points)
    names = sum(dot.rank >= ALWAYS for dot in dots)
    height = math.sqrt((ROOM + ROOM_A_NODE * count + ROOM_A_NAME * names) / SHAPE)
    across, down = height * SHAPE / max(right - left, 1e-6), height / max(bottom - top, 1e-6)
    for dot, (x, y) in zip(dots, points, strict=True):
        dot.x, dot.y = (x - left) * across, (y - top) * down


def _surround(rim: Sequence[Dot], dots: Sequence[Dot]) -> None:
    """Place these evenly around the others, in the order of their sectors."""
    width, height = max(dot.x for dot in dots), max(dot.y for dot in dots)
    for number, dot in enumerate(sorted(rim, key=lambda dot: (dot.sector, dot.name))):
        angle = 2 * math.pi * number / len(rim)
        dot.x = width / 2 + (width / 2 + RIM) * math.cos(angle)
        dot.y = height / 2 + (height / 2 + RIM) * math.sin(angle)


def _part(dots: Sequence[Dot]) -> None:
    """Push overlapping dots apart."""
    size = 2 * max(dot.radius for dot in dots) + GAP
    for _ in range(PUSHES):
        cells = _cells(dots, size)
        moved = sum(_push(a, b) for a, b in _neighbours(cells))
        if not moved:
            break


def _cells(dots: Iterable[Dot], size: float) -> dict[tuple[int, int], list[Dot]]:
    cells = defaultdict[tuple[int, int], list[Dot]](list)
    for dot in dots:
        cells[int(dot.x // size), int(dot.y // size)].append(dot)
    return cells


def _neighbours(cells: dict[tuple[int, int], list[Dot]]) -> Iterable[tuple[Dot, Dot]]:
    """Yield each pair of dots in the same or adjoining cells once."""
    for (column, row), here in list(cells.items()):
        yield from itertools.combinations(here, 2)
        for beside in ((1, 0), (0, 1), (1, 1), (1, -1)):
            yield from itertools.product(here, cells.get((column + beside[0], row + beside[1]), ()))


def _push(a: Dot, b: Dot) -> bool:
    across, down = b.x - a.x, b.y - a.y
    apart = math.hypot(across, down)
    missing = a.radius + b.radius + GAP - apart
    if missing <= 0.5:
        return False
    if apart < 1e-6:
        across, down, apart = 1.0, 0.0, 1.0
    share = missing / apart / 2
    a.x, a.y, b.x, b.y = a.x - across * share, a.y - down * share, b.x + across * share, b.y + down * share
    return True


def _write_names(dots: Sequence[Dot], width: float) -> None:
    """Place each name at its dot where it overlaps nothing; otherwise it is shown only under the pointer."""
    shapes, names = _Taken(), _Taken()
    for dot in dots:
        shapes.add(dot.box())
    for dot in sorted(dots, key=lambda dot: (-dot.rank, dot.x, dot.y)):
        dot.lines = wrapped(dot.name)
        room = max(map(_width, dot.lines), default=0.0)
        places = list(_label_places(dot, room))
        boxes = [_box(dot, place, room) for place in places]
        fits = (_inside(box, width) and shapes.free(box) and names.free(box) for box in boxes)
        chosen = next((number for number, fit in enumerate(fits) if fit), None)
        dot.written = chosen is not None or dot.rank >= ALWAYS
        if chosen is None:
            # A name on top of a dot is readable, on top of another name it is not.
            met = [(names.met(box), shapes.met(box)) for box in boxes] if dot.written else [(0.0, 0.0)]
            chosen = met.index(min(met))
        dot.label_x, dot.label_y = (round(value, 1) for value in places[chosen])
        if dot.written:
            dot.covers = shapes.met(boxes[chosen])
            names.add(boxes[chosen])


def _box(dot: Dot, place: Point, room: float) -> Box:
    x, y = place
    return x - room / 2, y - LINE_HEIGHT, x + room / 2, y - LINE_HEIGHT + LINE_HEIGHT * len(dot.lines) + 3


def _inside(box: Box, width: float) -> bool:
    return box[0] >= 0 and box[2] <= width


def _label_places(dot: Dot, room: float) -> Iterable[Point]:
    """Yield positions of a label (middle of its first baseline): below, above, right, left, and at the corners."""
    height = LINE_HEIGHT * len(dot.lines)
    below, above = dot.y + dot.radius + LINE_HEIGHT + 1, dot.y - dot.radius - height + LINE_HEIGHT - 4
    yield dot.x, below
    yield dot.x, above
    beside, across = dot.y - height / 2 + LINE_HEIGHT - 3, dot.radius + room / 2 + 5
    yield dot.x + across, beside
    yield dot.x - across, beside
    for y, side in itertools.product((below, above), (0.5, -0.5, 0.9, -0.9)):
        yield dot.x + side * across, y
    if dot.rank >= ALWAYS:
        for y, side in itertools.product((below + LINE_HEIGHT, above - LINE_HEIGHT), (0.0, 0.5, -0.5, 0.9, -0.9)):
            yield dot.x + side * across, y


class _Taken:
    """Boxes that are already occupied."""

    SIZE = 64.0

    def __init__(self) -> None:
        self.cells = defaultdict[tuple[int, int], list[Box]](list)

    def add(self, box: Box) -> None:
        for cell in self._touched(box):
            self.cells[cell].append(box)

    def free(self, box: Box) -> bool:
        left, top, right, bottom = box
        return not any(
            left < other[2] and other[0] < right and top < other[3] and other[1] < bottom
            for cell in self._touched(box)
            for other in self.cells.get(cell, ())
        )

    def met(self, box: Box) -> float:
        """Return how much of the box is occupied, in square pixels."""
        left, top, right, bottom = box
        others = {other for cell in self._touched(box) for other in self.cells.get(cell, ())}
        return sum(
            max(0.0, min(right, other[2]) - max(left, other[0])) * max(0.0, min(bottom, other[3]) - max(top, other[1]))
            for other in others
        )

    def _touched(self, box: Box) -> Iterable[tuple[int, int]]:
        left, top, right, bottom = (int(side // self.SIZE) for side in box)
        return itertools.product(range(left, right + 1), range(top, bottom + 1))


def wrapped(name: str) -> list[str]:
    """Wrap a name to at most two short lines, and cut off the rest."""
    lines = [""]
    for word in name.split():
        joined = f"{lines[-1]} {word}".strip()
        if _letters(joined) <= LINE_LETTERS or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(word)
    shown = [_cut(line) for line in lines[:LINES]]
    if len(lines) > LINES and not shown[-1].endswith("…"):
        shown[-1] = _cut(shown[-1] + " …") if _letters(shown[-1]) > LINE_LETTERS - 2 else f"{shown[-1]} …"
    return shown


def _cut(line: str) -> str:
    """Cut a text to the length of a line."""
    if _letters(line) <= LINE_LETTERS:
        return line
    kept = ""
    for letter in letters(line):
        if _letters(kept + letter) > LINE_LETTERS - 1:
            break
        kept += letter
    return kept.rstrip() + "…"


def _letters(text: str) -> int:
    """Return the width of a text, in letters."""
    return sum(2 if any(map(_is_wide, letter)) else 1 for letter in letters(text))


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


def _width(text: str) -> float:
    return _letters(text) * LETTER + 4
