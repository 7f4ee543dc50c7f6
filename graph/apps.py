from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GraphConfig(AppConfig):
    name = "graph"
    verbose_name = _("Graph")

    def ready(self) -> None:
        """Register what other packages, which do not import the graph, need from it.

        The forms of traits offer the shared concepts; probes and metrics report how far the graph is behind.
        """
        from graph.concepts.completion import shared_names
        from graph.projection import monitoring
        from traits.persona import concept_spelling

        concept_spelling.sources.append(shared_names)
        monitoring.register()
