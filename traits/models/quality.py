"""What became of the suggestions, in numbers: no text, no id of a person. refresh_quality_statistics counts them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from traits.models.log import RejectionCode

UNKNOWN_BAND = -1
"""The band of suggestions that were erased since: neither category nor confidence of them is left."""


class Quality(models.Model):
    """What was decided in one week on the suggestions of a model, in a category and a band of confidence.

    model is "" for all of them together: one that several models made counts once there, and once for each of them.
    category is "" and band UNKNOWN_BAND where the suggestion was erased since. band is the confidence's first decimal.
    week is its Monday (UTC). A decision counts in its own week, for as long as it is the newest that was not undone.
    Each reason of a rejection has a column too, named by its code, which is added below.
    said is the sum of the confidences; the columns from within_hour on say how long the suggestion had been there.
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
    """How many suggestions of a model and category wait for a decision, and since when the oldest does.

    waiting counts those to review; what was put off and what staff hold back are counted apart.
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
    """When the numbers were counted last (the one row), in how many seconds, and how many weeks were counted then."""

    refreshed_at = models.DateTimeField()
    seconds = models.FloatField()
    weeks = models.IntegerField()

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_quality_refresh")]

    def __str__(self) -> str:
        return str(self.refreshed_at)
