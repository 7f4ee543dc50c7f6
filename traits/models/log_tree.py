"""The tree of the heads of people's logs, its signed heads, and the signatures of interventions."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F


class TreeNode(models.Model):
    """A node of the tree (traits/log/proofs/merkle.py), insert-only; place combines level and index in one number."""

    place = models.BigIntegerField(primary_key=True)
    hash = models.BinaryField(max_length=32)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.place)


class LogLeaf(models.Model):
    """The meaning of a leaf of the tree: a head that a person's log had. The leaf's own hash is a TreeNode.

    The function that erases the log also blanks salt and hash; the leaf stays and reveals nothing.
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
    """The tree at a point in time, signed; insert-only. previous is the SHA-256 of the preceding head, as published.

    is_restored: PostgreSQL was restored to an earlier state before it, so the preceding head may be of a larger tree.
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
    """PTFI's signature that it made certain interventions in a person's log; insert-only."""

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
