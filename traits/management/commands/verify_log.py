"""Check the hash chain of each person's log."""

import sys
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand

from ptfi.db.snapshot import snapshot
from traits.log.tree_check import tree_faults
from traits.log.verification import everybody, faults_of, redactions
from traits.management.commands._people import find


class Command(BaseCommand):
    help = "Check that nobody's log was touched. Exit status 1 when there is a fault; each is named."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--person", metavar="WHO", help="one person only: e-mail, external id, or the account's UUID"
        )

    def handle(self, *, person: str | None, **options: Any) -> None:  # noqa: ARG002
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


def _tree_faults() -> list[str]:
    with snapshot():
        return list(tree_faults())


def _faults(user_id: UUID) -> list[str]:
    with snapshot():
        return faults_of(user_id)
