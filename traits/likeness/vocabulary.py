"""Words with a role of their own in the name of a trait; words.txt lists them."""

from pathlib import Path


def _roles() -> dict[str, frozenset[str]]:
    roles, role = dict[str, set[str]](), ""
    for line in (Path(__file__).parent / "words.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            role = line.strip("[]")
            roles[role] = set()
        elif role:
            roles[role].update(line.split())
    return {role: frozenset(words) for role, words in roles.items()}


_ROLES = _roles()
DENIALS = _ROLES["denials"]
"""They turn a statement into its opposite."""
ENDINGS = _ROLES["endings"]
"""They say that something was so and is no more."""
AVERSIONS = _ROLES["aversions"]
FONDNESS = _ROLES["fondness"]
EXCLUSIVES = _ROLES["exclusives"]
FRAMES = _ROLES["frames"]
"""Common words of traits: they say little about what a trait is about."""
IGNORED = _ROLES["ignored"] | DENIALS | FONDNESS | EXCLUSIVES
"""They say nothing about what a trait is about."""
