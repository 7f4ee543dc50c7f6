"""Erase a person's persona, a part of it, or their account, for operators."""

import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ptfi.accounts.models import User
from ptfi.db.transactions import front_door
from ptfi.errors import RuleError
from traits.erasure import account as erasure_account
from traits.erasure import parts as erasure_parts
from traits.erasure import persona as erasure
from traits.ingest import blocklist
from traits.log.entries import Actor
from traits.management.commands._people import find
from traits.models import ActorKind, Category, Erasure, ErasureState

LONGEST_REFERENCE = 200


class Command(BaseCommand):
    help = (
        "Erase everything that is held about a person but their account, or what an option names: also to repeat an"
        " erasure after PostgreSQL was restored from an older backup. The projector clears the graph."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("person", metavar="WHO", help="e-mail, external id, or the account's UUID")
        parser.add_argument("--reference", required=True, help="the ticket that asks for it; kept with the receipt")
        parser.add_argument("--yes", action="store_true", help="do not ask once more")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--account", action="store_true", help="the account as well")
        what.add_argument("--category", choices=Category.values, help="only what is about this category")
        what.add_argument("--source", metavar="ID", help="only the evidence of this source package")
        what.add_argument("--evidence", metavar="ID", type=uuid.UUID, help="only this piece of evidence")

    def handle(self, *, person: str, reference: str, yes: bool, **what: Any) -> None:
        if not 0 < len(reference.strip()) <= LONGEST_REFERENCE:
            raise CommandError(f"A reference has 1 to {LONGEST_REFERENCE} characters.")
        user = find(person)
        user_id = user.pk
        held = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in erasure.counts(user).items())
        self.stdout.write(f"{user_id} has {held}.")
        if not yes and input("This cannot be undone. Type “erase” to go on: ").strip() != "erase":
            raise CommandError("Nothing was erased.")
        actor = Actor(user_id=None, kind=ActorKind.STAFF, reference=reference.strip())
        try:
            with front_door():
                done = erase(user, actor, what)
        except RuleError as error:
            reasons = [reason for reasons in error.details.values() for reason in reasons]
            raise CommandError(" ".join([str(error.message), *reasons, "Nothing was erased."])) from None
        while done.state == ErasureState.ERASING:
            with front_door():
                done = erasure_parts.go_on(erasure_id=done.pk)
        self.stdout.write(f"Erased; the receipt is {done.pk}. The projector clears the graph.")


def erase(user: User, actor: Actor, what: dict[str, Any]) -> Erasure:
    """Perform the erasure that the options name, or start it."""
    if what["account"]:
        return erasure_account.erase_account(user=user, actor=actor, confirm_email=None)
    if what["category"]:
        return erasure_parts.erase_category(user=user, actor=actor, category=what["category"])
    if what["source"] is not None:
        source = blocklist.source_bar(user.pk, what["source"])
        return erasure_parts.erase_source(user=user, actor=actor, source=source)
    if what["evidence"]:
        return erasure_parts.erase_evidence(user=user, actor=actor, evidence_id=what["evidence"])
    return erasure.erase_persona(user=user, actor=actor)
