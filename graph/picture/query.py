"""The content of a picture: the strongest traits that match the filters, and the concepts they share.

The rest is only counted: traits beyond the limit by category, evidence by trait.
"""

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import neo4j

from graph import connection
from graph.connection import parts
from graph.nodes import DRAWN
from graph.reads.concepts import Hierarchy, climb, deadline, hierarchy, named, reached
from graph.reads.statements import BESIDES_TRAITS, OWN, TRAIT, Row
from graph.schema import EDGES, KEYS, NODE_BY_LABEL
from ptfi.texts import Text, sort_key
from traits.models import Category
from traits.models.styles import STYLE_LABELS, context_words, element_label, value_words
from traits.text import name_key

KINDS: dict[str, Text] = {node.facts.drawn.name: node.facts.drawn.words for node in DRAWN}
"""Kinds that can be shown or hidden, in words; interests, skills and feelings are traits of these categories."""
ONE_OF: dict[str, Text] = {node.facts.drawn.name: node.facts.drawn.one for node in DRAWN}
"""The word for a single node of the kinds that are listed one by one."""
KIND_OF: dict[str, str] = {node.facts.category.value: node.facts.drawn.name for node in DRAWN if node.facts.category}
SIZES = (60, 150, 500)
"""The numbers of traits that can be drawn; the first is the default."""
MAX_SELECTED = 10_000
FEW = 15
"""Up to this number of traits, concepts of a single trait are drawn too, and evidence piece by piece."""
MAX_CONCEPTS = 400
MAX_EVIDENCE = 60
MAX_OTHERS = 60
"""The most styles drawn, and the most interests, skills and emotions each that only the pipeline has found."""
MAX_TIES = 20_000

CHOSEN = """n.category IN $categories AND ($status = '' OR n.status = $status)
  AND coalesce(e.strength, 0) >= $strength"""
ORDERED = """RETURN n.traitID AS id, n.category AS category, coalesce(e.strength, 0) AS strength
ORDER BY strength DESC, id LIMIT $limit"""
SELECTED = f"""
MATCH (:User {{userID: $user}})-[e:HAS_TRAIT {{managedBy: 'ptfi'}}]->(n:Trait)
WHERE {OWN.format("n")} AND n.traitID IS NOT NULL AND {CHOSEN} {ORDERED}"""
SELECTED_BY_ID = f"{TRAIT} WHERE {CHOSEN} {ORDERED}"
DETAILS = """
UNWIND $ids AS id MATCH (n:Trait {traitID: id})
RETURN id, n.name AS name, n.status AS status, COUNT { (n)-[:MANIFESTED_AS_EVIDENCE]->() } AS evidence"""
CONCEPTS = f"""
UNWIND $ids AS id MATCH (:Trait {{traitID: id}})-[e:ASSOCIATED_WITH_CONCEPT]->(c:Concept)
WHERE {OWN.format("c")} AND c.conceptID IS NOT NULL
RETURN id, c.conceptID AS concept, coalesce(e.spelling, c.name) AS spelling
ORDER BY id, spelling, concept LIMIT $limit"""
NAMES = "UNWIND $ids AS id MATCH (c:Concept {conceptID: id}) RETURN id, c.name AS name"
EVIDENCE = f"""
UNWIND $ids AS id MATCH (:Trait {{traitID: id}})-[:MANIFESTED_AS_EVIDENCE]->(n:SourceDataReferenceNode)
WHERE {OWN.format("n")} RETURN id, n.referenceID AS evidence, n.sourceDescription AS name, n.snippet AS snippet
ORDER BY id, evidence LIMIT $limit"""
EMOTIONS = f"""
UNWIND $ids AS id MATCH (:Trait {{traitID: id}})-[:CAN_INFLUENCE_EMOTION]->(n:Emotion)
WHERE {OWN.format("n")} AND n.emotionID IS NOT NULL RETURN id, n.emotionID AS emotion, n.name AS name
ORDER BY id, emotion LIMIT $limit"""


@dataclass(frozen=True, kw_only=True)
class PictureFilters:
    """The filters; "" and 0 mean no limit. strength is 0–1, kinds are keys of KINDS, size is one of SIZES."""

    category: str = ""
    status: str = ""
    concept: str = ""
    strength: float = 0.0
    kinds: tuple[str, ...] = tuple(KINDS)
    size: int = SIZES[0]

    def categories(self) -> list[str]:
        """Return the categories of the traits to show."""
        return [
            each.value
            for each in Category
            if KIND_OF.get(each.value, "trait") in self.kinds and self.category in ("", each.value)
        ]


@dataclass(slots=True)
class SketchTrait:
    """A trait; strength is 0–1, evidence a count, concepts: id → spelling; about: the ids of its drawn concepts.

    why: the names from its concept up to the one searched for; a single "" if the trait's own name matches.
    """

    id: str
    category: str
    strength: float
    name: str = ""
    status: str = ""
    evidence: int = 0
    concepts: dict[str, str] = field(default_factory=dict)
    about: list[str] = field(default_factory=list)
    emotions: list[str] = field(default_factory=list)
    why: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return KIND_OF.get(self.category, "trait")


