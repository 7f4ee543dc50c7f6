"""Register a client: a browser app, or the pipeline."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ptfi.oauth.registration import RegisteredClient, register_pipeline, register_spa


class Command(BaseCommand):
    help = "Register a client, or update the one with this --client-id. Prints its id, and a new secret once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="its name, as people see it")
        kind = parser.add_mutually_exclusive_group(required=True)
        kind.add_argument("--spa", action="store_true", help="a browser app, which acts for the people who connect it")
        kind.add_argument("--pipeline", action="store_true", help="the pipeline, which has a secret of its own")
        parser.add_argument(
            "--redirect-uri", action="append", default=[], help="where people return to; may be repeated"
        )
        parser.add_argument(
            "--origin",
            action="append",
            default=[],
            help="default: those of the redirect addresses",
        )
        parser.add_argument("--client-id", default="", help="an id of your choice; a repeat updates that client")
        parser.add_argument("--new-secret", action="store_true", help="give an existing pipeline a new secret")

    def handle(self, *_args: Any, spa: bool, **options: Any) -> None:
        try:
            made = self.register_spa(**options) if spa else self.register_pipeline(**options)
        except ValidationError as error:
            raise CommandError(error.messages[0]) from None
        self.stdout.write(f"client id: {made.client.pk}")
        if made.secret:
            self.stdout.write(f"client secret: {made.secret}")
            self.stderr.write("The secret is shown only this once.")

    def register_spa(
        self, *, name: str, redirect_uri: list[str], origin: list[str], client_id: str, new_secret: bool, **_others: Any
    ) -> RegisteredClient:
        if new_secret:
            raise CommandError("A browser app can't keep a secret: --new-secret goes with --pipeline.")
        return register_spa(name=name, redirect_uris=redirect_uri, origins=origin, client_id=client_id)

    def register_pipeline(
        self, *, name: str, redirect_uri: list[str], origin: list[str], client_id: str, new_secret: bool, **_others: Any
    ) -> RegisteredClient:
        if redirect_uri or origin:
            raise CommandError("The pipeline sends nobody anywhere: --redirect-uri and --origin go with --spa.")
        return register_pipeline(name=name, client_id=client_id, new_secret=new_secret)
