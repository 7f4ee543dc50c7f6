"""Pages about a person's own data: what is held, erasing it, taking it along."""
