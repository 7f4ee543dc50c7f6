"""Security events: what happens to accounts, for the person's own page, for the log, and for alerts."""
