from django.apps import AppConfig


class GraphConfig(AppConfig):
    name = "graph"

    def ready(self) -> None:
        """Have the forms of traits, which know nothing of the graph, offer the shared concepts."""
        from graph.concepts.completion import shared_names
        from traits.persona import concept_spelling as likeness

        likeness.sources.append(shared_names)
