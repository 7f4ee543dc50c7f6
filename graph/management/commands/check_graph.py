"""Compare log, PersonaTrait and graph."""

import argparse
import threading
import time
import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from graph.errors import GraphUnavailableError
from graph.management.commands._away import away
from graph.management.commands._people import people
from graph.models import GraphCheck
from graph.projection import shared_concepts
from graph.projection.rebuild import rebuild
from graph.projection.verification import check


class Command(BaseCommand):
    help = "Name every difference between PostgreSQL and the graph; exit status 1 when there is one."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--person", default="", help="id or e-mail of one person; without it, everybody")
        parser.add_argument(
            "--repair", action="store_true", help="project people who differ again, and check them once more"
        )

    def handle(self, *, person: str, repair: bool, **_: Any) -> None:
        ids, began = people(person), time.monotonic()
        try:
            concepts = bool(self._check_shared(repair)) if not person else False
            differing, behind = self._check_all(ids, repair)
        except GraphUnavailableError as error:
            raise away(error) from error
        if not person:
            _keep(time.monotonic() - began, len(ids), behind, differing, concepts)
        summary = f"{len(ids) - behind} people compared, {behind} still behind, {differing} differ."
        if concepts:
            summary += " The shared concepts differ."
        if differing or concepts:
            raise CommandError(summary)
        self.stdout.write(summary)

    def _check_shared(self, repair: bool) -> list[str]:
        found = shared_concepts.check() or []
        self._report("shared", found)
        if found and repair:
            self.stdout.write("shared: projecting again")
            shared_concepts.rebuild()
            found = shared_concepts.check() or []
            self._report("shared", found)
        return found

    def _check_all(self, ids: list[uuid.UUID], repair: bool) -> tuple[int, int]:
        differing = behind = 0
        for user_id in ids:
            found = check(user_id)
            if found:
                self._report(user_id, found)
            if found and repair:
                self.stdout.write(f"{user_id}: projecting again")
                rebuild(user_id, threading.Event())
                found = check(user_id)
                self._report(user_id, found or [])
            differing += bool(found)
            behind += found is None
        return differing, behind

    def _report(self, user_id: uuid.UUID | str, found: list[str]) -> None:
        for difference in found:
            self.stdout.write(f"{user_id}: {difference}")


def _keep(seconds: float, people: int, behind: int, differing: int, concepts_differ: bool) -> None:
    """Store the result of a comparison of everyone, for staff."""
    values = {"checked_at": timezone.now(), "seconds": seconds, "people": people, "behind": behind}
    GraphCheck.objects.update_or_create(
        pk=1, defaults=values | {"differing": differing, "concepts_differ": concepts_differ}
    )
