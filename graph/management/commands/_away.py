"""What a command says when the graph is away."""

from django.core.management.base import CommandError

from graph.errors import GraphUnavailableError


def away(error: GraphUnavailableError, more: str = "") -> CommandError:
    """The error to end with, which names the code that the graph itself gave, if it gave one."""
    code = getattr(error.__cause__, "code", None)
    return CommandError(f"The graph is away{f' ({code})' if code else ''}.{more}")
