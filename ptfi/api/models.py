"""What the API remembers of requests: answers, so that repeating one repeats nothing, and how many there were."""

from django.db import models
from django.utils import timezone


class IdempotencyKey(models.Model):
    """The answer to the request that named this key; fingerprint is the SHA-256 of what was asked.

    owner is the person's id, or "client:" and the client's id. Kept for 24 hours.
    """

    owner = models.CharField(max_length=120)
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.BinaryField(default=bytes)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint("owner", "key", name="idempotency_key_once")]
        indexes = [models.Index("created_at", name="idempotency_key_age")]

    def __str__(self) -> str:
        return str(self.pk)


class RequestCount(models.Model):
    """How many requests a caller has made in a window that ends then; the key is a digest of both.

    The table is unlogged: counting is to cost no writing to the disk, and after a crash it begins from nothing.
    """

    key = models.CharField(max_length=64, primary_key=True)
    number = models.PositiveIntegerField()
    ends_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key
