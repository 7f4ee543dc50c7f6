from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GraphConfig(AppConfig):
    name = "graph"
    verbose_name = _("Graph")

    def ready(self) -> None:
        """Hand over what others, which know nothing of the graph, are to ask it for.

        The forms of traits offer the shared concepts; probes and metrics say how far the graph is behind.
        """
        from graph.concepts.completion import shared_names
        from graph.projection import monitoring
        from traits.persona import concept_spelling

        concept_spelling.sources.append(shared_names)
        monitoring.register()
