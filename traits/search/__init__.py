"""Full-text search: how texts become words, how typed text becomes a query, and which parts of a text it found."""
