"""``manage.py grant_app_role ROLE``: set the privileges of the application's PostgreSQL role."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ptfi.db.grants import UnfitRoleError, grant


class Command(BaseCommand):
    """Gives a role that owns nothing the privileges that the application needs; run as the owner after each migrate."""

    help = "Give the application's database role what it needs; run as the tables' owner after each migrate."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the role argument."""
        parser.add_argument("role", help="the role as which web, events and projector connect")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Grant the privileges. Raises CommandError with the reason if the role is unfit."""
        try:
            tables = grant(options["role"])
        except UnfitRoleError as error:
            raise CommandError("\n".join(error.args)) from None
        if options["verbosity"]:
            self.stdout.write(f"{options['role']} may use {tables} tables, and only add to the logs.")
