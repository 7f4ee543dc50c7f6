"""The token endpoint: client authentication, exchanges, repeats."""
