"""The only error of the graph that people meet."""

from ptfi.errors import RuleError


class GraphUnavailableError(RuleError):
    """The graph does not answer; no decision depends on it."""

    status = 503
    code = "graph_unavailable"
    message = (
        "Your knowledge graph is away for the moment. What you decide is kept and will appear there once it is back."
    )
