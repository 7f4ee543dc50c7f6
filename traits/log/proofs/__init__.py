"""Evidence from outside the log that it is complete: signed tree heads, proofs, comparison with earlier downloads."""
