"""Publish the heads of everybody's logs."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ptfi.signing import NotSignedError
from traits.log.proofs import attestations
from traits.log.proofs.heads import NotAHeadError
from traits.log.proofs.publication import Published, TreeWentBackError, publish
from traits.log.proofs.tree_check import named


class Command(BaseCommand):
    help = (
        "Add the head of each log that changed to the tree, sign the tree's head, and publish it. Run it every day; a"
        " repeat changes nothing. Exit status 1 when somebody's log lacks what was published of it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--after-restore",
            action="store_true",
            help="go on although published heads are gone, because PostgreSQL was restored to a time before them",
        )
        parser.add_argument(
            "--sign-records",
            action="store_true",
            help="first sign the records of erasures that have no signature: only if you know who carried them out",
        )

    def handle(self, *, after_restore: bool, sign_records: bool, verbosity: int, **options: Any) -> None:  # noqa: ARG002
        try:
            if sign_records:
                number = attestations.accept(attestations.unsigned())
                self.stdout.write(f"Signed {number:,} records of erasures.")
            done = publish(after_restore=after_restore)
        except NotSignedError as error:
            raise CommandError(f"Nothing was published, since nothing can be signed: {error}.") from None
        except TreeWentBackError as error:
            raise CommandError(
                f"Nothing was published: {named(error.args[0])} was published before, and is not in the database. If"
                " PostgreSQL was restored to an earlier time, use --after-restore; if not, somebody rewrote the tree."
            ) from None
        except NotAHeadError:
            raise CommandError("LOG_HEADS_FILE holds something else than heads.") from None
        except OSError as error:
            raise CommandError(f"The head is signed, but could not be published: {type(error).__name__}.") from None
        if verbosity:
            self.stdout.write(_words(done))
        for user_id in done.went_back:
            self.stderr.write(f"{user_id}: the log lacks what was published of it; see manage.py verify_log")
        if done.went_back:
            sys.exit(1)


def _words(done: Published) -> str:
    if not done.head:
        return "There is no log yet."
    what = "a new head" if done.is_new else "no new head"
    return f"{done.leaves:,} heads of logs added, {what}: {done.head.size:,} leaves."
