"""Erase a person's persona, for operators."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from traits import erasure
from traits.log import Actor
from traits.management.commands._people import find
from traits.models import ActorKind

LONGEST_REFERENCE = 200


class Command(BaseCommand):
    help = (
        "Erase everything that is held about a person but their account: also to repeat an erasure after PostgreSQL"
        " was restored from an older backup. The projector clears the graph."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("person", metavar="WHO", help="e-mail, external id, or the account's UUID")
        parser.add_argument("--reference", required=True, help="the ticket that asks for it; kept with the receipt")
        parser.add_argument("--yes", action="store_true", help="do not ask once more")

    def handle(self, *, person: str, reference: str, yes: bool, **_: Any) -> None:
        if not 0 < len(reference.strip()) <= LONGEST_REFERENCE:
            raise CommandError(f"A reference has 1 to {LONGEST_REFERENCE} characters.")
        user = find(person)
        held = ", ".join(f"{count:,} {what.replace('_', ' ')}" for what, count in erasure.counts(user).items())
        self.stdout.write(f"{user.pk} has {held}.")
        if not yes and input("This cannot be undone. Type “erase” to go on: ").strip() != "erase":
            raise CommandError("Nothing was erased.")
        actor = Actor(user_id=None, kind=ActorKind.STAFF, reference=reference.strip())
        with transaction.atomic(durable=True):
            done = erasure.erase_persona(user=user, actor=actor)
        self.stdout.write(f"Erased; the receipt is {done.pk}. The projector clears the graph.")
