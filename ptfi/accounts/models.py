"""The user model: one account per person, with at most one persona, and the security events of accounts."""

import datetime as dt
import uuid
import zoneinfo
from functools import cache
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ptfi.texts import identifier, one_line, shows_nothing


def known_as(external_id: str) -> models.Q:
    """Return the condition for the one account with this external id: as it is written here, or else as ids are stored.

    Earlier releases stored ids as they were sent, so that both can be there, as different accounts.
    """
    exact, stored = (models.Q(external_id=form) for form in (external_id, identifier(external_id)))
    return exact if exact == stored else exact | models.Q(stored, ~models.Exists(User.objects.filter(exact)))


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str | None = None, password: str | None = None, **fields: Any) -> "User":
        """Create a person. Without an e-mail address and a password they cannot sign in."""
        user = self.model(email=email and email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


@cache
def time_zone_names() -> frozenset[str]:
    """Every IANA time zone; the system's folder also holds names whose meaning depends on the machine."""
    return frozenset(zoneinfo.available_timezones() - {"Factory", "localtime"})


def validate_time_zone(name: str) -> None:
    if name not in time_zone_names():
        raise ValidationError(_("This is not a time zone name."), code="invalid")


CHOSEN = _("Chosen by hand, so the browser’s no longer counts.")


class User(AbstractBaseUser, PermissionsMixin):
    """A person (or staff).

    People whom the pipeline creates have an external_id, and no e-mail address until invited.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("e-mail address"), null=True, blank=True, unique=True)
    external_id = models.CharField(_("external ID"), max_length=255, null=True, blank=True, unique=True)
    display_name = models.CharField(_("name"), max_length=255, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_time_zone])
    time_zone_chosen = models.BooleanField(_("time zone chosen"), default=False, help_text=CHOSEN)
    language = models.CharField(
        _("language"),
        max_length=16,
        blank=True,
        default="",
        db_default="",
        help_text=_("Of pages and e-mails. Empty if not known yet."),
    )
    language_chosen = models.BooleanField(_("language chosen"), default=False, db_default=False, help_text=CHOSEN)
    keys_enabled = models.BooleanField(_("single-key shortcuts"), default=True)
    keys = models.JSONField(
        _("own shortcuts"),
        blank=True,
        default=dict,
        db_default={},
        help_text=_("Keys that the person chose, by what they do."),
    )
    invited_email = models.EmailField(_("invited e-mail address"), blank=True)
    invited_at = models.DateTimeField(
        _("invited at"), null=True, blank=True, help_text=_("The newest invitation. Older links no longer work.")
    )
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("staff"), default=False)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.CheckConstraint(
                name="user_email_lower_case", condition=models.Q(email=None) | models.Q(email=Lower("email"))
            ),
        ]
        indexes = [models.Index(models.F("date_joined").desc(), "id", name="user_newest")]

    def clean(self) -> None:
        super().clean()
        self.display_name = "" if shows_nothing(self.display_name) else one_line(self.display_name)

    def __str__(self) -> str:
        return self.display_name or self.email or str(self.id)

    @property
    def zone(self) -> dt.tzinfo:
        """The person's time zone; UTC if this machine's time zones do not include it."""
        return zoneinfo.ZoneInfo(self.time_zone) if self.time_zone in time_zone_names() else dt.UTC


class SecurityEventKind(models.TextChoices):
    """What happened to an account, as the person's page words it."""

    SIGNED_IN = "signed_in", _("Signed in")
    SIGN_IN_FAILED = "sign_in_failed", _("Sign-in failed: wrong password")
    SIGN_IN_REFUSED = "sign_in_refused", _("Sign-in refused: too many attempts")
    SIGNED_OUT = "signed_out", _("Signed out")
    CODE_WRONG = "code_wrong", _("Second step failed: wrong code")
    CODE_REFUSED = "code_refused", _("Second step refused: too many wrong codes")
    PASSWORD_SET = "password_set", _("First password set")
    PASSWORD_CHANGED = "password_changed", _("Password changed")
    PASSWORD_RESET = "password_reset", _("Password reset by e-mail")
    EMAIL_ADDED = "email_added", _("E-mail address added")
    EMAIL_CONFIRMED = "email_confirmed", _("E-mail address confirmed")
    EMAIL_CHANGED = "email_changed", _("Primary e-mail address changed")
    EMAIL_REMOVED = "email_removed", _("E-mail address removed")
    STEP_ADDED = "step_added", _("Second step or passkey added")
    STEP_REMOVED = "step_removed", _("Second step or passkey removed")
    RECOVERY_CODES_MADE = "recovery_codes_made", _("New recovery codes generated")
    SESSION_ENDED = "session_ended", _("Signed out another browser")
    SESSIONS_ENDED = "sessions_ended", _("Signed out everywhere else")
    APP_CONNECTED = "app_connected", _("App connected")
    APP_DISCONNECTED = "app_disconnected", _("App disconnected")
    APPS_DISCONNECTED = "apps_disconnected", _("All apps disconnected")
    TOKEN_REUSED = "token_reused", _("App disconnected: its key was used twice and may be stolen")
    TOKEN_ISSUED = "token_issued", _("Token issued")
    TOKEN_REFUSED = "token_refused", _("Token refused")
    STAFF_LOOKED = "staff_looked", _("Staff viewed a persona")
    STAFF_ACTED = "staff_acted", _("Staff made a decision")


class SecurityEvent(models.Model):
    """Something that happened to an account, shown on the person's own page (ptfi/accounts/activity)."""

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
