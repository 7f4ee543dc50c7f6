"""Suggestions on their way in: parsing, blocking, and writing them in bulk."""
