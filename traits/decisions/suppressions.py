"""What must not be suggested again: suppressions that a decision adds or lifts."""

import uuid
from collections.abc import Collection, Iterable

from django.db.models import F

from ptfi.db.prepared import Write, write_each
from ptfi.texts import sort_key
from traits.decisions.sql import DELETE_SUPPRESSIONS, SUPPRESS
from traits.log.snapshots import State
from traits.models import CandidateStatus, ExtractedTraitCandidate, Persona, PersonaTrait, Suppression
from traits.text import name_key

Key = tuple[str, str]
"""The name key and the category."""


def suppressing(persona: Persona, rejected: Iterable[tuple[uuid.UUID, Iterable[State]]]) -> Write:
    """The write for the suppressions: of each source, the snapshots whose names must not be suggested again."""
    wanted = dict[Key, set[uuid.UUID]]()
    for source, states in rejected:
        for state in states:
            wanted.setdefault((name_key(state["name"]), state["category"]), set()).add(source)
    # Sorted, because another person's import may be waiting for some of these rows.
    rows = sorted(wanted.items())
    return SUPPRESS, [[persona.user_id, *key, sort_key(key[0]), sorted(sources)] for key, sources in rows]


def lift(persona: Persona, sources: Collection[uuid.UUID]) -> None:
    """Remove the sources from the suppressions; a suppression without any is dropped, and its candidates return."""
    rows = list(Suppression.objects.filter(user_id=persona.user_id, sources__overlap=list(sources)))
    for row in rows:
        row.sources = [source for source in row.sources if source not in sources]
    Suppression.objects.bulk_update([row for row in rows if row.sources], ["sources"])
    if free := [row.pk for row in rows if not row.sources]:
        drop_suppressions(persona.user_id, free)


def drop_suppressions(user_id: uuid.UUID, ids: list[int]) -> int:
    """Delete these suppressions of the person, who is locked; returns how many suggestions are back in the queue."""
    kept_away = ExtractedTraitCandidate.objects.filter(suppressed_by__in=ids)
    # Lock candidates first, as imports do. An import that is adding a candidate to one of these suppressions is waited
    # for when the suppressions are deleted, so the update below sees it; a later import finds them gone and starts
    # again.
    list(kept_away.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    write_each((DELETE_SUPPRESSIONS, [[ids]]))
    # Candidates that the person already has as a trait need no decision.
    held = PersonaTrait.objects.filter(user_id=user_id).values("pk")
    waiting = kept_away.filter(status=CandidateStatus.ARCHIVED).exclude(pk__in=held)
    returned = waiting.update(status=CandidateStatus.CANDIDATE, suppressed_by=None, version=F("version") + 1)
    kept_away.update(suppressed_by=None)
    return returned
