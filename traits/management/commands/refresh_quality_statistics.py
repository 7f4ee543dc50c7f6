"""Update the statistics of the suggestions' quality, and delete what is past its time."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from traits.ingest.changes import forget_old
from traits.ingest.feedback import forget_old_feedback
from traits.sharing.notices import outbox
from traits.sharing.receipts import prune
from traits.staff.quality.statistics import refresh


class Command(BaseCommand):
    help = (
        "Update the statistics of the suggestions' quality: recount the weeks in which something changed. Also delete"
        " what imports changed in suggestions, after SUGGESTION_CHANGES_DAYS, receipts of reads and settled notices to"
        " apps after RECEIPT_DAYS, and what clients may learn of decisions after FEEDBACK_DAYS."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="count every week")

    def handle(self, *, verbosity: int, **options: Any) -> None:
        forgotten = forget_old()
        if forgotten and verbosity:
            self.stdout.write(f"Deleted {forgotten:,} old change{'' if forgotten == 1 else 's'} of suggestions.")
        pruned = prune()
        if pruned and verbosity:
            self.stdout.write(f"Deleted {pruned:,} old receipt{'' if pruned == 1 else 's'} of reads.")
        settled = outbox.prune()
        if settled and verbosity:
            self.stdout.write(f"Deleted {settled:,} old notice{'' if settled == 1 else 's'} to apps.")
        told = forget_old_feedback()
        if told and verbosity:
            self.stdout.write(f"Deleted {told:,} old row{'' if told == 1 else 's'} of feedback.")
        done = refresh(whole=options["all"])
        if done is None:
            self.stdout.write("Another process is counting; nothing to do.")
        elif verbosity:
            number = "every week" if done.weeks is None else f"{done.weeks} week{'' if done.weeks == 1 else 's'}"
            self.stdout.write(f"Counted {number} in {done.seconds:.1f} s.")
