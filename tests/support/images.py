"""The parts of Dockerfile and compose.yaml that tests need."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "deploy/compose.yaml"
TOOLS = Path(sys.executable).parent
HOST = "ptfi.example.com"
VARIABLES = {"SITE_URL": f"https://{HOST}", "ALLOWED_HOSTS": HOST}
"""The variables that the operator has to set for compose.yaml."""
OF_THE_GRAPH = {"NEO4J_URL": "neo4j_url"}
OF_EVENTS = {"SECRET_KEY": "secret_key", "DATABASE_URL": "database_url", "METRICS_TOKEN": "metrics_token"}
SECRETS_OF = {
    "web": OF_EVENTS
    | OF_THE_GRAPH
    | {
        "OIDC_PRIVATE_KEY": "oidc_private_key",
        "MFA_ENCRYPTION_KEYS": "second_step_keys",
        "WEBHOOK_ENCRYPTION_KEYS": "webhook_keys",
        "LOG_SIGNING_KEY": "log_signing_key",
        "EMAIL_URL": "email_url",
    },
    "events": OF_EVENTS,
    "projector": OF_THE_GRAPH | {"DATABASE_URL": "database_url", "LOG_SIGNING_KEY": "log_signing_key"},
    "notifier": {"DATABASE_URL": "database_url", "WEBHOOK_ENCRYPTION_KEYS": "webhook_keys"},
    "migrate": OF_THE_GRAPH | {"DATABASE_URL": "owner_database_url"},
    "quality": {"DATABASE_URL": "database_url"},
    "heads": {"DATABASE_URL": "database_url", "LOG_SIGNING_KEY": "log_signing_key"},
}
"""The secrets of each process and the names of their files; with Compose and on Kubernetes it gets no others."""


def run(*command: str | Path, **options: Any) -> "subprocess.CompletedProcess[str]":
    """Run the command, for two minutes at most; returns the result."""
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, **options)


@dataclass(frozen=True)
class Step:
    """An instruction of the Dockerfile, and its stage."""

    stage: str
    instruction: str
    arguments: str

    @property
    def command(self) -> list[str]:
        """The command of CMD or HEALTHCHECK, which is written as JSON."""
        command: list[str] = json.loads(self.arguments[self.arguments.index("[") :])
        return command


@cache
def dockerfile() -> list[Step]:
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    steps, stage = [], ""
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        if not line.strip():
            continue
        instruction, arguments = line.split(maxsplit=1)
        if instruction == "FROM":
            stage = arguments.partition(" AS ")[2]
        steps.append(Step(stage, instruction, arguments))
    return steps


def the(instruction: str, stage: str = "") -> Step:
    """The only such instruction in the stage; the last stage has no name."""
    (step,) = [step for step in dockerfile() if (step.instruction, step.stage) == (instruction, stage)]
    return step


@cache
def compose() -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return made
