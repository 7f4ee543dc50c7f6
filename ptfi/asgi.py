"""The ASGI application."""

import os

from django.core.asgi import get_asgi_application

from ptfi import embedded

embedded.start()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ptfi.settings")
application = get_asgi_application()
