"""What commands say when the graph is away."""

from django.core.management.base import CommandError

from graph.errors import GraphUnavailableError


def away(error: GraphUnavailableError, more: str = "") -> CommandError:
    """The error to end with; it names the graph's own error code, if there is one."""
    code = getattr(error.__cause__, "code", None)
    return CommandError(f"The graph is away{f' ({code})' if code else ''}.{more}")
