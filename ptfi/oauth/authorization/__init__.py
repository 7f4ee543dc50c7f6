"""The consent page and the rules for requests that lead to it."""
