"""Shared concepts: their file format, the importer, and completion."""
