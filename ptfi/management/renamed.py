"""Commands under their old names, which work in this release and not in the next one."""

from typing import Any

from django.core.management.base import BaseCommand


def under_old_name(command: type[BaseCommand]) -> type[BaseCommand]:
    """The command for a module of the old name: it names the new one on standard error and does the same."""
    new_name = command.__module__.rpartition(".")[2]

    def handle(self: BaseCommand, *args: Any, **options: Any) -> Any:
        self.stderr.write(f"This command is called {new_name} now. The next release ignores the old name.")
        return command.handle(self, *args, **options)

    help_text = f"The old name of {new_name}, until the next release."
    return type("Command", (command,), {"handle": handle, "help": help_text, "new_name": new_name})
