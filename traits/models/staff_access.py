"""Who of the staff looked at whose persona."""

import datetime as dt
import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from traits.models.permissions import OF_LOOKS

MAX_REASON = 200
MAX_WORDS = 200
WORDS_KEPT = dt.timedelta(days=90)
"""How long the words of a search are kept; erase_search_words, a function of the migrations, holds it as well."""


class AccessKind(models.TextChoices):
    SUGGESTION = "suggestion", _("A suggestion")
    SUGGESTIONS = "suggestions", _("A list of suggestions")
    DECISION = "decision", _("A decision in the log")
    LOG = "log", _("A list of decisions")
    LOG_CHECK = "log_check", _("An integrity check of the log")
    TRAIT = "trait", _("A trait")
    ACTING = "acting", _("A decision on behalf of the person")
    PERSONA = "persona", _("The state of the graph")
    ACCOUNT = "account", _("The account")
    ERASURE = "erasure", _("A deletion receipt")
    EXPORT = "export", _("A download of suggestions")
    SEARCH = "search", _("A search in suggestions")
    MODERATION = "moderation", _("What staff did")
    ACCESS_LOG = "access_log", _("The access log")


class AccessEntry(models.Model):
    """One look of staff at what is a person's, insert-only (a trigger refuses the rest).

    subject_id is the person, empty for a list of many people's, which has the number of its rows instead, and for a
    search or a file the people whose rows it showed. All ids outlive their accounts, as those of erasures do. words are
    what was searched for. An erasure of the persona of anybody concerned takes reason and words, age takes words.
    """

    staff_id = models.UUIDField()
    subject_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=16, choices=AccessKind.choices)
    reason = models.CharField(max_length=MAX_REASON, blank=True)
    number = models.PositiveIntegerField(null=True)
    people = ArrayField(models.UUIDField(), default=list, db_default=models.Value("{}"))
    words = models.CharField(max_length=MAX_WORDS, blank=True, db_default="")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ("view",)
        permissions = OF_LOOKS
        verbose_name = _("access to a persona")
        verbose_name_plural = _("access log")
        constraints = [
            models.CheckConstraint(name="access_kind", condition=Q(kind__in=AccessKind.values)),
            models.CheckConstraint(name="access_of_one_or_many", condition=Q(subject_id=None) ^ Q(number=None)),
        ]
        indexes = [
            models.Index(F("created_at").desc(), F("id").desc(), name="access_newest"),
            models.Index("staff_id", F("created_at").desc(), F("id").desc(), name="access_by_staff"),
            models.Index(
                "subject_id",
                F("created_at").desc(),
                F("id").desc(),
                name="access_of_person",
                condition=~Q(subject_id=None),
            ),
            # One that puts new rows aside would have to be read through for each person.
            GinIndex(fields=["people"], name="access_of_people", fastupdate=False),
            models.Index(F("created_at"), name="access_words_by_age", condition=~Q(words="")),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @staticmethod
    def about(person: uuid.UUID) -> Q:
        """The looks that concern the person, alone or among others."""
        return Q(subject_id=person) | Q(people__contains=[person])

    @property
    def has_reason(self) -> bool:
        """Whether a reason was asked for; an empty one was erased."""
        return self.subject_id is not None or self.kind in (AccessKind.SEARCH, AccessKind.EXPORT)

    @property
    def staff_number(self) -> str:
        """Enough of the id to tell staff apart; who it is, the people who run PTFI know."""
        return str(self.staff_id)[:8]
