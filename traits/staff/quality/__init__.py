"""Quality of suggestions: counting their outcomes, the report, and its page."""
