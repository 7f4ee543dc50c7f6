"""A sketch as shapes on a page: appearance, position, text and link of each node."""

import math
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from graph.nodes import DRAWN, Box, Polygon
from graph.picture.layout import ALWAYS, Dot, arrange
from graph.picture.query import KIND_OF, KINDS, ONE_OF, SIZES, Sketch, SketchTrait
from graph.reads.statements import Row
from ptfi.texts import Text, isolated, shorten
from ptfi.web.language import grouped
from traits.confidence import percentage
from traits.models import Category, TraitStatus

PERSON, GROUP = "person", "group"
RADIUS: dict[str, float] = {PERSON: 24.0, GROUP: 17.0} | {
    node.facts.drawn.name: node.facts.drawn.radius for node in DRAWN
}
MORE_RADIUS = 7.0
"""How many pixels larger the radius of the strongest trait is."""
OUTLINES: dict[str, Polygon | Box] = {node.facts.drawn.name: node.facts.drawn.outline for node in DRAWN}
REACH = {3: 1.45, 4: 1.25, 6: 1.1}
"""Corners → distance of the corners in radii, so that all shapes have about the same area."""
SECTORS = {category: place / len(Category) for place, category in enumerate(Category.values)}
CATEGORIES = dict(Category.choices)
EVIDENCE_LETTERS = 120

Query = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PictureNode:
    """A node as the template draws it; panel is the trait to open next to the picture."""

    kind: str
    x: float
    y: float
    shape: str
    lines: list[str]
    label_x: float
    label_y: float
    written: bool
    title: str
    count: str
    href: str
    panel: str
    dormant: bool
    sought: bool


@dataclass(frozen=True, slots=True)
class PictureEdge:
    """A line between two nodes, given by their indexes in the picture's list; width in pixels."""

    kind: str
    a: int
    b: int
    x1: float
    y1: float
    x2: float
    y2: float
    width: float


@dataclass(frozen=True, slots=True)
class Picture:
    """The whole picture. width and height in pixels; legend: the kinds drawn, with words and shapes, in order."""

    person: str
    width: float
    height: float
    nodes: list[PictureNode]
    edges: list[PictureEdge]
    legend: list[tuple[str, Text, str]]


@dataclass(slots=True)
class _Item:
    dot: Dot
    kind: str
    title: str
    href: str = ""
    panel: str = ""
    count: str = ""
    dormant: bool = False
    sought: bool = False


class _Board:
    """The items to draw, by key, before they have a position."""

    def __init__(self, query: Query, larger: str) -> None:
        self.query, self.larger = query, larger
        self.items = dict[str, _Item]()
        self.edges = list[tuple[str, str, str, float, float]]()

    def add(self, key: str, item: _Item) -> None:
        self.items[key] = item

    def tie(self, kind: str, a: str, b: str, pull: float, width: float) -> None:
        if a in self.items and b in self.items and a != b:
            self.edges.append((kind, a, b, pull, width))

    def address(self, **changes: str) -> str:
        """Return the URL of this page with other filters."""
        query = {name: value for name, value in (self.query | changes).items() if value}
        return f"{reverse('graph')}?{urlencode(query, doseq=True)}" if query else reverse("graph")


def draw(sketch: Sketch, person: str, query: Query, larger: str = "") -> Picture:
    """Draw the sketch with the person in the middle. The result depends only on the content, not on its order.

    query: the filters as in the URL, which links in the picture keep. larger: the next size.
    """
    board = _Board(query, larger)
    board.add(PERSON, _Item(Dot(RADIUS[PERSON], person, ALWAYS + 1, 0.0, 0.0), PERSON, person))
    traits = sorted(sketch.traits, key=lambda trait: (-trait.strength, trait.id))
    for place, trait in enumerate(traits):
        _trait(board, trait, place / max(1, len(traits)), always=len(traits) <= SIZES[0])
    _groups(board, sketch)
    _others(board, sketch)
    _concepts(board, sketch)
    _evidence(board, sketch)
    _ties(board, sketch)
    return _placed(board)


def _trait(board: _Board, trait: SketchTrait, place: float, *, always: bool) -> None:
    rank = ALWAYS + 0.5 * trait.strength if always else 2 + 2 * trait.strength
    radius = RADIUS["trait"] + MORE_RADIUS * trait.strength
    dormant = trait.status == "dormant"
    board.add(
        trait.id,
        _Item(
            Dot(radius, trait.name, rank, SECTORS.get(trait.category, 0.0), place),
            trait.kind,
            gettext("%(name)s (%(facts)s)") % {"name": isolated(trait.name), "facts": ", ".join(_facts(trait))},
            href=reverse("trait", args=[uuid.UUID(trait.id)]),
            panel=trait.id,
            dormant=dormant,
        ),
    )
    board.tie("has", PERSON, trait.id, 0.04 + 0.06 * trait.strength, 0.6 + 2.6 * trait.strength)


