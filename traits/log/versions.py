"""The versions of snapshots: an entry's content is upgraded to the newest version before it is read.

The log cannot be rewritten, so every shape that a release ever wrote stays in it. The member `v` of the content names
its version; content without it is version 0. A version may only add fields to states: SQL reads stored content as it
is, and the previous release, which may still be running, ignores fields that it does not know. Hashes, redactions and
downloads also use the stored content, never the upgraded one. docs/development.md says how to add a version.
"""

from collections.abc import Callable

from traits.log.snapshots import SIDES, State

Lift = Callable[[State], State]


def _from_0(content: State) -> State:
    """Version 1 adds the version number."""
    return content | {"v": 1}


LIFTS: list[Lift] = [_from_0]
"""The function at index N upgrades version N to N+1. It returns a new content, as the old one may belong to a row.

A state may be None. Its evidence may be missing, or have only ids and verdicts.
"""


def newest() -> int:
    """The version of new entries."""
    return len(LIFTS)


def lifted(content: State) -> State:
    """The content in the newest version. Content of a later release stays as it is."""
    for lift in LIFTS[content.get("v", 0) :]:
        content = lift(content)
    return content


def lifted_parts(version: int | None, *, before: State | None = None, after: State | None = None) -> State:
    """Upgrade states that a query extracted, by side, from content of this version (None is 0)."""
    nothing: State = dict.fromkeys(SIDES)
    words = {"reason": "", "notes": "", "relation": None}
    return lifted({"v": version or 0, "before": nothing | (before or {}), "after": nothing | (after or {}), **words})
