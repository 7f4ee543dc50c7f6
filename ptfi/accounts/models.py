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
    language = models.CharField(
        max_length=16, blank=True, default="", db_default="", help_text="Of pages and e-mails; empty: not known yet."
    )
    language_chosen = models.BooleanField(
        default=False, db_default=False, help_text="Chosen by hand: the browser's no longer counts."
    )
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


class SecurityEventKind(models.TextChoices):
    """What happened to an account, in the words of the person's page."""

    SIGNED_IN = "signed_in", "Signed in"
    SIGN_IN_FAILED = "sign_in_failed", "Sign-in failed: wrong password"
    SIGN_IN_REFUSED = "sign_in_refused", "Sign-in refused: too many attempts"
    SIGNED_OUT = "signed_out", "Signed out"
    CODE_WRONG = "code_wrong", "Second step failed: wrong code"
    CODE_REFUSED = "code_refused", "Second step refused: too many wrong codes"
    PASSWORD_SET = "password_set", "First password set"
    PASSWORD_CHANGED = "password_changed", "Password changed"
    PASSWORD_RESET = "password_reset", "Password reset by e-mail"
    EMAIL_ADDED = "email_added", "E-mail address added"
    EMAIL_CONFIRMED = "email_confirmed", "E-mail address confirmed"
    EMAIL_CHANGED = "email_changed", "Primary e-mail address changed"
    EMAIL_REMOVED = "email_removed", "E-mail address removed"
    STEP_ADDED = "step_added", "Second step or passkey added"
    STEP_REMOVED = "step_removed", "Second step or passkey removed"
    RECOVERY_CODES_MADE = "recovery_codes_made", "New recovery codes made"
    SESSIONS_ENDED = "sessions_ended", "Signed out everywhere else"
    APP_CONNECTED = "app_connected", "App connected"
    APP_DISCONNECTED = "app_disconnected", "App disconnected"
    APPS_DISCONNECTED = "apps_disconnected", "All apps disconnected"
    TOKEN_REUSED = "token_reused", "App disconnected: its key was used twice, and may be stolen"
    TOKEN_ISSUED = "token_issued", "Token issued"
    TOKEN_REFUSED = "token_refused", "Token refused"
    STAFF_LOOKED = "staff_looked", "Staff looked at a persona"
    STAFF_ACTED = "staff_acted", "Staff acted"


class SecurityEvent(models.Model):
    """Something that happened to an account, for the person's own page (ptfi/accounts/activity)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="security_events", db_index=False)
    kind = models.CharField(max_length=32, choices=SecurityEventKind)
    client_id = models.CharField(max_length=100, blank=True, help_text="The app that took part, by its id.")
    address = models.CharField(max_length=43, blank=True, help_text="The network that the request came from.")
    browser = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index("user", models.F("created_at").desc(), models.F("id").desc(), name="event_newest"),
            models.Index(fields=["created_at"], name="event_oldest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.created_at.isoformat()}"
