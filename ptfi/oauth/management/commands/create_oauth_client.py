"""Register a client: a browser app, a web app and where it is told of changes, or the pipeline."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from ptfi.oauth.registration import RegisteredClient, register_pipeline, register_spa, register_web_app
from ptfi.oauth.webhooks.registration import register_webhook, remove_webhook


class Command(BaseCommand):
    help = "Register a client, or update the one with this --client-id. Prints its id, and a new secret once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="its name, as people see it")
        kind = parser.add_mutually_exclusive_group(required=True)
        kind.add_argument("--spa", action="store_true", help="a browser app, which acts for the people who connect it")
        kind.add_argument("--web-app", action="store_true", help="the same with a server, which keeps a secret")
        kind.add_argument("--pipeline", action="store_true", help="the pipeline, which has a secret of its own")
        parser.add_argument(
            "--redirect-uri", action="append", default=[], help="where people return to; may be repeated"
        )
        parser.add_argument(
            "--origin",
            action="append",
            default=[],
            help="of a browser app; default: those of the redirect addresses",
        )
        parser.add_argument("--client-id", default="", help="an id of your choice; a repeat updates that client")
        parser.add_argument("--new-secret", action="store_true", help="give an existing client a new secret")
        parser.add_argument("--webhook", metavar="URL", help='where a web app is told of changes; "" ends that')
        parser.add_argument("--new-webhook-secret", action="store_true", help="give an existing webhook a new secret")

    def handle(self, *_args: Any, webhook: str | None, new_webhook_secret: bool, **options: Any) -> None:
        if new_webhook_secret and not webhook:
            raise CommandError("--new-webhook-secret goes with --webhook.")
        try:
            # Both or nothing, so that a faulty address leaves no client behind.
            with transaction.atomic():
                made = self.register(**options)
                secret = self.set_webhook(made, webhook, new_webhook_secret) if webhook is not None else ""
        except ValidationError as error:
            raise CommandError(error.messages[0]) from None
        self.stdout.write(f"client id: {made.client.pk}")
        for name, value in (("client secret", made.secret), ("webhook secret", secret)):
            if value:
                self.stdout.write(f"{name}: {value}")
                self.stderr.write("The secret is shown only this once.")

    def register(
        self,
        *,
        name: str,
        spa: bool,
        web_app: bool,
        redirect_uri: Sequence[str],
        origin: Sequence[str],
        client_id: str,
        new_secret: bool,
        **_others: Any,
    ) -> RegisteredClient:
        """Register a client of the chosen kind. Raises CommandError for options of another kind, ValidationError."""
        if spa:
            if new_secret:
                raise CommandError("A browser app can't keep a secret: --new-secret goes with the other kinds.")
            return register_spa(name=name, redirect_uris=redirect_uri, origins=origin, client_id=client_id)
        if origin:
            raise CommandError("Only a browser app calls from an origin: --origin goes with --spa.")
        if web_app:
            return register_web_app(name=name, redirect_uris=redirect_uri, client_id=client_id, new_secret=new_secret)
        if redirect_uri:
            raise CommandError("The pipeline sends nobody anywhere: --redirect-uri goes with the other kinds.")
        return register_pipeline(name=name, client_id=client_id, new_secret=new_secret)

    def set_webhook(self, made: RegisteredClient, url: str, new_secret: bool) -> str:
        """Set or remove the client's webhook; returns its new secret, if it got one. Raises ValidationError."""
        if not url:
            remove_webhook(made.client.pk)
            return ""
        return register_webhook(made.client.pk, url, new_secret=new_secret)
