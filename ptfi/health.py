"""What a load balancer asks: whether the process lives (/healthz), and whether it can serve (/readyz).

What the process uses besides PostgreSQL is registered by the app that knows it, and is reported without standing in
the way of anybody: people can decide without it.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, JsonResponse

from ptfi.deadlines import run_within

SECONDS = 2.0
"""How long PostgreSQL may take to answer."""
Check = dict[str, Any]


@dataclass(frozen=True)
class Service:
    """What /readyz says of a service: whether it answers, and what PostgreSQL says of it.

    figures runs with the other questions to PostgreSQL, within their seconds; unknown stands for what it gives while
    PostgreSQL can't be asked.
    """

    answers: Callable[[], bool]
    figures: Callable[[], Check]
    unknown: Check


SERVICES: dict[str, Service] = {}


def register(name: str, service: Service) -> None:
    """Have /readyz report on this service, too."""
    SERVICES[name] = service


class HealthMiddleware:
    """Answers both addresses before anything else is asked: sessions, host names and https do not matter to a probe."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = ANSWERS.get(request.path_info)
        if answer is None:
            return self.get_response(request)
        response = answer() if request.method in ("GET", "HEAD") else HttpResponseNotAllowed(["GET", "HEAD"])
        response["Cache-Control"] = "no-store"
        return response


def healthz() -> HttpResponse:
    return JsonResponse({"status": "ok"})


def readyz() -> HttpResponse:
    """200 where people can decide, 503 where they cannot; a service that is away does not stand in their way."""
    checks = _database_checks()
    for name, service in SERVICES.items():
        checks[name] = {"status": "ok" if service.answers() else "away"} | checks[name]
    ready = checks["postgresql"]["status"] == checks["migrations"]["status"] == "ok"
    return JsonResponse({"status": "ready" if ready else "not_ready", "checks": checks}, status=200 if ready else 503)


def _database_checks() -> dict[str, Check]:
    try:
        pending, figures = run_within(SECONDS, _ask_database, "readyz")
    except (Error, OSError):
        # Whatever is wrong with it, the probe needs no more than that.
        return {"postgresql": {"status": "away"}, "migrations": {"status": "unknown"}, **_unknown()}
    migrations = {"status": "pending" if pending else "ok", "pending": pending}
    return {"postgresql": {"status": "ok"}, "migrations": migrations, **figures}


def _ask_database() -> tuple[int, dict[str, Check]]:
    """How many migrations are to be applied, and what the tables say of each service."""
    try:
        pending = len(_migrations() - MigrationRecorder(connection).applied_migrations().keys())
        if pending:
            return pending, _unknown()
        return pending, {name: service.figures() for name, service in SERVICES.items()}
    finally:
        connection.close()


def _unknown() -> dict[str, Check]:
    return {name: service.unknown for name, service in SERVICES.items()}


@functools.cache
def _migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)


ANSWERS: dict[str, Callable[[], HttpResponse]] = {"/healthz": healthz, "/readyz": readyz}
