"""What ``manage.py serve web`` serves."""

from django.conf import settings

from ptfi.web.server.gateway import Gateway
from ptfi.wsgi import application as wsgi

application = Gateway(wsgi, threads=settings.WEB_THREADS, body_seconds=settings.WEB_BODY_SECONDS)
