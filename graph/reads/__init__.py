"""Everything that is read from the graph but the picture."""
