"""Security events: what happened to an account, for the person's own page, the log and alerts."""
