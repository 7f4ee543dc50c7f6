"""The Django admin for the graph."""
