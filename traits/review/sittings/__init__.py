"""Sittings: a few suggestions to decide in one go, how far one is, and what was gained."""
