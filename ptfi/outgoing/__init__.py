"""Requests to addresses that somebody outside names: which are refused, and limits of time and size."""
