"""The tree of the heads of people's logs, what was signed of it, and what was signed about interventions."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F


class TreeNode(models.Model):
    """A node of the tree (traits/log/proofs/merkle.py), insert-only; place is its level and index in one number."""

    place = models.BigIntegerField(primary_key=True)
    hash = models.BinaryField(max_length=32)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.place)


class LogLeaf(models.Model):
    """What a leaf of the tree stands for: the head that somebody's log had. The leaf's own hash is a TreeNode.

    salt and hash go with the log, through the function that erases it; the leaf stays and says nothing any more.
    """

    index = models.BigIntegerField(primary_key=True)
    subject_id = models.UUIDField()
    revision = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)
    salt = models.BinaryField(max_length=32)

    class Meta:
        default_permissions = ()
        indexes = [models.Index("subject_id", F("index").desc(), name="leaf_newest_of_person")]

    def __str__(self) -> str:
        return str(self.index)


class TreeHead(models.Model):
    """The tree as it was at a time, signed; insert-only. previous is the SHA-256 of the head before, as published.

    is_restored: PostgreSQL was brought back to the past before it, so that the head before may be of a larger tree.
    """

    size = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    previous = models.BinaryField(max_length=32)
    is_restored = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    key_id = models.CharField(max_length=16)
    signature = models.BinaryField(max_length=64)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.size} leaves, {self.created_at}"


class LogAttestation(models.Model):
    """That PTFI itself, which has the key, did what interventions in somebody's log say; insert-only."""

    subject_id = models.UUIDField()
    interventions = ArrayField(models.BigIntegerField())
    key_id = models.CharField(max_length=16)
    signature = models.BinaryField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        indexes = [models.Index("subject_id", "id", name="attestation_of_person")]

    def __str__(self) -> str:
        return str(self.pk)
