"""The OAuth and OpenID Connect provider: clients, consent, tokens, connected apps."""
