"""What staff may do with suggestions."""
