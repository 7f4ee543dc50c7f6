"""The REST API over the graph."""
