"""Tell people by mail, once, that what their apps see is now a choice of theirs."""

from typing import Any

from django.core.management.base import BaseCommand

from traits.sharing.announcement import announce


class Command(BaseCommand):
    help = (
        "Mail everybody who connected an app before grants existed: what the app keeps seeing, and where to change it."
        " Each person gets it once; running it again changes nothing."
    )

    def handle(self, **_options: Any) -> None:
        told, failed = announce()
        self.stdout.write(f"Told {told:,} {'person' if told == 1 else 'people'}.")
        if failed:
            self.stderr.write(f"{failed:,} could not be mailed; run this again.")
            raise SystemExit(1)
