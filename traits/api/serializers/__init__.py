"""The shapes of the API, each stated once: what is sent, what is answered, and what its document says."""