def _facts(trait: SketchTrait) -> Iterator[str]:
    yield str(CATEGORIES.get(trait.category, trait.category))
    yield gettext("strength %(share)s") % {"share": percentage(trait.strength)}
    if trait.evidence:
        pieces = ngettext("%(number)s piece of evidence", "%(number)s pieces of evidence", trait.evidence)
        yield pieces % {"number": grouped(trait.evidence)}
    if trait.status == TraitStatus.DORMANT:
        yield gettext("dormant")


def _groups(board: _Board, sketch: Sketch) -> None:
    """Add a node per category for the traits that did not fit; it links to that category, or to a larger picture."""
    only = board.query.get("category")
    for category, count in sorted(sketch.folded.items()):
        words = ngettext("%(number)s more: %(category)s", "%(number)s more: %(category)s", count)
        words %= {"number": grouped(count), "category": CATEGORIES.get(category, category)}
        href = board.address(show=board.larger) if only else board.address(category=category)
        dot = Dot(RADIUS[GROUP], words, 4.0, SECTORS.get(category, 0.0), 1.2, outside=True)
        board.add(f"group {category}", _Item(dot, GROUP, words, href=href, count=f"+{grouped(count)}"))
        board.tie("folded", PERSON, f"group {category}", 0.1, 1.0)


def _others(board: _Board, sketch: Sketch) -> None:
    for number, row in enumerate(sorted(sketch.others, key=lambda row: (row["kind"], row["id"]))):
        name = _of_other(row)
        sector = 0.5 + number / 200 if row["kind"] == "style" else SECTORS[_category(row["kind"])]
        dot = Dot(RADIUS[row["kind"]], name, 0.9, sector, 0.9)
        title = gettext("%(kind)s: %(name)s") % {"kind": ONE_OF[row["kind"]], "name": isolated(name)}
        board.add(row["id"], _Item(dot, row["kind"], title))
        board.tie("has", PERSON, row["id"], 0.2, 1.0)


def _of_other(row: Row) -> str:
    """The name of a style or a finding, with its value and its context, if it has any."""
    names = {name: row[name] for name in ("name", "value", "context")}
    if row["value"] and row["context"]:
        return gettext("%(name)s: %(value)s (%(context)s)") % names
    if row["value"]:
        return gettext("%(name)s: %(value)s") % names
    return gettext("%(name)s (%(context)s)") % names if row["context"] else str(row["name"])


def _category(kind: str) -> str:
    return next(category for category, each in KIND_OF.items() if each == kind)


def _concepts(board: _Board, sketch: Sketch) -> None:
    angles = _mean_sectors(sketch)
    for concept in sorted(sketch.concepts, key=lambda each: (not each.sought, -each.traits, each.name, each.id)):
        radius = RADIUS["concept"] + 2.2 * math.sqrt(concept.traits)
        rank = ALWAYS + 0.8 if concept.sought else min(1.5 + 0.4 * concept.traits, 7.0)
        dot = Dot(min(radius, 22.0), concept.name, rank, angles.get(concept.id, 0.0), 0.6)
        title = ngettext("Topic: %(name)s, %(number)s trait", "Topic: %(name)s, %(number)s traits", concept.traits)
        title %= {"name": isolated(concept.name), "number": grouped(concept.traits)}
        href = board.address(concept=concept.name, category="")
        item = _Item(dot, "concept", title, href=href, sought=concept.sought)
        board.add(f"concept {concept.id}", item)


def _mean_sectors(sketch: Sketch) -> dict[str, float]:
    """Return the average sector of each concept's traits."""
    found = dict[str, list[float]]()
    for trait in sorted(sketch.traits, key=lambda trait: trait.id):
        for pk in trait.about:
            found.setdefault(pk, []).append(SECTORS.get(trait.category, 0.0))
    return {pk: sum(sectors) / len(sectors) for pk, sectors in found.items()}


