"""Accounts: the user, signing in, second steps, invitations and the account pages."""
