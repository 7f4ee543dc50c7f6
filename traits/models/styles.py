"""How a person wants programs that speak for them to sound."""

from django.conf import settings
from django.db import models


class CommunicationStyle(models.Model):
    """The value of one element of the person's communication style, in one context ("" is everywhere)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    element = models.CharField(max_length=100)
    context = models.CharField(max_length=100, blank=True)
    value = models.JSONField()
    version = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint("user", "element", "context", name="style_once")]

    def __str__(self) -> str:
        return str(self.pk)
