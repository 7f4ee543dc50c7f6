"""Importing suggestions: parsing, blocking, and writing them in bulk."""
