"""The Django admin over the graph."""
