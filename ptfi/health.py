"""What a load balancer asks: whether the process lives (/healthz), and whether it can serve (/readyz)."""

import functools
from collections.abc import Callable
from typing import Any

from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, JsonResponse

from graph import connection as graph
from graph.errors import GraphUnavailableError
from ptfi.deadlines import run_within

SECONDS = 2.0
"""How long PostgreSQL may take to answer."""
BEHIND = """
SELECT count(*), round(extract(epoch FROM clock_timestamp() - min(last_entry_at)))::bigint
FROM traits_persona WHERE projected_revision < revision"""

Check = dict[str, Any]


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
    """200 where people can decide, 503 where they cannot; a graph that is away does not stand in their way."""
    checks = _database_checks()
    checks["graph"] = {"status": "ok" if _graph_answers() else "away"} | checks["graph"]
    ready = checks["postgresql"]["status"] == checks["migrations"]["status"] == "ok"
    return JsonResponse({"status": "ready" if ready else "not_ready", "checks": checks}, status=200 if ready else 503)


def _database_checks() -> dict[str, Check]:
    try:
        pending, people, seconds = run_within(SECONDS, _ask_database, "readyz")
    except (Error, OSError):
        # Whatever is wrong with it, the probe needs no more than that.
        unknown: Check = {"behindPeople": None, "oldestSeconds": None}
        return {"postgresql": {"status": "away"}, "migrations": {"status": "unknown"}, "graph": unknown}
    return {
        "postgresql": {"status": "ok"},
        "migrations": {"status": "pending" if pending else "ok", "pending": pending},
        "graph": {"behindPeople": people, "oldestSeconds": seconds},
    }


def _ask_database() -> tuple[int, int | None, int | None]:
    """How many migrations are to be applied, how many people the graph is behind for, and since how many seconds."""
    try:
        pending = len(_migrations() - MigrationRecorder(connection).applied_migrations().keys())
        if pending:
            return pending, None, None
        with connection.cursor() as cursor:
            cursor.execute(BEHIND)
            people, seconds = cursor.fetchone()
        return pending, people, max(0, seconds or 0)
    finally:
        connection.close()


@functools.cache
def _migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)


def _graph_answers() -> bool:
    try:
        graph.read(lambda tx: tx.run("RETURN 1").consume())
    except GraphUnavailableError:
        return False
    return True


ANSWERS: dict[str, Callable[[], HttpResponse]] = {"/healthz": healthz, "/readyz": readyz}
