#!/usr/bin/env python
"""Django's command line."""

import os
import sys

from ptfi import embedded


def main() -> None:
    """Run the command, with the embedded services if no others are named in the environment."""
    try:
        embedded.start()
    except embedded.EmbeddedError as error:
        sys.exit(f"error: {error}")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ptfi.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
