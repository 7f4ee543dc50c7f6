"""What `manage.py check --deploy` says about PTFI's own settings; with `--database default` also about its role."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks

from ptfi import signing
from ptfi.db.grants import may_change_logs

NOT_ENCRYPTED = checks.Warning(
    "The secrets of second steps are stored as they are.",
    hint="Set MFA_ENCRYPTION_KEYS, and run manage.py encrypt_mfa_secrets.",
    id="ptfi.W001",
)
OWNS_LOG = checks.Warning(
    "The role in DATABASE_URL may change the log of decisions.",
    hint="Give web, events and projector a role of their own, and run manage.py grant_app_role.",
    id="ptfi.W002",
)
NO_PROXY = checks.Warning(
    "HTTPS is on, and no proxy is trusted to say that a request came that way: every page leads to itself.",
    hint="Set TRUSTED_PROXY_COUNT to the number of proxies that a request passes.",
    id="ptfi.W003",
)
NOT_SIGNED = checks.Warning(
    "The heads of people's logs are not signed.",
    hint="Set LOG_SIGNING_KEY or LOG_SIGNING_COMMAND, and run manage.py publish_log_heads every day.",
    id="ptfi.W004",
)


@checks.register(checks.Tags.security, deploy=True)
def second_steps_are_encrypted(**_: Any) -> list[checks.CheckMessage]:
    return [] if settings.MFA_ENCRYPTION_KEYS else [NOT_ENCRYPTED]


@checks.register(checks.Tags.security, deploy=True)
def heads_are_signed(**_: Any) -> list[checks.CheckMessage]:
    return [] if signing.is_configured() else [NOT_SIGNED]


@checks.register(checks.Tags.database, deploy=True)
def log_is_safe_from_us(databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    return [OWNS_LOG] if databases and may_change_logs() else []


@checks.register(checks.Tags.security, deploy=True)
def https_comes_through_a_proxy(**_: Any) -> list[checks.CheckMessage]:
    return [NO_PROXY] if settings.HTTPS and not settings.TRUSTED_PROXY_COUNT else []
