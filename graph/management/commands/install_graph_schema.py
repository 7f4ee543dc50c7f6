"""Install the graph's constraints and indexes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from neo4j.exceptions import Neo4jError

from graph.errors import GraphUnavailableError
from graph.management.commands._away import away
from graph.projection import installation


class Command(BaseCommand):
    help = "Install the constraints and indexes that PTFI needs in the graph. A repeat changes nothing."

    def handle(self, *, verbosity: int, **_: Any) -> None:
        try:
            before = installation.version()
            installation.install()
        except GraphUnavailableError as error:
            raise away(error) from error
        except Neo4jError as error:
            raise CommandError(f"The graph refused: {error.message}") from error
        if verbosity:
            self.stdout.write(f"Version {max(before, installation.VERSION)} is there; it was {before or 'empty'}.")
            for name in installation.statements():
                self.stdout.write(f"  {name}")
