"""Recorded responses of the API: exact bytes, except for random values and times."""

import re
import uuid
from collections.abc import Iterator
from typing import Any

HEADERS = (
    "Allow",
    "Cache-Control",
    "Content-Disposition",
    "Content-Type",
    "Idempotent-Replayed",
    "Vary",
    "WWW-Authenticate",
)
"""The headers that callers rely on; the others are the same in every response of the site."""
# The cast's ids have another version than RANDOM, and their times are in the year FIXED: both stay unchanged.
ID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FIXED, RANDOM = 2024, 4
NEW = re.compile(
    rf"(?P<id>{ID.pattern})"
    rf"|(?P<time>20(?!{FIXED % 100})\d\d-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?)?)"
    r"|(?P<hash>(?<![0-9a-f])(?!0{64})[0-9a-f]{64}(?![0-9a-f]))"
    r"|(?P<salt>(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f]))"
    r"|(?P<key>(?<=\"keyID\":\")[0-9a-f]{16}(?=\"))"
    r"|(?P<cursor>(?<=\"next\":\")[A-Za-z0-9+/_-]+={0,2}(?=\"))"
    r"|(?P<signature>(?<=\"signature\":\")[A-Za-z0-9+/]{86}==(?=\"))"
)


class Names:
    """Placeholders for values that differ in each run, numbered in order of appearance."""

    def __init__(self) -> None:
        self.given = dict[str, str]()
        self.fixed = set[str]()
        self.is_open = True

    def named(self, text: str) -> str:
        if self.is_open:
            self.fixed |= {each for each in ID.findall(text) if uuid.UUID(each).version != RANDOM}
        return NEW.sub(self._name, text)

    def close(self) -> None:
        """From now on, treat new ids as random, whatever their version."""
        self.is_open = False

    def _name(self, found: re.Match[str]) -> str:
        if found[0] in self.fixed:
            return found[0]
        return self.given.setdefault(found[0], f"<{found.lastgroup} {len(self.given) + 1}>")


def recorded(response: Any, body: bytes, names: Names) -> dict[str, Any]:
    """Status, headers and body of the response, with placeholders so that they are the same in every run."""
    headers = {name: names.named(response[name]) for name in HEADERS if name in response}
    return {"status": response.status_code, "headers": headers, "body": names.named(body.decode())}


def differing(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> Iterator[str]:
    """The steps whose responses differ from the recorded ones, with the place of the first difference."""
    first, second = ({step["name"]: step for step in steps} for steps in (old, new))
    for name in first.keys() ^ second.keys():
        yield f"{name}: only {'recorded' if name in first else 'new'}"
    for name, step in first.items():
        for part in step if name in second else ():
            yield from _parting(f"{name}, {part}", str(step[part]), str(second[name][part]))


def _parting(where: str, old: str, new: str) -> Iterator[str]:
    if old == new:
        return
    differ = (number for number, (one, other) in enumerate(zip(old, new, strict=False)) if one != other)
    place = next(differ, min(len(old), len(new)))
    start = max(0, place - 60)
    yield f"{where}:\n  recorded …{old[start : place + 120]}\n  now      …{new[start : place + 120]}"
