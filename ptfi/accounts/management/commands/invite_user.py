"""Invite a person whom the pipeline created: mail them a link to claim their account."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ptfi.accounts.invitations import VALID_FOR, invite
from ptfi.errors import RuleError


class Command(BaseCommand):
    help = "Mail a one-time link, valid for 7 days, by which the person can choose a password and sign in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("external_id", help="the person's id in EchoSphere")
        parser.add_argument("email", help="where the link goes; the address they will sign in with")

    def handle(self, *_args: Any, external_id: str, email: str, **_options: Any) -> None:
        try:
            user = invite(external_id=external_id, email=email)
        except RuleError as error:
            raise CommandError(error.message) from None
        except OSError as error:
            raise CommandError(f"The mail could not be sent ({error}). Run the command again later.") from None
        self.stdout.write(f"Invited {user.invited_email}; the link is valid for {VALID_FOR.days} days.")
