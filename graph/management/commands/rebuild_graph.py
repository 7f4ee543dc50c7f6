"""Rebuild the graph from the log."""

import argparse
import threading
import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from graph.errors import GraphUnavailableError
from graph.management.commands._away import away
from graph.management.commands._people import people
from graph.projection import shared_concepts
from graph.projection.rebuild import rebuild


class Command(BaseCommand):
    help = "Drop what PTFI wrote into the graph, and project shared concepts and logs again, one person at a time."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--person", default="", help="id or e-mail of one person; without it, everybody")

    def handle(self, *, person: str, **_: Any) -> None:
        ids = people(person)
        try:
            if not person:
                shared_concepts.rebuild()
            failed = [user_id for number, user_id in enumerate(ids, 1) if not self._rebuild(user_id, number, len(ids))]
        except GraphUnavailableError as error:
            raise away(error, " A running projector goes on once it is back.") from error
        if failed:
            raise CommandError(f"{len(failed)} people could not be projected; see last_error of their Persona rows.")

    def _rebuild(self, user_id: uuid.UUID, number: int, total: int) -> bool:
        whole = rebuild(user_id, threading.Event())
        self.stdout.write(f"{number}/{total} {user_id} {'done' if whole else 'FAILED'}")
        return whole
