"""The REST API over suggestions, traits, styles and the log."""
