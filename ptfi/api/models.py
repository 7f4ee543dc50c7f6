"""What the API stores about requests: responses, so that a repeated request has no effect, and request counts."""

from django.db import models
from django.utils import timezone


class IdempotencyKey(models.Model):
    """The response to the request with this key, in this language; fingerprint is the SHA-256 of the request.

    owner is the person's id, or "client:" and the client's id. Kept for 24 hours.
    """

    owner = models.CharField(max_length=120)
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.BinaryField(default=bytes)
    language = models.CharField(max_length=10, default="", db_default="")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint("owner", "key", name="idempotency_key_once")]
        indexes = [models.Index("created_at", name="idempotency_key_age")]

    def __str__(self) -> str:
        return str(self.pk)


class RequestCount(models.Model):
    """How many requests a caller has made in the window that ends at ends_at; the key is a digest of both.

    The table is unlogged, because counts need not survive a crash and should cost no disk writes.
    """

    key = models.CharField(max_length=64, primary_key=True)
    number = models.PositiveIntegerField()
    ends_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key
