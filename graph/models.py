"""Concepts that all people share, how far the graph has them, and which projectors are running.

People's own concepts are not here.
"""

import uuid

from django.db import models
from django.db.models import F, Q

from traits.models import MAX_NAME

MAX_DESCRIPTION = 4_000
MAX_LINK = 2_000


class SharedConcept(models.Model):
    """A shared concept, whose id was derived from the name key that it had when it was made.

    broader: the concepts it is a type of, possibly in circles. revision is that of the vocabulary in which it last
    changed. A removed concept stays until the graph has dropped it.
    """

    concept_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=MAX_NAME)
    name_key = models.CharField(max_length=MAX_NAME, unique=True)
    description = models.TextField(blank=True, default="")
    ontology_link = models.CharField(max_length=MAX_LINK, blank=True, default="")
    broader = models.ManyToManyField(
        "self",
        symmetrical=False,
        related_name="narrower",
        blank=True,
        through="SharedConceptTie",
        through_fields=("from_concept", "to_concept"),
    )
    removed = models.BooleanField(default=False)
    revision = models.BigIntegerField()

    class Meta:
        db_table = "graph_concept"
        indexes = [models.Index(fields=["revision", "concept_id"], name="concept_revision")]

    def __str__(self) -> str:
        return self.name


class SharedConceptTie(models.Model):
    """The relation that a shared concept is a type of another one."""

    from_concept = models.ForeignKey(SharedConcept, models.CASCADE, related_name="+")
    to_concept = models.ForeignKey(SharedConcept, models.CASCADE, related_name="+")

    class Meta:
        db_table = "graph_concept_broader"
        default_permissions = ()
        unique_together = [("from_concept", "to_concept")]

    def __str__(self) -> str:
        return f"{self.from_concept_id} → {self.to_concept_id}"


class Vocabulary(models.Model):
    """All shared concepts together: a single row that locks changes to them and is the outbox towards the graph.

    claimed_until: until then a projector is working on it.
    """

    revision = models.BigIntegerField(default=0)
    projected_revision = models.BigIntegerField(default=0)
    projected_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "vocabularies"
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="one_vocabulary"),
            models.CheckConstraint(condition=Q(projected_revision__lte=F("revision")), name="vocabulary_projected"),
        ]

    def __str__(self) -> str:
        return f"revision {self.revision}"


class ProjectorState(models.Model):
    """The report that a running projector updates every few seconds; the row of a killed one stays for a day.

    people: the number it is working on; people_done and entries_done: since it started. waits_for: the database that is
    away. last_error: the kind of error, never its text.
    """

    projector_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    host = models.CharField(max_length=255)
    pid = models.IntegerField()
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    people = models.IntegerField(default=0)
    people_done = models.BigIntegerField(default=0)
    entries_done = models.BigIntegerField(default=0)
    waits_for = models.CharField(max_length=20, blank=True)
    last_error = models.CharField(max_length=500, blank=True)
    last_error_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"


class GraphCheck(models.Model):
    """The result of the last comparison of everyone with the graph (one row): counts, no ids."""

    checked_at = models.DateTimeField()
    seconds = models.FloatField()
    people = models.IntegerField()
    behind = models.IntegerField()
    differing = models.IntegerField()
    concepts_differ = models.BooleanField()

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_graph_check")]

    def __str__(self) -> str:
        return str(self.checked_at)
