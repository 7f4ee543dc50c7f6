"""Tables about clients besides allauth's Client and Token."""

import datetime as dt
import threading
import time
import uuid

from allauth.idp.oidc.models import Client
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

ACCESS_PRECISION = dt.timedelta(minutes=10)
"""Precision of the time of the last read."""
MAX_RECORDED = 10_000

_recorded: dict[tuple[uuid.UUID, str], float] = {}
_lock = threading.Lock()


class ClientAccess(models.Model):
    """A client that a person has connected; deleted when they disconnect it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    connected_at = models.DateTimeField(default=timezone.now)
    last_read_at = models.DateTimeField(null=True, blank=True, help_text="At most ten minutes behind.")

    class Meta:
        constraints = [models.UniqueConstraint(name="client_access_once", fields=["user", "client"])]

    def __str__(self) -> str:
        return f"{self.client_id} for {self.user_id}"


class SpentToken(models.Model):
    """A used code or refresh token. If it is presented again, it may have been stolen.

    family: an id that all tokens of one consent share.
    """

    hash = models.CharField(max_length=64, unique=True)
    family = models.CharField(max_length=32)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    spent_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.client_id} for {self.user_id}"


class Webhook(models.Model):
    """Where a confidential client wants to be told of changes, and the secret that proves who tells it.

    Secrets are encrypted. former_secret signs as well until former_until, so that a receiver has time to take over the
    new one. failures counts requests in a row without an answer, for which nothing is sent before paused_until.
    """

    client = models.OneToOneField(Client, on_delete=models.CASCADE, primary_key=True, related_name="+")
    url = models.CharField(max_length=500)
    secret = models.CharField(max_length=400)
    former_secret = models.CharField(max_length=400, blank=True)
    former_until = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    paused_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.client_id)


def record_access(user_id: uuid.UUID, client_id: str) -> None:
    """Record when the client read the person's data, to within ten minutes and mostly without a query."""
    key, now = (user_id, client_id), time.monotonic()
    with _lock:
        if now - _recorded.get(key, -ACCESS_PRECISION.total_seconds()) < ACCESS_PRECISION.total_seconds():
            return
        if len(_recorded) >= MAX_RECORDED:
            _recorded.clear()
        _recorded[key] = now
    read_at = timezone.now()
    unknown = Q(last_read_at=None) | Q(last_read_at__lt=read_at - ACCESS_PRECISION)
    ClientAccess.objects.filter(unknown, user_id=user_id, client_id=client_id).update(last_read_at=read_at)


def forget_access(user_id: uuid.UUID, client_id: str) -> None:
    """Make the next read update the database, however recent the last one was."""
    with _lock:
        _recorded.pop((user_id, client_id), None)
