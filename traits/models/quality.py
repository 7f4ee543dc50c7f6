"""Statistics on what happened to suggestions, without texts or ids of people; see refresh_quality_statistics."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from traits.models.log import RejectionCode

UNKNOWN_BAND = -1
"""The band of suggestions that have been erased, whose category and confidence are unknown."""


class Quality(models.Model):
    """Decisions of one week on the suggestions of a model, in a category and a band of confidence.

    model is "" in the totals; a suggestion that several models made counts once there, and once for each model.
    category is "" and band UNKNOWN_BAND if the suggestion has been erased. band is the first decimal of the confidence.
    week is the week's Monday (UTC). A decision counts in its own week, as long as it is the newest that was not undone.
    Each rejection code has a column of that name, added below. said is the sum of the confidences; the columns from
    within_hour on count decisions by the age of the suggestion.
    """

    week = models.DateField()
    model = models.CharField(max_length=255, blank=True)
    category = models.CharField(max_length=32, blank=True)
    band = models.SmallIntegerField()
    confirmed = models.IntegerField()
    changed = models.IntegerField()
    merged = models.IntegerField()
    rejected = models.IntegerField()
    removed = models.IntegerField()
    said = models.FloatField()
    within_hour = models.IntegerField()
    within_day = models.IntegerField()
    within_week = models.IntegerField()
    within_month = models.IntegerField()
    over_month = models.IntegerField()

    class Meta:
        verbose_name_plural = _("quality of suggestions")
        default_permissions = ("view",)
        permissions = [("export_quality", "export quality")]
        constraints = [models.UniqueConstraint("model", "week", "category", "band", name="quality_once")]

    def __str__(self) -> str:
        return f"{self.week} {self.model}"


for _code in RejectionCode.values:
    Quality.add_to_class(_code, models.IntegerField())


class QualityWaiting(models.Model):
    """Number of undecided suggestions of a model and category, and the time of the oldest.

    waiting counts those to review; snoozed and held ones are counted separately.
    """

    model = models.CharField(max_length=255, blank=True)
    category = models.CharField(max_length=32)
    waiting = models.IntegerField()
    put_off = models.IntegerField()
    held = models.IntegerField()
    oldest_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint("model", "category", name="quality_waiting_once")]

    def __str__(self) -> str:
        return f"{self.category} {self.model}"


class QualityRefresh(models.Model):
    """The last refresh of the statistics (a single row): when, its seconds, and the number of weeks counted."""

    refreshed_at = models.DateTimeField()
    seconds = models.FloatField()
    weeks = models.IntegerField()

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_quality_refresh")]

    def __str__(self) -> str:
        return str(self.refreshed_at)
