"""Install the graph's constraints and indexes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from neo4j.exceptions import Neo4jError

from graph import schema
from graph.errors import GraphUnavailableError
from graph.management.commands._away import away


class Command(BaseCommand):
    help = "Install the constraints and indexes that PTFI needs in the graph. A repeat changes nothing."

    def handle(self, *, verbosity: int, **_: Any) -> None:
        try:
            before = schema.version()
            schema.install()
        except GraphUnavailableError as error:
            raise away(error) from error
        except Neo4jError as error:
            raise CommandError(f"The graph refused: {error.message}") from error
        if verbosity:
            self.stdout.write(f"Version {max(before, schema.VERSION)} is there; it was {before or 'empty'}.")
            for name in schema.statements():
                self.stdout.write(f"  {name}")
