#!/usr/bin/env python3
"""Check the message of a commit, as CONTRIBUTING.md has it: ``.ci/check_subject.py FILE``; exit status 1 on a fault."""

import sys
from pathlib import Path

LONGEST = 72
SCISSORS = "# ------------------------ >8 ------------------------"
"""What follows this line of git's (`git commit --verbose`) is not part of the message."""


def faults(message: str) -> list[str]:
    """What is wrong with the message's subject."""
    lines = [line for line in message.partition(SCISSORS)[0].splitlines() if not line.startswith("#")]
    subject = lines[0] if lines else ""
    found = []
    if not subject.strip():
        found.append("The first line is empty; it has to say what the commit changes.")
    if len(subject) > LONGEST:
        found.append(f"The subject has {len(subject)} characters; the maximum is {LONGEST}. Move the rest to the body.")
    if subject.endswith("."):
        found.append("The subject ends in a period.")
    if lines[1:] and lines[1].strip():
        found.append("The line after the subject is not empty.")
    return found


if __name__ == "__main__":
    reasons = faults(Path(sys.argv[1]).read_text())
    for reason in reasons:
        sys.stderr.write(f"{reason}\n")
    sys.exit(bool(reasons))
