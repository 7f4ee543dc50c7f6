"""Pages of the persona: traits, duplicates, communication style, overview."""
