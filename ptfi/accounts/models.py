"""The user: one account, and at most one persona, a person."""

import uuid
import zoneinfo
from functools import cache
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str | None = None, password: str | None = None, **fields: Any) -> "User":
        """A person; without an e-mail and a password nobody can sign in as them."""
        user = self.model(email=email and email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


@cache
def time_zone_names() -> frozenset[str]:
    """Every IANA zone; the system's folder also holds names that mean something else on each machine."""
    return frozenset(zoneinfo.available_timezones() - {"Factory", "localtime"})


def validate_time_zone(name: str) -> None:
    if name not in time_zone_names():
        raise ValidationError("This is not a time zone name.", code="invalid")


class User(AbstractBaseUser, PermissionsMixin):
    """A person (or staff). People whom the pipeline brings have an external_id and, until invited, no e-mail."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(null=True, blank=True, unique=True)
    external_id = models.CharField(max_length=255, null=True, blank=True, unique=True)
    display_name = models.CharField(max_length=255, blank=True)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    time_zone_chosen = models.BooleanField(default=False, help_text="Chosen by hand: the browser's no longer counts.")
    keys_enabled = models.BooleanField("single-key shortcuts", default=True)
    invited_email = models.EmailField(blank=True)
    invited_at = models.DateTimeField(null=True, blank=True, help_text="The newest invitation; older links are void.")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="user_email_lower_case", condition=models.Q(email=None) | models.Q(email=Lower("email"))
            ),
        ]
        indexes = [models.Index(models.F("date_joined").desc(), "id", name="user_newest")]

    def __str__(self) -> str:
        return self.display_name or self.email or str(self.id)
