"""All reads of the graph except for the picture."""
