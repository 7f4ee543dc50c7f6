"""What staff see and do in the Django admin, by subject."""
