"""How close two traits are in meaning, and whether they contradict each other, from the words of their names alone."""
