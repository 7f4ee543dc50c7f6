"""Pages about a person's own data: what is stored, erasing it, exporting it."""
