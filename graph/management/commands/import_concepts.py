"""Take in a file of shared concepts."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from graph.concepts.file_format import FileError, read_concepts
from graph.concepts.importer import import_concepts

MAX_BYTES = 64 * 1024 * 1024


class Command(BaseCommand):
    help = (
        "Bring the shared concepts up to a file: CSV with a head line, or one JSON object a line, with name,"
        " description, ontologyLink and parents. All of it or nothing; a repeat changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a .csv, or JSON lines; - is standard input, as JSON lines")
        parser.add_argument("--replace", action="store_true", help="take out the concepts that the file does not name")

    def handle(self, *, file: str, replace: bool, verbosity: int, **_: Any) -> None:
        try:
            rows = read_concepts(_content(file), is_csv=file.lower().endswith(".csv"))
            if replace and not rows:
                raise CommandError("The file is empty; with --replace it would take out every concept.")
            result = import_concepts(rows, replace=replace)
        except FileError as error:
            for line, fault in error.faults:
                self.stderr.write(f"line {line}: {fault}")
            raise CommandError("Nothing was changed.") from None
        if verbosity:
            counts = f"{result.created} new, {result.updated} changed, {result.unchanged} as they were"
            self.stdout.write(f"{counts}, {result.removed} taken out.")


def _content(file: str) -> bytes:
    try:
        with sys.stdin.buffer if file == "-" else Path(file).open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{file} can't be read: {error.strerror}.") from None
    if len(content) > MAX_BYTES:
        raise CommandError(f"{file} is larger than {MAX_BYTES // 1024 // 1024} MiB.")
    return content
