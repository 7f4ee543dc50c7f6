"""Probes for load balancers: whether the process is alive (/healthz) and can serve (/readyz).

Apps register the services that they use besides PostgreSQL. These are reported but do not affect readiness, because
people can decide without them.
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
"""Seconds that PostgreSQL may take to answer."""
Check = dict[str, Any]


@dataclass(frozen=True)
class Service:
    """A service in /readyz: whether it answers, and what PostgreSQL knows about it.

    figures runs with the other PostgreSQL queries, within the same time limit; unknown replaces its result while
    PostgreSQL can't be queried.
    """

    answers: Callable[[], bool]
    figures: Callable[[], Check]
    unknown: Check


SERVICES: dict[str, Service] = {}


def register(name: str, service: Service) -> None:
    """Include this service in /readyz."""
    SERVICES[name] = service


class HealthMiddleware:
    """Answers both addresses before any other check: sessions, host names and https do not matter to a probe."""

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
    """Respond with 200 if people can decide, else 503; other services that are away do not change that."""
    checks = _database_checks()
    for name, service in SERVICES.items():
        checks[name] = {"status": "ok" if service.answers() else "away"} | checks[name]
    ready = checks["postgresql"]["status"] == checks["migrations"]["status"] == "ok"
    return JsonResponse({"status": "ready" if ready else "not_ready", "checks": checks}, status=200 if ready else 503)


def _database_checks() -> dict[str, Check]:
    try:
        pending, figures = run_within(SECONDS, _ask_database, "readyz")
    except (Error, OSError):
        # Whatever the error is, the probe reports no details.
        return {"postgresql": {"status": "away"}, "migrations": {"status": "unknown"}, **_unknown()}
    migrations = {"status": "pending" if pending else "ok", "pending": pending}
    return {"postgresql": {"status": "ok"}, "migrations": migrations, **figures}


def _ask_database() -> tuple[int, dict[str, Check]]:
    """The number of migrations to apply, and each service's figures from the tables."""
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