@dataclass(slots=True)
class SketchConcept:
    """A concept; traits is the number of drawn traits about it or one of its sub-concepts."""

    id: str
    name: str
    traits: int
    sought: bool = False


@dataclass(slots=True)
class Sketch:
    """The content. total: the number of matching traits; folded: those beyond the limit, by category.

    others: styles and what only the pipeline has found, as rows of kind, id, name and value. evidence: rows of trait,
    id, name and snippet; folded_evidence: the number of pieces only counted. complete is False if time ran out.
    """

    total: int = 0
    traits: list[SketchTrait] = field(default_factory=list)
    folded: dict[str, int] = field(default_factory=dict)
    concepts: list[SketchConcept] = field(default_factory=list)
    broader: dict[str, set[str]] = field(default_factory=dict)
    folded_concepts: int = 0
    others: list[Row] = field(default_factory=list)
    evidence: list[Row] = field(default_factory=list)
    folded_evidence: int = 0
    complete: bool = True

    def broader_names(self, concept_id: str) -> list[str]:
        """Return the names of the drawn concepts that a concept is a type of."""
        names = {concept.id: concept.name for concept in self.concepts}
        return sorted((names[pk] for pk in self.broader.get(concept_id, ())), key=sort_key)


def sketch(user_id: uuid.UUID, filters: PictureFilters) -> Sketch:
    """Read what matches the filters, within the limits of size and time. Raises GraphUnavailableError."""
    return connection.read(lambda tx: _Reading(tx, user_id, filters).read())


class _Reading:
    def __init__(self, tx: neo4j.ManagedTransaction, user_id: uuid.UUID, filters: PictureFilters) -> None:
        self.tx, self.user_id, self.filters = tx, user_id, filters
        self.until = deadline()
        self.found = Sketch()

    def read(self) -> Sketch:
        around = hierarchy(self.tx, self.user_id, self.until) if self.filters.concept else None
        sought = around.named(self.filters.concept) if around else set[str]()
        self.traits(around, sought)
        self.concepts(around, sought)
        if "evidence" in self.filters.kinds:
            self.evidence()
        if not self.filters.concept:
            self.others()
        self.emotions()
        return self.found

    def traits(self, around: Hierarchy | None, sought: set[str]) -> None:
        values: Row = {
            "categories": self.filters.categories(),
            "status": self.filters.status,
            "strength": self.filters.strength,
            "limit": MAX_SELECTED,
        }
        if around is None:
            rows = self.rows(SELECTED, **values)
            reasons = dict[str, list[str]]()
        else:
            self.found.complete &= around.complete
            reasons = related(around, sought) | {pk: [""] for pk in named(self.tx, self.user_id, self.filters.concept)}
            rows = self.rows(SELECTED_BY_ID, ids=sorted(reasons), **values)
        # Duplicate edges would return a trait twice.
        once = list({row["id"]: SketchTrait(**row, why=reasons.get(row["id"], [])) for row in rows}.values())
        self.found.total = len(once)
        self.found.traits = once[: self.filters.size]
        self.found.folded = dict(Counter(trait.category for trait in once[self.filters.size :]))
        self.details()

    def details(self) -> None:
        by_id = {trait.id: trait for trait in self.found.traits}
        for part in parts(list(by_id)):
            for row in self.rows(DETAILS, ids=part):
                trait = by_id[row["id"]]
                trait.name, trait.status, trait.evidence = str(row["name"] or ""), row["status"] or "", row["evidence"]
            for row in self.rows(CONCEPTS, ids=part, limit=MAX_TIES):
                by_id[row["id"]].concepts[row["concept"]] = str(row["spelling"] or "")

    def concepts(self, around: Hierarchy | None, sought: set[str]) -> None:
        """Find the concepts that several of the traits share, most common first, and the broader ones."""
        direct = {pk for trait in self.found.traits for pk in trait.concepts}
        above = around or climb(self.tx, self.user_id, direct, self.until)
        self.found.complete &= above.complete
        paths = around.under(sought) if around else set[str]()
        names = {pk: str(concept.get("name") or "") for pk, concept in above.concepts.items()} | self.names(direct)
        twins = _twins(direct, above.broader, names)
        counts = Counter[str]()
        for trait in self.found.traits:
            counts.update({twins.get(pk, pk) for pk in reached(trait.concepts, above.broader)})
        least = 1 if len(self.found.traits) <= FEW else 2
        sought, paths = {twins.get(pk, pk) for pk in sought}, {twins.get(pk, pk) for pk in paths}
        places = {pk: (sort_key(names.get(pk, "")), pk) for pk in counts}
        wanted = sorted(counts, key=lambda pk: (pk not in sought, pk not in paths, -counts[pk], places[pk]))
        kept = [pk for pk in wanted if counts[pk] >= least or pk in paths][:MAX_CONCEPTS]
        self.found.folded_concepts = len(direct - set(kept))
        if "concept" in self.filters.kinds:
            self.found.concepts = [SketchConcept(pk, names.get(pk, ""), counts[pk], pk in sought) for pk in kept]
            self.found.broader = _merged(above.broader, twins, set(kept))
            for trait in self.found.traits:
                trait.about = sorted(_nearest(trait.concepts, above.broader, twins, set(kept)))

    def names(self, ids: Iterable[str]) -> dict[str, str]:
        """Return the concepts' names by id."""
        found = (row for part in parts(sorted(ids)) for row in self.rows(NAMES, ids=part))
        return {row["id"]: str(row["name"] or "") for row in found}

    def evidence(self) -> None:
        pieces = sum(trait.evidence for trait in self.found.traits)
        if len(self.found.traits) > FEW or pieces > MAX_EVIDENCE:
            self.found.folded_evidence = pieces
            return
        ids = [trait.id for trait in self.found.traits]
        self.found.evidence = self.rows(EVIDENCE, ids=ids, limit=MAX_EVIDENCE)

    def others(self) -> None:
        """Add styles, and interests, skills and emotions that only the pipeline has found."""
        if self.filters.category or self.filters.status or self.filters.strength:
            return
        for edge, statement in BESIDES_TRAITS.items():
            label = EDGES[edge][1]
            kind = NODE_BY_LABEL[label].facts.drawn.name
            for row in self.rows(statement, limit=MAX_OTHERS) if kind in self.filters.kinds else ():
                node, context = row["node"], row["edge"].get("contextApplicability") or ""
                name, value = node.get("name"), node.get("value")
                if kind == "style":
                    context = context_words(context) if context else ""
                if kind == "style" and name in STYLE_LABELS:
                    name, value = element_label(name), value_words(name, value)
                self.add_other(kind, node[KEYS[label]], name, value, context)

    def emotions(self) -> None:
        """Add the emotions that, according to the pipeline, the traits can evoke."""
        if "emotion" not in self.filters.kinds:
            return
        by_id = {trait.id: trait for trait in self.found.traits}
        known = {row["id"] for row in self.found.others}
        for part in parts(list(by_id)):
            for row in self.rows(EMOTIONS, ids=part, limit=MAX_OTHERS):
                by_id[row["id"]].emotions.append(row["emotion"])
                if row["emotion"] not in known and row["emotion"] not in by_id:
                    known.add(row["emotion"])
                    self.add_other("emotion", row["emotion"], row["name"], None, "")

    def add_other(self, kind: str, pk: str, name: object, value: object, context: str) -> None:
        row = {"kind": kind, "id": pk, "name": str(name or ""), "value": "" if value is None else str(value)}
        self.found.others.append(row | {"context": context})

    def rows(self, statement: str, **parameters: Any) -> list[Row]:
        return [dict(record) for record in self.tx.run(statement, user=str(self.user_id), **parameters)]


