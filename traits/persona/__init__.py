"""Pages of what the person has: traits, duplicates, communication style, overview."""
