"""The token endpoint: client authentication, exchanges, repeated requests."""
