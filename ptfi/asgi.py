"""The ASGI application: event streams only, no pages."""

import os

import django

from ptfi import embedded

embedded.start()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ptfi.settings")
django.setup()

from ptfi.events.application import Application  # noqa: E402 (it needs the settings)

application = Application()
