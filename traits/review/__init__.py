"""Pages of the review queue: the list, the card, and every decision about it."""
