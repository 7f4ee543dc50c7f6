"""Bring the keys by which equal names are found, and by which names are sorted, up to date."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand

from traits.decisions import name_keys


class Command(BaseCommand):
    help = (
        "Bring the keys of names up to date: of suggestions, traits and blocked suggestions. The migrations do this;"
        " run it again when the last process of the previous release has ended. A repeat changes nothing."
    )

    def handle(self, **_options: Any) -> None:
        self.stdout.write(f"{name_keys.update_all(apps.get_model)} changed\n")
