"""The Django admin's site and the base classes of its pages."""
