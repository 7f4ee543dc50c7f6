"""Accounts: users, signing in, second steps, invitations and the account pages."""
