"""Pages of the log: the history, an entry, the persona on a past date, the download."""