def _evidence(board: _Board, sketch: Sketch) -> None:
    sectors = {trait.id: SECTORS.get(trait.category, 0.0) for trait in sketch.traits}
    for row in sorted(sketch.evidence, key=lambda row: (row["id"], row["evidence"])):
        name = str(row["name"] or row["snippet"] or "")
        text = shorten(str(row["snippet"] or name), EVIDENCE_LETTERS)
        title = gettext("Evidence: %(text)s") % {"text": isolated(text)}
        href = f"{reverse('trait', args=[uuid.UUID(row['id'])])}#evidence-heading"
        dot = Dot(RADIUS["evidence"], "", 0.0, sectors[row["id"]], 1.1)
        board.add(f"evidence {row['evidence']}", _Item(dot, "evidence", title, href=href))
        board.tie("evidence", row["id"], f"evidence {row['evidence']}", 1.4, 0.9)


def _ties(board: _Board, sketch: Sketch) -> None:
    for trait in sketch.traits:
        for pk in trait.about:
            board.tie("about", trait.id, f"concept {pk}", 0.5, 1.1)
        for pk in set(trait.emotions):
            board.tie("about", trait.id, pk, 0.6, 1.1)
    for pk, above in sketch.broader.items():
        for each in sorted(above):
            board.tie("type", f"concept {pk}", f"concept {each}", 0.8, 1.3)


def _placed(board: _Board) -> Picture:
    # Items drawn last are on top: the person, and below it the names that cover other nodes.
    items = {key: item for key, item in board.items.items() if key != PERSON} | {PERSON: board.items[PERSON]}
    places = {key: place for place, key in enumerate(items)}
    dots = [item.dot for item in items.values()]
    # The order of sets differs between processes, and the layout depends on the order of the edges.
    board.edges.sort()
    width, height = arrange(dots, [(places[a], places[b], pull) for _, a, b, pull, _ in board.edges])
    drawn = {key: items[key] for key in sorted(items, key=lambda key: items[key].dot.covers)}
    numbers = {key: number for number, key in enumerate(drawn)}
    edges = [
        PictureEdge(kind, numbers[a], numbers[b], *_ends(items[a].dot, items[b].dot), round(line, 1))
        for kind, a, b, _, line in board.edges
    ]
    nodes = [_node(item) for item in drawn.values()]
    return Picture(
        items[PERSON].title, width, height, nodes, edges, list(_legend({item.kind for item in items.values()}))
    )


def _ends(a: Dot, b: Dot) -> tuple[float, float, float, float]:
    return a.x, a.y, b.x, b.y


def _node(item: _Item) -> PictureNode:
    dot = item.dot
    return PictureNode(
        kind=item.kind,
        x=dot.x,
        y=dot.y,
        shape=shape(item.kind, dot.radius),
        lines=dot.lines,
        label_x=dot.label_x,
        label_y=dot.label_y,
        written=dot.written,
        title=item.title,
        count=item.count,
        href=item.href,
        panel=item.panel,
        dormant=item.dormant,
        sought=item.sought,
    )


def _legend(kinds: set[str]) -> Iterator[tuple[str, Text, str]]:
    words = {"trait": gettext("Other traits")} if kinds & set(KIND_OF.values()) else {}
    for kind, word in (KINDS | words | {GROUP: gettext("More traits")}).items():
        if kind in kinds:
            yield kind, word, shape(kind, 8.0)


def shape(kind: str, radius: float) -> str:
    """Return the outline of a kind as an SVG path around the origin."""
    outline = OUTLINES.get(kind, Box())
    if isinstance(outline, Box):
        down = radius * outline.down
        return _rounded(radius * outline.across, down, down if outline.round else 1.0)
    reach = radius * REACH[outline.corners]
    angles = [outline.first + 2 * math.pi * corner / outline.corners for corner in range(outline.corners)]
    points = (f"{reach * math.cos(angle):.1f} {reach * math.sin(angle):.1f}" for angle in angles)
    return f"M{'L'.join(points)}Z"


def _rounded(across: float, down: float, corner: float) -> str:
    """Return a box with this half width and half height, with round corners."""
    straight, rise = 2 * (across - corner), 2 * (down - corner)
    arc = f"a{corner:.1f} {corner:.1f} 0 0 1 "
    return (
        f"M{corner - across:.1f} {-down:.1f}h{straight:.1f}{arc}{corner:.1f} {corner:.1f}v{rise:.1f}"
        f"{arc}{-corner:.1f} {corner:.1f}h{-straight:.1f}{arc}{-corner:.1f} {-corner:.1f}v{-rise:.1f}"
        f"{arc}{corner:.1f} {-corner:.1f}Z"
    )
