"""The graph's only error that is shown to people."""

from django.utils.translation import gettext_lazy as _

from ptfi.errors import RuleError


class GraphUnavailableError(RuleError):
    """The graph does not answer; no decision depends on it."""

    status = 503
    code = "graph_unavailable"
    message = _(
        "Your knowledge graph is temporarily unavailable. "
        "Your decisions are saved and will appear there once it is back."
    )
