"""Secrets from files, as containers get them: NAME_FILE names the file that holds NAME."""

import os
from pathlib import Path

SECRETS = (
    "SECRET_KEY",
    "OIDC_PRIVATE_KEY",
    "SECOND_STEP_KEYS",
    "DATABASE_URL",
    "NEO4J_URL",
    "EMAIL_URL",
    "METRICS_TOKEN",
)


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
