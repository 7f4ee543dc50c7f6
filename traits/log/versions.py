"""The versions of snapshots: what an entry holds is lifted to the newest version before anything reads it.

The log cannot be rewritten, so every shape that a release ever wrote stays in it. The member `v` of the content says
which one it is; content without it is version 0. A version adds fields to states, and nothing else: SQL reads stored
content as it is, and the release before, which may still run, leaves alone what it does not know. Hashes, redactions
and downloads take stored content too, never the lifted one. docs/development.md says how to add a version.
"""

from collections.abc import Callable

from traits.log.snapshots import SIDES, State

Lift = Callable[[State], State]


def _from_0(content: State) -> State:
    """Version 1 says which version it is."""
    return content | {"v": 1}


LIFTS: list[Lift] = [_from_0]
"""The function at place N makes version N+1 of version N: a new content, as the old one may belong to a row.

A state is None where there is none. Its evidence may be missing, or have only ids and verdicts.
"""


def newest() -> int:
    """The version of new entries."""
    return len(LIFTS)


def lifted(content: State) -> State:
    """The content in the newest version. One that a later release wrote stays as it is."""
    for lift in LIFTS[content.get("v", 0) :]:
        content = lift(content)
    return content


def lifted_parts(version: int | None, *, before: State | None = None, after: State | None = None) -> State:
    """As lifted, of states by side that a query took out of content of this version (None is 0)."""
    nothing: State = dict.fromkeys(SIDES)
    words = {"reason": "", "notes": "", "relation": None}
    return lifted({"v": version or 0, "before": nothing | (before or {}), "after": nothing | (after or {}), **words})
