"""The consent page, and what a request for it may say."""
