"""The graph in probes and metrics: whether it answers, and how far it is behind."""

from collections.abc import Sequence

from graph import connection
from graph.errors import GraphUnavailableError
from graph.projection.lag import behind, went_back
from ptfi import health
from ptfi.telemetry.state import STATE, Figures

GAUGES = {
    "ptfi_behind_people": "People whose newest decisions the graph does not show yet.",
    "ptfi_behind_seconds": "Age of the oldest decision that the graph does not show yet.",
    "ptfi_logs_gone_back": "People whose log lacks what the graph was made of.",
}


def register() -> None:
    """Make /readyz and the metrics of web processes report on the graph."""
    unknown = {"behindPeople": None, "oldestSeconds": None}
    health.register("graph", health.Service(_answers, _figures, unknown))
    STATE.register(Figures(GAUGES, _gauges))


def _answers() -> bool:
    try:
        connection.read(lambda tx: tx.run("RETURN 1").consume())
    except GraphUnavailableError:
        return False
    return True


def _figures() -> health.Check:
    found = behind()
    return {"behindPeople": found.people, "oldestSeconds": found.whole_seconds}


def _gauges() -> Sequence[float]:
    found = behind()
    return found.people, found.seconds, went_back()
