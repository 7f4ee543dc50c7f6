"""Pages and API as a WSGI application, and the RSGI application around it that `manage.py serve web` serves."""

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
# Everything loaded so far stays in memory. Scanning it for garbage, and running the collector after each 700 new
# objects, finds next to nothing and costs a request some 5 % of its time.
gc.freeze()
gc.set_threshold(20_000)
