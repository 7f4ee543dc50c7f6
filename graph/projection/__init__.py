"""The projector: the only writer of the graph, which follows the log."""
