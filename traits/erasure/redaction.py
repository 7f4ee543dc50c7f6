"""What the erasure of a part removes from rows and from the log: pieces of evidence, or everything in a category.

A rewritten entry keeps its digest and loses its salt. Its content has `erased` with a nonce, so that the removed text
can't be guessed and verified. The `evidence_erased` entry that belongs to it has `redacted`: revision → the new
content's digest.
"""

import dataclasses
import itertools
import json
import secrets
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.db.models import BooleanField, F, Func, Q, QuerySet, Value

from ptfi.accounts.models import User
from ptfi.db import sql
from ptfi.texts import composed, forms
from traits.erasure.sql import PIECES, REDACT, WITHOUT
from traits.evidence import AROUND, Piece, without_words
from traits.log.chain import digest_of
from traits.log.snapshots import SIDES, State
from traits.models import Erasure, ExtractedTraitCandidate, PersonaTrait, UserRefinedTrait
from traits.models.erasure import ErasureKind

HALVES = ("before", "after")


@dataclasses.dataclass(frozen=True)
class Scope:
    """What is to be erased: evidence with these fields, or all states of a category, or everything.

    With "category" as the only field it is all states of that category, without any field it is everything. Texts are
    the same in every Unicode form. The text of a piece is also erased from the lines around other quotes.
    """

    target: State

    @cached_property
    def targets(self) -> list[State]:
        """The target in each form in which its texts may be stored."""
        values = (forms(value) if isinstance(value, str) else {value} for value in self.target.values())
        return [dict(zip(self.target, each, strict=True)) for each in itertools.product(*values)]

    @cached_property
    def _composed(self) -> State:
        return {name: _composed(value) for name, value in self.target.items()}

    @property
    def category(self) -> str:
        return str(self.target.get("category", ""))

    def takes(self, piece: Piece) -> bool:
        return not self.category and all(_composed(piece.get(name)) == value for name, value in self._composed.items())

    def left(self, pieces: list[Piece]) -> list[Piece]:
        left = [piece for piece in pieces if not self.takes(piece)]
        return [without_words(piece, self.words) for piece in left] if self.words else left

    @property
    def words(self) -> str:
        """The text of the piece to be erased; "" if it is not a single piece."""
        return str(self._composed.get("content") or "")

    def candidates(self, user: User) -> QuerySet[ExtractedTraitCandidate]:
        """The rows that lose something.

        Those of a category are deleted, even if only the trait that they became is in that category.
        """
        rows = ExtractedTraitCandidate.objects.filter(user=user).defer("search")
        if self.category:
            became = PersonaTrait.objects.filter(user=user, category=self.category)
            return rows.filter(Q(trait_category=self.category) | Q(pk__in=became.values("pk")))
        holds = self.held_in("supporting_evidence")
        return rows.filter(holds | Q(_around(self.words)) if self.words else holds)

    def held_in(self, column: str, *path: str) -> Q:
        """The condition for rows whose evidence, in the column or at the path inside it, has what is to be erased."""
        holds = Q(pk__in=[])
        for target in self.targets:
            state: Any = [target]
            for key in reversed(path):
                state = {key: state}
            holds |= Q(**{f"{column}__contains": state})
        return holds

    def traits(self, user: User) -> QuerySet[PersonaTrait]:
        """The rows that lose something; those of a category are deleted."""
        rows = PersonaTrait.objects.filter(user=user)
        return rows.filter(Q(category=self.category) if self.category else self.held_in("evidence"))

    def pieces(self, user: User) -> int:
        """Number of distinct pieces of evidence to be erased, wherever they occur."""
        return int(sql.value(PIECES, {"category": self.category, **self._parameters(user)}))

    def without(self, user: User) -> int:
        """Number of suggestions that would be left without evidence."""
        return int(sql.value(WITHOUT, self._parameters(user)))

    def _parameters(self, user: User) -> dict[str, Any]:
        return {"user": user.pk, "targets": list(map(json.dumps, self.targets))}

    def entries(self, user: User) -> QuerySet[UserRefinedTrait]:
        """Log entries whose states hold something to be erased; every snapshot version has category and evidence."""
        holds = Q(pk__in=[])
        for half, side in itertools.product(HALVES, ("candidate", "trait")):
            if self.category:
                holds |= Q(content__contains={half: {side: self.target}})
            else:
                holds |= self.held_in("content", half, side, "evidence")
        return UserRefinedTrait.objects.filter(holds, user=user)


