"""Suggestions that replace each other in a circle: the newest stays to be reviewed, whatever order they came in."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import igraph

from traits.ingest import sql
from traits.ingest.parsing import CandidateRecord
from traits.models import UNDECIDED, ExtractedTraitCandidate

Pair = tuple[UUID, UUID]
"""A candidate, and one that it replaces."""


class Row(Protocol):
    """A record of a batch, its person, and its place in the batch."""

    @property
    def index(self) -> int: ...
    @property
    def record(self) -> CandidateRecord: ...
    @property
    def user(self) -> UUID: ...


@dataclass(frozen=True, slots=True)
class Member:
    """A candidate of a person, and what it replaces.

    age: its time and its place in the batch, the larger the newer; None if it can no longer be reviewed.
    """

    user: UUID
    supersedes: Collection[UUID]
    age: tuple[dt.datetime, int] | None


def replaces(row: Row, before: ExtractedTraitCandidate | None) -> bool:
    """Whether the row replaces others: it is new, or stored (before) as its person's and undecided."""
    return before is None or (before.user_id == row.user and before.is_undecided)


def ignored_pairs(rows: Sequence[Row], stored: Mapping[UUID, ExtractedTraitCandidate]) -> set[Pair]:
    """The replacements that do not count: within its circle, nothing replaces the newest one that can be reviewed."""
    ignored, members = set[Pair](), _members(rows, stored)
    for circle in _circles(members):
        ages = {pk: age for pk in circle if (age := members[pk].age)}
        if ages:
            newest = max(ages, key=lambda pk: (ages[pk], pk))
            ignored |= {(pk, newest) for pk in circle}
    return ignored


def _members(rows: Sequence[Row], stored: Mapping[UUID, ExtractedTraitCandidate]) -> dict[UUID, Member]:
    """All candidates that may be in a circle with a row; only rows that replace others can close one."""
    replacing = [row.record for row in rows if row.record.supersedes]
    if not replacing:
        return {}
    members = {
        pk: Member(user, supersedes, (created_at, 0) if status in UNDECIDED else None)
        for pk, user, supersedes, created_at, status in sql.chains(
            {pk for record in replacing for pk in (record.candidate_id, *record.supersedes)}
        )
    }
    for row in rows:
        before = stored.get(row.record.candidate_id)
        if replaces(row, before):
            created_at = before.created_at if before and not row.record.dated else row.record.created_at
            members[row.record.candidate_id] = Member(row.user, row.record.supersedes, (created_at, row.index + 1))
    return members


def _circles(members: Mapping[UUID, Member]) -> list[list[UUID]]:
    """The candidates of each circle: those from which a chain of replacements leads back to themselves."""
    ids = list(members)
    places = {pk: place for place, pk in enumerate(ids)}
    edges = [
        (places[pk], places[other])
        for pk, member in members.items()
        for other in member.supersedes
        if other in places and members[other].user == member.user
    ]
    found = igraph.Graph(len(ids), edges, directed=True).connected_components(mode="strong")
    return [[ids[place] for place in part] for part in found if len(part) > 1]
