"""Where confidential clients are told of changes, and signatures of what they are told (Standard Webhooks)."""
