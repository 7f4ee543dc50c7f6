"""Register a client: a program in people's browsers, or the pipeline."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ptfi.oauth.registration import Registered, register_pipeline, register_spa


class Command(BaseCommand):
    help = "Register a client, or bring the one with this --client-id up to date; prints its id, and a new secret once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what people are told it is called")
        kind = parser.add_mutually_exclusive_group(required=True)
        kind.add_argument("--spa", action="store_true", help="a program in browsers, which acts for people they let it")
        kind.add_argument("--pipeline", action="store_true", help="brings suggestions, by a secret of its own")
        parser.add_argument("--redirect-uri", action="append", default=[], help="where people are sent back to; repeat")
        parser.add_argument("--origin", action="append", default=[], help="default: those of the redirect addresses")
        parser.add_argument(
            "--client-id", default="", help="an id of your choice; a repeat brings that client up to date"
        )
        parser.add_argument("--new-secret", action="store_true", help="give a pipeline that is there a new secret")

    def handle(self, *_args: Any, spa: bool, **options: Any) -> None:
        try:
            made = self.register_spa(**options) if spa else self.register_pipeline(**options)
        except ValidationError as error:
            raise CommandError(error.messages[0]) from None
        self.stdout.write(f"client id: {made.client.pk}")
        if made.secret:
            self.stdout.write(f"client secret: {made.secret}")
            self.stderr.write("The secret is shown this once.")

    def register_spa(
        self, *, name: str, redirect_uri: list[str], origin: list[str], client_id: str, new_secret: bool, **_others: Any
    ) -> Registered:
        if new_secret:
            raise CommandError("A program in browsers can keep no secret: --new-secret goes with --pipeline.")
        return register_spa(name=name, redirect_uris=redirect_uri, origins=origin, client_id=client_id)

    def register_pipeline(
        self, *, name: str, redirect_uri: list[str], origin: list[str], client_id: str, new_secret: bool, **_others: Any
    ) -> Registered:
        if redirect_uri or origin:
            raise CommandError("The pipeline sends nobody anywhere: --redirect-uri and --origin go with --spa.")
        return register_pipeline(name=name, client_id=client_id, new_secret=new_secret)
