"""The Django admin for staff, by subject."""
