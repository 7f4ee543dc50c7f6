"""Erasing a persona, an account or a part of it, and keeping it away afterwards."""
