"""What is remembered about clients beside allauth's own Client and Token."""

import datetime as dt
import threading
import time
import uuid

from allauth.idp.oidc.models import Client
from django.conf import settings
from django.db import models
from django.utils import timezone

from ptfi.db.prepared import write_each

READ_GRAIN = dt.timedelta(minutes=10)
"""How exactly the last read is known."""
MAX_NOTED = 10_000
NOTE = """
    UPDATE clients_clientaccess SET last_read_at = %s
    WHERE user_id = %s AND client_id = %s AND (last_read_at IS NULL OR last_read_at < %s)
"""

_noted: dict[tuple[uuid.UUID, str], float] = {}
_lock = threading.Lock()


class ClientAccess(models.Model):
    """A client that a person has connected; it goes when they disconnect it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    connected_at = models.DateTimeField(default=timezone.now)
    last_read_at = models.DateTimeField(null=True, blank=True, help_text="At most ten minutes behind.")

    class Meta:
        constraints = [models.UniqueConstraint(name="client_access_once", fields=["user", "client"])]

    def __str__(self) -> str:
        return f"{self.client_id} for {self.user_id}"


class SpentToken(models.Model):
    """A code or refresh token that was used up. Whoever brings it again may have stolen it.

    family: what all tokens of one consent have in common.
    """

    hash = models.CharField(max_length=64, unique=True)
    family = models.CharField(max_length=32)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    spent_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.client_id} for {self.user_id}"


def note_read(user_id: uuid.UUID, client_id: str) -> None:
    """Remember that the client has read the person's data, to ten minutes; mostly without asking the database."""
    key, now = (user_id, client_id), time.monotonic()
    with _lock:
        if now - _noted.get(key, -READ_GRAIN.total_seconds()) < READ_GRAIN.total_seconds():
            return
        if len(_noted) >= MAX_NOTED:
            _noted.clear()
        _noted[key] = now
    read_at = timezone.now()
    write_each((NOTE, [[read_at, user_id, client_id, read_at - READ_GRAIN]]))


def forget_read(user_id: uuid.UUID, client_id: str) -> None:
    """Have the next read noted in any case."""
    with _lock:
        _noted.pop((user_id, client_id), None)
