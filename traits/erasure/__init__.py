"""Erasing a persona, an account or a part of it, and keeping erased data from being imported again."""
