"""Pages and API, as a WSGI application, and as the RSGI one before it that `manage.py serve web` serves."""

import gc
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from ptfi import embedded
from ptfi.web.server.gateway import Gateway

embedded.start()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ptfi.settings")
application = get_wsgi_application()
gateway = Gateway(application, threads=settings.WEB_THREADS, body_seconds=settings.WEB_BODY_SECONDS)
# What is loaded now stays: looking through it for garbage, and for cycles after each 700 new objects, finds next to
# nothing and takes a request some 5 % of its time.
gc.freeze()
gc.set_threshold(20_000)
