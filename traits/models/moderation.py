"""What staff did with suggestions; never a decision, which is the person's alone."""

import dataclasses
import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

MAX_REASON = 240


class ModerationAction(models.TextChoices):
    ARCHIVE = "archive", "Archived"
    REQUEUE = "requeue", "Put back into the queue"
    FLAG = "flag", "Held back"
    RELEASE = "release", "Released"
    REASSIGN = "reassign", "Given to somebody else"
    RECEIVE = "receive", "Taken over from somebody else"
    DECIDE = "decide", "Decided on request"

    @property
    def words(self) -> "ActionWords":
        return WORDS[self]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ActionWords:
    """What an action is called, besides its label, which says that it was done.

    told: what the person reads of it. name, meaning and permission: of an action that staff choose, "" for the others.
    """

    told: str
    name: str = ""
    meaning: str = ""
    permission: str = ""


WORDS = {
    ModerationAction.ARCHIVE: ActionWords(
        name="Archive",
        meaning="They leave the queue, undecided. Only staff can put them back.",
        told="Staff took a suggestion out of your queue",
        permission="traits.archive_candidate",
    ),
    ModerationAction.REQUEUE: ActionWords(
        name="Put back into the queue",
        meaning="They are in the queue again, to be decided.",
        told="Staff put a suggestion back into your queue",
        permission="traits.requeue_candidate",
    ),
    ModerationAction.FLAG: ActionWords(
        name="Hold back",
        meaning="They are out of sight for the person, who cannot decide about them until you release them.",
        told="Staff hold a suggestion back for now",
        permission="traits.flag_candidate",
    ),
    ModerationAction.RELEASE: ActionWords(
        name="Release",
        meaning="The person sees them again and can decide.",
        told="Staff released a suggestion that was held back",
        permission="traits.flag_candidate",
    ),
    ModerationAction.REASSIGN: ActionWords(
        name="Give to somebody else",
        meaning="They came to the wrong person, and go to the one whom they are about. Both are told.",
        told="Staff took away a suggestion that is about somebody else",
        permission="traits.reassign_candidate",
    ),
    ModerationAction.RECEIVE: ActionWords(
        told="Staff brought you a suggestion that had come to somebody else by mistake",
    ),
    ModerationAction.DECIDE: ActionWords(
        told="Staff decided for you, as you asked; the decision was erased",
    ),
}
CHOSEN_ACTIONS = [action for action in ModerationAction if action.words.name]
"""The actions that staff choose."""


class ModerationEntry(models.Model):
    """One thing that staff did with one person's suggestion; insert-only (a trigger refuses the rest).

    What staff decided for a person is in the log; an entry of it (`decide`) is made when the log is erased.

    before and after hold status, whether it was held back, and whose it was: no texts. The reason, which the person
    reads, is "" once they have erased what it was about. The entry outlives persona and account. Entries that were made
    together share batch_id.
    """

    entry_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    batch_id = models.UUIDField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    # The id alone: a candidate may be given to somebody else, or be erased.
    candidate_id = models.UUIDField()
    action = models.CharField(_("action"), max_length=16, choices=ModerationAction.choices)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=MAX_REASON, blank=True)
    before = models.JSONField()
    after = models.JSONField()
    created_at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("moderation entry")
        verbose_name_plural = _("moderation log")
        constraints = [
            models.CheckConstraint(name="moderation_action", condition=Q(action__in=ModerationAction.values)),
        ]
        indexes = [
            models.Index("user", F("created_at").desc(), "entry_id", name="moderation_of_person"),
            models.Index("candidate_id", F("created_at").desc(), name="moderation_of_candidate"),
            models.Index("actor", F("created_at").desc(), name="moderation_by_actor"),
            models.Index(F("created_at").desc(), "entry_id", name="moderation_newest"),
        ]

    def __str__(self) -> str:
        return str(self.entry_id)
