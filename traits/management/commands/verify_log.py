"""Check the hash chain of each person's log."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from ptfi.db.snapshot import snapshot
from traits.log.proofs.comparison import Comparison, compare
from traits.log.proofs.earlier import Earlier, NotReadableError, read
from traits.log.proofs.tree_check import tree_faults
from traits.log.verification import everybody, faults_of, redactions
from traits.management.commands._people import find


class Command(BaseCommand):
    help = "Check that nobody's log was touched. Exit status 1 when there is a fault; each is named."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--person", metavar="WHO", help="one person only: e-mail, external id, or the account's UUID"
        )

        parser.add_argument(
            "--against",
            metavar="FILE",
            type=Path,
            help="compare with an earlier download of somebody's log or data, a receipt, or published heads instead",
        )

    def handle(self, *, person: str | None, against: Path | None, **options: Any) -> None:  # noqa: ARG002
        if against:
            self.compare(against)
            return
        people = [find(person).pk] if person else everybody()
        faults = redacted = 0
        for user_id in people:
            redacted += len(redactions(user_id))
            for fault in _faults(user_id):
                faults += 1
                self.stderr.write(f"{user_id}: {fault}")
        for fault in [] if person else _tree_faults():
            faults += 1
            self.stderr.write(fault)
        erased = f", {redacted:,} entries without what was erased since" if redacted else ""
        self.stdout.write(f"{len(people):,} people, {faults:,} faults{erased}")
        if faults:
            sys.exit(1)

    def compare(self, path: Path) -> None:
        """Print everything in the file that no longer exists."""
        try:
            earlier = read(path.read_bytes())
            with snapshot():
                found = compare(earlier)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
        except NotReadableError as error:
            raise CommandError(f"{path}: {error}") from None
        for fault in found.faults:
            self.stderr.write(f"{earlier.user_id}: {fault}" if earlier.user_id else fault)
        self.stdout.write(_words(earlier, found))
        if found.faults:
            sys.exit(1)


def _words(earlier: Earlier, found: Comparison) -> str:
    if earlier.user_id is None:
        return f"{len(earlier.heads):,} heads, {len(found.faults):,} faults"
    of = f"revision {earlier.revision} and {found.entries:,} entries of {earlier.at}"
    if found.erased:
        of += f", erased since with the receipt {found.erased.erasure_id}"
    elif found.redacted:
        of += f", {found.redacted:,} of them without what was erased since"
    return f"{of}: {len(found.faults):,} faults"


def _tree_faults() -> list[str]:
    with snapshot():
        return list(tree_faults())


def _faults(user_id: UUID) -> list[str]:
    with snapshot():
        return faults_of(user_id)
