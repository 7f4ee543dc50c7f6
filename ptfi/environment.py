"""Names of the release before, of settings and of commands; and the environment, before it is read as settings."""

import logging
import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

SECRETS = (
    "SECRET_KEY",
    "OIDC_PRIVATE_KEY",
    "MFA_ENCRYPTION_KEYS",
    "LOG_SIGNING_KEY",
    "DATABASE_URL",
    "NEO4J_URL",
    "EMAIL_URL",
    "METRICS_TOKEN",
    "TLS_KEY_PASSWORD",
)
"""Settings that may come from files, as containers get them: NAME_FILE names the file that holds NAME."""

NEEDED = {
    "web": ("SECRET_KEY", "OIDC_PRIVATE_KEY", "DATABASE_URL", "NEO4J_URL"),
    "events": ("SECRET_KEY", "DATABASE_URL"),
    "projector": ("DATABASE_URL", "NEO4J_URL"),
    "migrate": ("DATABASE_URL", "NEO4J_URL"),
    "job": ("DATABASE_URL",),
}
"""The secrets without which a process does not start, by what PTFI_PROCESS says that it is."""

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
"""Old names of settings, which work in this release and not in the next one, and the new names."""

AS_COUNT = dict.fromkeys(("t", "true", "on", "y", "yes"), "1") | dict.fromkeys(("f", "false", "off", "n", "no"), "0")
"""How many proxies the values of BEHIND_PROXY mean, in lower case; 1 and 0 mean themselves."""

logger = logging.getLogger(__name__)
_old_names_in_use: dict[str, str] = {}
"""By new name."""


def use_new_names() -> dict[str, str]:
    """Move the values of old names to the new ones; returns each old name whose new one has another value, and why.

    It has to run before anything reads a setting or gives it a default. A repeat changes nothing.
    """
    faults = {}
    for old, new in _names().items():
        value = _value(old)
        if value and (os.environ.get(new) or value) != value:
            faults[old] = f"{new}, its new name, is set to something else; set {new} alone."
        elif value:
            # Processes that this one starts have only the new name.
            os.environ[new] = value
            del os.environ[old]
            _old_names_in_use[new] = old
    return faults


def warn_of_old_names() -> None:
    """Log each old name that was in the environment. Called when logging is set up, so in every process."""
    for new, old in _old_names_in_use.items():
        logger.warning("The setting %s is called %s now. The next release ignores the old name.", old, new)


def default_of(secret: str) -> tuple[str, ...]:
    """What a secret is where it is not set: nothing, and not even that where this process does not start without it."""
    process = os.environ.get("PTFI_PROCESS") or "web"
    return () if secret in NEEDED.get(process, NEEDED["web"]) else ("",)


def as_set(name: str) -> str:
    """The setting's name, and the old one if the environment had that, for messages about its value."""
    old = _old_names_in_use.get(name)
    return f"{name} (set as {old})" if old else name


def _value(old: str) -> str:
    value = os.environ.get(old, "")
    return AS_COUNT.get(value.lower(), value) if old == "BEHIND_PROXY" else value


def _names() -> dict[str, str]:
    return RENAMED | {f"{old}_FILE": f"{new}_FILE" for old, new in RENAMED.items() if new in SECRETS}


def read_secret_files() -> dict[str, str]:
    """Put what the files hold into the environment; returns each variable that is at fault, and why."""
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
                # Processes that this one starts have it already.
                del os.environ[variable]
    return faults


def under_old_name(command: type[BaseCommand]) -> type[BaseCommand]:
    """The command for a module of the old name: it names the new one on standard error and does the same."""
    new_name = command.__module__.rpartition(".")[2]

    def handle(self: BaseCommand, *args: Any, **options: Any) -> Any:
        self.stderr.write(f"This command is called {new_name} now. The next release ignores the old name.")
        return command.handle(self, *args, **options)

    help_text = f"The old name of {new_name}, until the next release."
    return type("Command", (command,), {"handle": handle, "help": help_text, "new_name": new_name})
