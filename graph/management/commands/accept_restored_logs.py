"""Accept logs that went back, after PostgreSQL was restored to the past."""

import argparse
import logging
import re
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from graph.errors import GraphUnavailableError
from graph.management.commands._away import away
from graph.projection import gone_back
from graph.projection.lost import sweep_logs
from traits.management.commands._people import find
from traits.models import Persona

REFERENCE = re.compile(r"[\w.:/#-]{1,64}", re.ASCII)

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "After PostgreSQL was restored to the past: compare every log with the graph, and take those that went back as"
        " they are now. Projectors draw their graphs again. Not without a restore: then somebody rewrote the logs."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--reference", required=True, help="the ticket of the restore, which is logged")
        parser.add_argument("--person", default="", help="one person: e-mail, external id, or the account's UUID")
        parser.add_argument("--dry-run", action="store_true", help="only name them")

    def handle(self, *, reference: str, person: str, dry_run: bool, **_: Any) -> None:
        if not REFERENCE.fullmatch(reference):
            raise CommandError("A reference has 1 to 64 letters, digits and -._:/#.")
        only = find(person).pk if person else None
        everybody = Persona.objects.filter(gone_back.WENT_BACK).order_by("pk")
        try:
            sweep_logs(only)
            found = list(everybody.filter(pk=only) if only else everybody)
            for persona in found:
                self.stdout.write(f"{persona.pk}: the log ends at revision {persona.revision}")
            if found and not dry_run:
                logger.warning("%d logs that went back are accepted: %s", len(found), reference)
                gone_back.accept([persona.pk for persona in found])
        except GraphUnavailableError as error:
            raise away(error) from error
        self.stdout.write(f"{len(found):,} logs went back{'' if dry_run else ', and are accepted'}.")
