"""``manage.py grant_app_role ROLE``: what the application's role in PostgreSQL may do."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ptfi.db.grants import UnfitRoleError, grant


class Command(BaseCommand):
    """Gives a role that owns nothing what the application needs; run it as the owner, after each migrate."""

    help = "Give the application's database role what it needs; run as the tables' owner after each migrate."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the role."""
        parser.add_argument("role", help="the role as which web, events and projector connect")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Grant, or say why not. Raises CommandError."""
        try:
            tables = grant(options["role"])
        except UnfitRoleError as error:
            raise CommandError("\n".join(error.args)) from None
        if options["verbosity"]:
            self.stdout.write(f"{options['role']} may use {tables} tables, and only add to the logs.")
