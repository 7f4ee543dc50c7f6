"""Similarity between a suggestion and the person's traits."""

import dataclasses
import uuid

from django.db.models import BooleanField, Func, JSONField, Q, QuerySet, Value
from rapidfuzz import fuzz, process

from ptfi.accounts.models import User
from ptfi.texts import sort_key
from traits import selectors
from traits.evidence import Piece, identity
from traits.models import ExtractedTraitCandidate, PersonaTrait
from traits.text import name_key

SIMILAR_NAME = 82
"""Similarity of two names in per cent from which they count as alike."""
COMPARED_PIECES = 100
LOOKED_AT = 200
CONTENTS = Func(
    "evidence", template="jsonb_path_query_array(%(expressions)s, '$[*].content')", output_field=JSONField()
)
NO = Value(value=False, output_field=BooleanField())


@dataclasses.dataclass(frozen=True, kw_only=True)
class Similar:
    """A similar trait; likeness of the names in per cent, and the concepts that both have.

    same_evidence: they share half or more of the evidence of either.
    """

    trait_id: uuid.UUID
    name: str
    category: str
    status: str
    likeness: int
    concepts: list[str]
    same_evidence: bool

    @property
    def named_alike(self) -> bool:
        return self.likeness >= SIMILAR_NAME

    @property
    def closeness(self) -> float:
        """The sort key: similar names count most."""
        return self.likeness / (1 if self.named_alike else 2) + 15 * len(self.concepts) + 40 * self.same_evidence


def similar_traits(
    user: User,
    suggestion: ExtractedTraitCandidate | PersonaTrait,
    limit: int = 5,
    own_concepts: list[str] | None = None,
) -> list[Similar]:
    """Return the person's other traits that are close to a suggestion or trait, closest first.

    Close by name (rapidfuzz's token set ratio), by two concepts (or the only one), or by evidence. own_concepts: the
    result of the selector of that name, if the caller has it already.
    """
    evidence = suggestion.evidence if isinstance(suggestion, PersonaTrait) else suggestion.supporting_evidence
    evidence, keys = evidence[:COMPARED_PIECES], {name_key(concept) for concept in suggestion.concepts}
    mine = PersonaTrait.objects.filter(user=user).exclude(pk=suggestion.pk)
    if own_concepts is None:
        own_concepts = selectors.own_concepts(user) if keys else []
    rows = _sharing(mine, evidence, [spelling for spelling in own_concepts if name_key(spelling) in keys])
    scores = process.extract(suggestion.name_key, [row[1] for row in rows], scorer=fuzz.token_set_ratio, limit=None)
    near = dict[uuid.UUID, int]()
    for _, score, at in scores:
        pk, _, names, quotes = rows[at]
        if (names or quotes or score >= SIMILAR_NAME) and len(near) < LOOKED_AT:
            near[pk] = round(score)
    quoting = [pk for pk, _, _, quotes in rows if quotes and pk in near]
    same = _same_evidence(mine.filter(pk__in=quoting), evidence) if quoting else set()
    found = []
    for pk, name, category, status, concepts in mine.filter(pk__in=near).values_list(
        "pk", "name", "category", "status", "concepts"
    ):
        shared = [concept for concept in concepts if name_key(concept) in keys]
        shared = shared if len(shared) >= min(2, len(keys)) else []
        each = Similar(
            trait_id=pk,
            name=name,
            category=category,
            status=status,
            likeness=near[pk],
            concepts=shared,
            same_evidence=pk in same,
        )
        if each.named_alike or each.concepts or each.same_evidence:
            found.append(each)
    return sorted(found, key=lambda each: (-each.closeness, sort_key(each.name)))[:limit]


def _sharing(
    mine: QuerySet[PersonaTrait], evidence: list[Piece], spellings: list[str]
) -> list[tuple[uuid.UUID, str, bool, bool]]:
    """Return id, name key, whether it has one of these concepts, and whether it quotes the evidence, of each trait."""
    contents = [piece["content"] for piece in evidence]
    return list(
        mine.annotate(
            contents=CONTENTS,
            names=Q(concepts__has_any_keys=spellings) if spellings else NO,
            quotes=Q(contents__has_any_keys=contents) if contents else NO,
        ).values_list("pk", "name_key", "names", "quotes")
    )


def _same_evidence(traits: QuerySet[PersonaTrait], evidence: list[Piece]) -> set[uuid.UUID]:
    wanted = {identity(piece) for piece in evidence}
    return {
        pk
        for pk, pieces in traits.values_list("pk", "evidence")
        if 2 * len(wanted & {identity(piece) for piece in pieces}) >= min(len(wanted), len(pieces)) > 0
    }
