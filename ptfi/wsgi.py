"""The WSGI application: pages and API."""

import gc
import os

from django.core.wsgi import get_wsgi_application

from ptfi import embedded

embedded.start()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ptfi.settings")
application = get_wsgi_application()
# What is loaded now stays: looking through it for garbage, and for cycles after each 700 new objects, finds next to
# nothing and takes a request some 5 % of its time.
gc.freeze()
gc.set_threshold(20_000)
