"""Check the hash chain of each person's log."""

import sys
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand

from ptfi.db.snapshot import snapshot
from traits.log.interventions import interventions, record_faults
from traits.log.verification import redactions, verify
from traits.management.commands._people import find
from traits.models import Erasure, LogIntervention, Persona, UserRefinedTrait

NO_PERSONA = "there are entries, but no persona that holds the head"


class Command(BaseCommand):
    help = "Check that nobody's log was touched. Exit status 1 when there is a fault; each is named."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--person", metavar="WHO", help="one person only: e-mail, external id, or the account's UUID"
        )

    def handle(self, *, person: str | None, **options: Any) -> None:  # noqa: ARG002
        people = [find(person).pk] if person else _everybody()
        faults = redacted = 0
        for user_id in people:
            redacted += len(redactions(user_id))
            for fault in _faults(user_id):
                faults += 1
                self.stderr.write(f"{user_id}: {fault}")
        erased = f", {redacted:,} entries without what was erased since" if redacted else ""
        self.stdout.write(f"{len(people):,} people, {faults:,} faults{erased}")
        if faults:
            sys.exit(1)


def _everybody() -> list[UUID]:
    """Who has a log or had one."""
    known = Persona.objects.order_by().values_list("user_id")
    logged = UserRefinedTrait.objects.order_by().values_list("user_id")
    erased = Erasure.objects.order_by().values_list("subject_id")
    recorded = LogIntervention.objects.order_by().values_list("subject_id")
    return sorted(user_id for (user_id,) in known.union(logged, erased, recorded))


def _faults(user_id: UUID) -> list[str]:
    with snapshot():
        persona = Persona.objects.filter(pk=user_id).first()
        if persona is None:
            lost = [NO_PERSONA] if UserRefinedTrait.objects.filter(user_id=user_id).exists() else []
            return [*lost, *record_faults(user_id, interventions(user_id))]
        return list(verify(persona))
