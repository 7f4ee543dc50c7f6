"""The WSGI application: pages and API."""

import os

from django.core.wsgi import get_wsgi_application

from ptfi import embedded

embedded.start()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ptfi.settings")
application = get_wsgi_application()