def _twins(own: Iterable[str], broader: Mapping[str, set[str]], names: Mapping[str, str]) -> dict[str, str]:
    """Map shared concepts to the person's own ones of the same name, which represent both."""
    return {
        shared: pk
        for pk in sorted(own)
        for shared in broader.get(pk, ())
        if shared in names and name_key(names[shared]) == name_key(names.get(pk, ""))
    }


def _nearest(ids: Iterable[str], broader: Mapping[str, set[str]], twins: Mapping[str, str], kept: set[str]) -> set[str]:
    """Return each of these concepts that is kept; for the others, the nearest kept ones that they are types of."""
    found, known, level = set[str](), set(ids), list(ids)
    while level:
        pk = level.pop()
        if twins.get(pk, pk) in kept:
            found.add(twins.get(pk, pk))
            continue
        new = broader.get(pk, set()) - known
        known |= new
        level += new
    return found


def _merged(broader: Mapping[str, set[str]], twins: Mapping[str, str], kept: set[str]) -> dict[str, set[str]]:
    """Return the ties between kept concepts; those of a shared one are added to its twin's."""
    found = defaultdict[str, set[str]](set)
    for pk, above in broader.items():
        narrower = twins.get(pk, pk)
        if narrower in kept:
            found[narrower] |= {twins.get(each, each) for each in above} & kept - {narrower}
    return dict(found)


def related(around: Hierarchy, sought: set[str]) -> dict[str, list[str]]:
    """Return the traits about these concepts or their sub-concepts, at any distance, with the shortest path of each.

    A path lists the names from the trait's concept up to the one searched for; circles are followed once.
    """
    narrower = around.narrower()
    ways = {pk: [_name(around, pk)] for pk in sorted(sought)}
    level, reasons = list(ways), dict[str, list[str]]()
    while level:
        for pk in level:
            for trait in around.traits.get(pk, ()):
                reasons.setdefault(trait, ways[pk])
        below = [(pk, each) for pk in level for each in sorted(narrower.get(pk, ()))]
        level = []
        for pk, each in below:
            if each not in ways:
                ways[each] = _longer(_name(around, each), ways[pk])
                level.append(each)
    return reasons


def _longer(name: str, way: list[str]) -> list[str]:
    # A person's own concept is a type of the shared one of the same name, which need not be named twice.
    return way if name_key(name) == name_key(way[0]) else [name, *way]


def _name(around: Hierarchy, pk: str) -> str:
    return str(around.concepts.get(pk, {}).get("name") or "")
