"""The person's current state: the head of their log, and their traits."""

import datetime as dt
import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ptfi.texts import MOST_SORTED, Text
from traits.models.candidates import Category
from traits.models.limits import MAX_NAME
from traits.models.permissions import OF_PERSONAS


class TraitStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    DORMANT = "dormant", _("Dormant")
    EXPERIMENTAL = "experimental", _("Experimental")


class Origin(models.TextChoices):
    AI_CONFIRMED = "ai_confirmed_user", _("Suggested, confirmed by you")
    AI_REFINED = "ai_refined_user", _("Suggested, changed by you")
    USER_DEFINED = "user_defined", _("Added by you")
    DERIVED = "derived_system", _("Derived by the system")


class Persona(models.Model):
    """One row per person: the lock of every change, the head of their log, and the outbox of the graph.

    generation counts full replays: the graph drops rows of an older generation, so a stalled projector cannot write
    into a persona that is being rebuilt. While suggestions_off_at is set, imports store nothing for the person. Clients
    that sent suggestions learn what the person decided from feedback_since on; null: nothing. While
    went_back_at is set, the log lacks entries from which the graph was made (graph/projection/gone_back.py), and
    nothing is projected.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, primary_key=True, related_name="persona")
    revision = models.BigIntegerField(default=0)
    hash = models.BinaryField(default=bytes(32), max_length=32)
    last_entry_at = models.DateTimeField(null=True)
    generation = models.BigIntegerField(default=1)
    projected_revision = models.BigIntegerField(default=0)
    projected_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)
    held_at = models.DateTimeField(null=True)
    went_back_at = models.DateTimeField(null=True)
    suggestions_off_at = models.DateTimeField(null=True)
    feedback_since = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("persona")
        verbose_name_plural = _("personas")
        permissions = OF_PERSONAS
        constraints = [
            models.CheckConstraint(
                name="persona_projected", condition=Q(projected_revision__gte=0, projected_revision__lte=F("revision"))
            )
        ]
        indexes = [
            models.Index("last_entry_at", name="persona_outbox", condition=Q(projected_revision__lt=F("revision"))),
            models.Index("went_back_at", name="persona_went_back", condition=~Q(went_back_at=None)),
            models.Index("held_at", name="persona_held", condition=~Q(held_at=None)),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def behind(self) -> int:
        """Number of log entries that the graph does not show yet."""
        return self.revision - self.projected_revision

    def next_moment(self) -> dt.datetime:
        """The time for the next entry: never earlier than the newest one, even if the clock was set back."""
        now = timezone.now()
        return max(now, self.last_entry_at) if self.last_entry_at else now


class ActedFor(Persona):
    """A person on whose behalf staff act: a place in the admin, with the permission act_for_person; it has no rows."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = _("person to decide for")
        verbose_name_plural = _("decide on behalf of a person")


class PersonaTrait(models.Model):
    """A trait that the person has now, written in each decision's transaction; version is its newest entry's number."""

    trait_id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=MAX_NAME)
    name_key = models.CharField(max_length=MAX_NAME, editable=False)
    sort_key = models.CharField(max_length=MOST_SORTED, editable=False, db_default="", db_collation="C")
    description = models.TextField(blank=True)
    category = models.CharField(max_length=32, choices=Category.choices)
    origin = models.CharField(max_length=32, choices=Origin.choices)
    status = models.CharField(max_length=32, choices=TraitStatus.choices, default=TraitStatus.ACTIVE)
    confidence = models.FloatField()
    user_confidence = models.PositiveSmallIntegerField(null=True)
    notes = models.TextField(blank=True)
    concepts = models.JSONField(default=list)
    expression_contexts = models.JSONField(default=list)
    evidence = models.JSONField(default=list)
    version = models.BigIntegerField()
    created_at = models.DateTimeField()
    last_refined_at = models.DateTimeField()
    last_observed_at = models.DateTimeField(null=True)
    valid_from = models.DateTimeField(null=True)
    valid_to = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="trait_confidence", condition=Q(confidence__gte=0) & Q(confidence__lte=1)),
            models.CheckConstraint(
                name="trait_user_confidence",
                condition=Q(user_confidence=None) | Q(user_confidence__gte=1, user_confidence__lte=5),
            ),
            models.CheckConstraint(name="trait_category", condition=Q(category__in=Category.values)),
            models.CheckConstraint(name="trait_status", condition=Q(status__in=TraitStatus.values)),
        ]
        indexes = [
            models.Index("user", "name_key", name="trait_name_key"),
            models.Index("user", "sort_key", "trait_id", name="trait_sort_key"),
        ]

    def __str__(self) -> str:
        return str(self.trait_id)


TRAIT_LABELS: dict[str, Text] = {
    "name": _("Name"),
    "description": _("Description"),
    "notes": _("Notes"),
    "category": _("Category"),
    "status": _("Status"),
    "user_confidence": _("Your rating"),
    "valid_from": pgettext_lazy("the first day", "Since"),
    "valid_to": pgettext_lazy("the last day", "Until"),
    "concepts": _("Topics"),
    "expression_contexts": _("Where it applies"),
}
"""The labels of the fields that a person reads and writes, in the order in which a history lists changes."""
