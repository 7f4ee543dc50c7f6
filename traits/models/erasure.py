"""The receipts of erasures."""

import datetime as dt
import uuid
from operator import attrgetter

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class ErasureKind(models.TextChoices):
    PERSONA = "persona", _("Whole persona")
    ACCOUNT = "account", _("Account and persona")
    CATEGORY = "category", _("Everything in a category")
    SOURCE = "source", _("All evidence from a source")
    EVIDENCE = "evidence", _("A piece of evidence")


WHOLE = (ErasureKind.PERSONA, ErasureKind.ACCOUNT)
"""Kinds that delete the whole persona; the others delete a part of it."""


class ErasureState(models.TextChoices):
    AWAITING_CONFIRMATION = "awaiting_confirmation", _("Waiting for confirmation")
    ERASING = "erasing", _("Being deleted")
    ERASED = "erased", _("Deleted here, the graph is being cleared")
    COMPLETED = "completed", _("Deleted")
    EXPIRED = "expired", _("Not confirmed in time")


UNDER_WAY = (ErasureState.ERASING, ErasureState.ERASED)
"""States in which something is still to be erased from PostgreSQL or the graph."""


class Erasure(models.Model):
    """The receipt of an erasure by a person, or by staff on their behalf; it holds ids, times and counts, never a text.

    A trigger (traits/migrations/0017_receipts.py) sets requested_at, confirmed_at, erased_at and graph_cleared_at, lets
    states only move forward, and refuses every other change of what a receipt says.

    user is deleted with the account, subject_id stays. The tables are empty from erased_at on, the graph from
    graph_cleared_at on. generation and revision are what the graph's User must have reached by then. things are ids of
    traits and evidence; after the graph is cleared, only those stay that name nodes made by the pipeline, so that these
    can be blanked again after a restore of the graph. next_attempt_at is also the lease of the projector that clears
    the graph.

    target names what is being erased, until that is done: the fields that the pieces of evidence have in common, or the
    category. bar stays, so that no import brings it back: a digest (traits/ingest/blocklist.py), or the name of a
    category. "" blocks nothing.
    """

    CONFIRM_WITHIN = dt.timedelta(hours=24)

    erasure_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    subject_id = models.UUIDField()
    kind = models.CharField(_("kind"), max_length=16, choices=ErasureKind.choices, default=ErasureKind.PERSONA)
    state = models.CharField(
        _("state"), max_length=32, choices=ErasureState.choices, default=ErasureState.AWAITING_CONFIRMATION
    )
    requested_at = models.DateTimeField(_("requested"), db_default=Now())
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)
    erased_at = models.DateTimeField(_("erased from the tables"), null=True)
    graph_cleared_at = models.DateTimeField(_("erased from the graph"), null=True)
    counts = models.JSONField(default=dict)
    kept = models.JSONField(default=dict)
    target = models.JSONField(default=dict, db_default={})
    bar = models.CharField(max_length=64, blank=True, default="", db_default="")
    generation = models.BigIntegerField(_("generation"), default=0)
    revision = models.BigIntegerField(_("revision"), default=0, db_default=0)
    things = ArrayField(models.UUIDField(), default=list)
    actor_kind = models.CharField(max_length=16)
    client_id = models.CharField(max_length=100, blank=True)
    reference = models.CharField(_("ticket"), max_length=200, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        constraints = [
            models.UniqueConstraint(
                "subject_id", "kind", name="erasure_asked_once", condition=Q(state="awaiting_confirmation")
            ),
            models.CheckConstraint(name="erasure_kind", condition=Q(kind__in=ErasureKind.values)),
            models.CheckConstraint(name="erasure_state", condition=Q(state__in=ErasureState.values)),
            models.CheckConstraint(
                name="erasure_erased", condition=Q(erased_at=None) ^ Q(state__in=("erased", "completed"))
            ),
            models.CheckConstraint(
                name="erasure_cleared", condition=Q(graph_cleared_at=None) | Q(state__in=("erased", "completed"))
            ),
        ]
        indexes = [
            models.Index("subject_id", F("requested_at").desc(), "erasure_id", name="erasure_newest"),
            models.Index("subject_id", name="erasure_to_clear", condition=Q(state="erased")),
            models.Index("requested_at", name="erasure_to_go_on", condition=Q(state="erasing")),
            models.Index("subject_id", name="erasure_bars", condition=~Q(bar="")),
            models.Index("bar", name="erasure_of_account", condition=Q(kind="account") & ~Q(bar="")),
        ]

    def __str__(self) -> str:
        return str(self.erasure_id)

    @property
    def confirm_by(self) -> dt.datetime:
        return self.requested_at + self.CONFIRM_WITHIN

    @property
    def informed(self) -> list[models.Model]:
        """The apps that had read what was erased (ErasureRecipient), by their ids."""
        return sorted(self.recipients.all(), key=attrgetter("client_id"))

    @property
    def pieces(self) -> int:
        """Total number of rows and entries that the erasure affected."""
        return sum(self.counts.values())
