"""People whom the graph lost, whose graph was restored to the past, or whose log was: found by comparing fences."""

import logging
import uuid
from collections.abc import Iterator

from graph import connection
from graph.projection import gone_back, outbox, writer
from graph.projection.outbox import Claim, Replay
from graph.projection.writer import Fence, Window
from traits.models import Persona

logger = logging.getLogger(__name__)
SWEEP = 1_000
"""People whose fences are compared together."""


def mend(lost: dict[uuid.UUID, tuple[int, Fence | None]], hashes: dict[uuid.UUID, str]) -> None:
    """Project these people again, whom the graph lost or whose graph was restored to the past, unless their log was."""
    gone = gone_back.find({user_id: fence for user_id, (_, fence) in lost.items()}, hashes)
    gone_back.alarm(gone)
    mended = [
        Replay(user_id, generation, floor=fence.generation if fence else 0)
        for user_id, (generation, fence) in lost.items()
        if user_id not in gone
    ]
    outbox.replay(mended)


def without_gone_back(windows: list[tuple[Claim, Window]]) -> list[tuple[Claim, Window]]:
    """Those who are not projected from the start over a graph that knew more of their log."""
    again = [claim.user_id for claim, _ in windows if not claim.since and claim.generation > 1]
    if not again:
        return windows
    fences = fences_of(again)
    gone = gone_back.find(fences, hashes_of(fences))
    gone_back.alarm(gone)
    return [(claim, window) for claim, window in windows if claim.user_id not in gone]


def sweep_logs(only: uuid.UUID | None = None) -> None:
    """Look through all people for logs that went back, and for people the graph lost. Raises GraphUnavailableError."""
    for _ in replay_lost(only):
        pass


def replay_lost(only: uuid.UUID | None) -> Iterator[None]:
    """Compare every fence with PostgreSQL in batches, and project people again whom the graph lost."""
    people = Persona.objects.filter(went_back_at=None).order_by("user_id")
    people = people.filter(user=only) if only else people
    last = uuid.UUID(int=0)
    while rows := list(people.filter(user_id__gt=last)[:SWEEP]):
        last = rows[-1].user_id
        fences = fences_of([persona.user_id for persona in rows])
        hashes = hashes_of(fences)
        # Of a log that was not projected yet nothing can be lost, but it may have gone back to nothing.
        gone = gone_back.find(fences, hashes)
        lost = {
            one.user_id: (one.generation, fence)
            for one in rows
            if not ((fence := fences[one.user_id]) and holds(fence, *stand_of(one), hashes[one.user_id]))
            and (one.projected_revision or one.user_id in gone)
        }
        if lost:
            logger.warning("The graph does not follow the log of %d people", len(lost))
        mend(lost, hashes)
        yield


def fences_of(user_ids: list[uuid.UUID]) -> dict[uuid.UUID, Fence | None]:
    return connection.write(lambda tx: writer.states(tx, user_ids))


def hashes_of(fences: dict[uuid.UUID, Fence | None]) -> dict[uuid.UUID, str]:
    """The log's hash at each fence. Queried after the graph: whatever that holds, the log had before."""
    return outbox.hashes({user_id: fence.revision for user_id, fence in fences.items() if fence})


def stand_of(persona: Persona) -> tuple[int, int]:
    return persona.generation, persona.projected_revision


def holds(fence: Fence, generation: int, since: int, log_hash: str) -> bool:
    """Whether the graph is a projection of this log and at least as far as PostgreSQL records."""
    return fence.generation == generation and fence.revision >= since and fence.hash == log_hash
