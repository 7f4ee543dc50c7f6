"""The order of the queue: what a person did last, how likely they confirm a suggestion, and the lists' sort orders."""