def _around(words: str) -> Func:
    """The condition for suggestions with these words in the lines around a quote; stored texts are composed."""
    quoted = json.dumps(words)
    holds = " || ".join(f'@.{name} like_regex {quoted} flag "q"' for name in AROUND)
    return Func(
        F("supporting_evidence"),
        Value(f"$[*] ? ({holds})"),
        template="jsonb_path_exists(%(expressions)s::jsonpath)",
        function="jsonb_path_exists",
        output_field=BooleanField(),
    )


def _composed(value: object) -> object:
    return composed(value) if isinstance(value, str) else value


def scope_of(erasure: Erasure) -> Scope:
    return Scope(erasure.target)


def target_of(kind: str, piece: Piece) -> State:
    """The fields that identify the piece itself, wherever it occurs, or its source."""
    names = ["source_package_id"]
    if kind == ErasureKind.EVIDENCE:
        names += ["source_detail", "start_time", "content"]
    return {name: piece.get(name) for name in names}


@dataclasses.dataclass
class Redaction:
    """Rewrites log entries, and collects what it removes from them.

    gone_candidates and gone_traits: ids whose rows are deleted, so that every state of them is removed. candidates and
    traits: ids that lost a state, so that they can't be undone. evidence: ids of the pieces that were removed from
    states of traits. digests: revision → the new content's digest.
    """

    scope: Scope
    gone_candidates: set[str] = dataclasses.field(default_factory=set)
    gone_traits: set[str] = dataclasses.field(default_factory=set)
    candidates: set[str] = dataclasses.field(default_factory=set)
    traits: set[str] = dataclasses.field(default_factory=set)
    evidence: set[str] = dataclasses.field(default_factory=set)
    digests: dict[int, str] = dataclasses.field(default_factory=dict)

    def write(self, user: User, entries: Iterable[UserRefinedTrait]) -> None:
        """Rewrite those of the entries that hold something to be erased."""
        revisions, contents = [], []
        for entry in entries:
            if content := self._without(entry):
                self.digests[entry.revision] = digest_of(b"", content, entry.hash_algorithm).hex()
                revisions.append(entry.revision)
                contents.append(json.dumps(content))
        if revisions:
            sql.run(REDACT, [user.pk, revisions, contents])

    def _without(self, entry: UserRefinedTrait) -> State | None:
        """The content without what is to be erased; None if it holds nothing of it.

        It stays in the version in which it was written: every version has the fields that are used here.
        """
        old = entry.content
        new: State = {**old, **{half: self._half(entry, old[half]) for half in HALVES}}
        if old["relation"] and old["relation"]["trait_id"] in self.gone_traits:
            new["relation"] = {**old["relation"], "existing_contexts": []}
        if new == old:
            return None
        if not any(new[half][side] for half in HALVES for side in SIDES):
            new |= {"reason": "", "notes": ""}
        return new | {"erased": secrets.token_hex(16)}

    def _half(self, entry: UserRefinedTrait, states: dict[str, Any]) -> State:
        candidate, trait = states["candidate"], states["trait"]
        if candidate and self._goes(candidate, candidate["candidate_id"] in self.gone_candidates):
            self.candidates.add(candidate["candidate_id"])
            if str(entry.trait_id_in_pkg) == candidate["candidate_id"]:
                self.traits.add(candidate["candidate_id"])
            candidate = None
        elif candidate:
            candidate = {**candidate, "evidence": self.scope.left(candidate["evidence"])}
        if trait and self._goes(trait, trait["trait_id"] in self.gone_traits):
            self.traits.add(trait["trait_id"])
            self._note(trait["evidence"])
            trait = None
        elif trait:
            self._note([piece for piece in trait["evidence"] if self.scope.takes(piece)])
            trait = {**trait, "evidence": self.scope.left(trait["evidence"])}
        return {**states, "candidate": candidate, "trait": trait}

    def _goes(self, state: State, gone: bool) -> bool:
        return gone or (bool(self.scope.category) and state["category"] == self.scope.category)

    def _note(self, pieces: Iterable[Piece]) -> None:
        self.evidence |= {piece["evidence_id"] for piece in pieces}
