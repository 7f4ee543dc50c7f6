"""The environment before it is read as settings: secrets from files, and the previous release's names."""

import logging
import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

SECRETS = (
    "SECRET_KEY",
    "OIDC_PRIVATE_KEY",
    "MFA_ENCRYPTION_KEYS",
    "WEBHOOK_ENCRYPTION_KEYS",
    "LOG_SIGNING_KEY",
    "DATABASE_URL",
    "NEO4J_URL",
    "EMAIL_URL",
    "METRICS_TOKEN",
    "TLS_KEY_PASSWORD",
)
"""Settings that may come from files, as containers provide them: NAME_FILE is the path of a file that holds NAME."""

NEEDED = {
    "web": ("SECRET_KEY", "OIDC_PRIVATE_KEY", "DATABASE_URL", "NEO4J_URL"),
    "events": ("SECRET_KEY", "DATABASE_URL"),
    "projector": ("DATABASE_URL", "NEO4J_URL"),
    "notifier": ("DATABASE_URL",),
    "migrate": ("DATABASE_URL", "NEO4J_URL"),
    "job": ("DATABASE_URL",),
}
"""Secrets that a process requires at its start, by its PTFI_PROCESS."""

RENAMED = {
    "SECOND_STEP_KEYS": "MFA_ENCRYPTION_KEYS",
    "STAFF_STEP_HOURS": "STAFF_MFA_MAX_AGE_HOURS",
    "EVENTS_STREAMS": "EVENTS_MAX_STREAMS",
    "API_PERSON_RATE": "API_USER_REQUESTS_PER_MINUTE",
    "API_CLIENT_RATE": "API_CLIENT_REQUESTS_PER_MINUTE",
    "TOKEN_RATE": "TOKEN_REQUESTS_PER_MINUTE",
    "PROJECTOR_POLL": "PROJECTOR_POLL_SECONDS",
    "PROJECTOR_LEASE": "PROJECTOR_LEASE_SECONDS",
    "GRAPH_TIMEOUT": "GRAPH_TIMEOUT_SECONDS",
    "PTFI_EMBEDDED_LINGER": "PTFI_EMBEDDED_LINGER_SECONDS",
    "BEHIND_PROXY": "TRUSTED_PROXY_COUNT",
}
"""Old name → new name of settings; the old names still work in this release, but not in the next."""

AS_COUNT = dict.fromkeys(("t", "true", "on", "y", "yes"), "1") | dict.fromkeys(("f", "false", "off", "n", "no"), "0")
"""The number of proxies for BEHIND_PROXY's values, in lower case; 1 and 0 mean themselves."""

logger = logging.getLogger(__name__)
_old_names_in_use: dict[str, str] = {}
"""New name → old name."""


def use_new_names() -> dict[str, str]:
    """Move values from old names to the new ones; returns old names that conflict with the new one, with the reason.

    It has to run before anything reads a setting or gives it a default. Repeating it changes nothing.
    """
    faults = {}
    for old, new in _names().items():
        value = _value(old)
        if value and (os.environ.get(new) or value) != value:
            faults[old] = f"{new}, its new name, is set to something else; set {new} alone."
        elif value:
            # Child processes get only the new name.
            os.environ[new] = value
            del os.environ[old]
            _old_names_in_use[new] = old
    return faults


def warn_of_old_names() -> None:
    """Log each old name that was in the environment. Called in every process once logging is set up."""
    for new, old in _old_names_in_use.items():
        logger.warning("The setting %s is called %s now. The next release ignores the old name.", old, new)


def default_of(secret: str) -> tuple[str, ...]:
    """The default of a secret, as arguments: none if this process requires it, otherwise ""."""
    process = os.environ.get("PTFI_PROCESS") or "web"
    return () if secret in NEEDED.get(process, NEEDED["web"]) else ("",)


def as_set(name: str) -> str:
    """The setting's name for messages about its value, with the old one if that was set."""
    old = _old_names_in_use.get(name)
    return f"{name} (set as {old})" if old else name


def _value(old: str) -> str:
    value = os.environ.get(old, "")
    return AS_COUNT.get(value.lower(), value) if old == "BEHIND_PROXY" else value


def _names() -> dict[str, str]:
    return RENAMED | {f"{old}_FILE": f"{new}_FILE" for old, new in RENAMED.items() if new in SECRETS}


def read_secret_files() -> dict[str, str]:
    """Read the files into the environment; returns the variables that are at fault, with the reason."""
    faults = {}
    for name in SECRETS:
        variable = f"{name}_FILE"
        path = os.environ.get(variable)
        if path and os.environ.get(name):
            faults[variable] = f"{name} is set as well; set one of the two."
        elif path:
            try:
                os.environ[name] = Path(path).read_text().strip()
            except (OSError, UnicodeDecodeError):
                faults[variable] = "No file that can be read."
            else:
                # Child processes inherit the value already.
                del os.environ[variable]
    return faults


def under_old_name(command: type[BaseCommand]) -> type[BaseCommand]:
    """The command under its old name: it prints the new one to standard error and does the same."""
    new_name = command.__module__.rpartition(".")[2]

    def handle(self: BaseCommand, *args: Any, **options: Any) -> Any:
        self.stderr.write(f"This command is called {new_name} now. The next release ignores the old name.")
        return command.handle(self, *args, **options)

    help_text = f"The old name of {new_name}, until the next release."
    return type("Command", (command,), {"handle": handle, "help": help_text, "new_name": new_name})
