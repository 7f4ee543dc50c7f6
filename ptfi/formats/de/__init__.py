"""For Django's FORMAT_MODULE_PATH."""
