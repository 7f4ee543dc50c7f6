"""How good suggestions are: counting what became of them, the report of it, and its page."""
