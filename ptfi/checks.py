"""PTFI's checks for `manage.py check --deploy`; with `--database default` also of the database role."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks

from ptfi import signing
from ptfi.db.grants import may_change_logs
from ptfi.oauth.keys import BITS, bits

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
    "HTTPS is on, and nothing says that a request came that way: every page leads to itself.",
    hint="Set TRUSTED_PROXY_COUNT to the number of proxies that a request passes, or TLS_CERTIFICATE_FILE.",
    id="ptfi.W003",
)
NOT_SIGNED = checks.Warning(
    "The heads of people's logs are not signed.",
    hint="Set LOG_SIGNING_KEY or LOG_SIGNING_COMMAND, and run manage.py publish_log_heads every day.",
    id="ptfi.W004",
)
SHORT_KEY = checks.Warning(
    f"OIDC_PRIVATE_KEY has fewer than {BITS} bits.",
    hint="Put a new one in its place: python -m ptfi.oauth.keys prints it.",
    id="ptfi.W005",
)
NOT_VERIFIED = checks.Warning(
    "DATABASE_URL does not ask for TLS with a checked certificate.",
    hint="Add ?sslmode=verify-full&sslrootcert=FILE, where PostgreSQL is on another machine.",
    id="ptfi.W006",
)
GRAPH_NOT_VERIFIED = checks.Warning(
    "NEO4J_URL does not ask for TLS with a checked certificate.",
    hint="Use neo4j+s:// or bolt+s://, where the graph is on another machine.",
    id="ptfi.W007",
)
WEB = "web"
"""PTFI_PROCESS of the process that needs all keys."""
HERE = ("", "localhost", "127.0.0.1", "::1")


@checks.register(checks.Tags.security, deploy=True)
def id_tokens_are_signed_with_a_long_key(**_: Any) -> list[checks.CheckMessage]:
    return [SHORT_KEY] if settings.PROCESS == WEB and bits(settings.OIDC_PRIVATE_KEY) < BITS else []


@checks.register(checks.Tags.security, deploy=True)
def databases_prove_who_they_are(**_: Any) -> list[checks.CheckMessage]:
    """Skips databases on this machine, where traffic can't be intercepted."""
    database, graph = settings.DATABASES["default"], urlsplit(settings.NEO4J_URL)
    is_here = database["HOST"] in HERE or database["HOST"].startswith("/")
    faults: list[checks.CheckMessage] = []
    if not is_here and database["OPTIONS"].get("sslmode") != "verify-full":
        faults.append(NOT_VERIFIED)
    if settings.NEO4J_URL and graph.hostname not in HERE and not graph.scheme.endswith("+s"):
        faults.append(GRAPH_NOT_VERIFIED)
    return faults


@checks.register(checks.Tags.security, deploy=True)
def second_steps_are_encrypted(**_: Any) -> list[checks.CheckMessage]:
    return [NOT_ENCRYPTED] if settings.PROCESS == WEB and not settings.MFA_ENCRYPTION_KEYS else []


@checks.register(checks.Tags.security, deploy=True)
def heads_are_signed(**_: Any) -> list[checks.CheckMessage]:
    return [NOT_SIGNED] if settings.PROCESS == WEB and not signing.is_configured() else []


@checks.register(checks.Tags.database, deploy=True)
def log_is_safe_from_us(databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    return [OWNS_LOG] if databases and may_change_logs() else []


@checks.register(checks.Tags.security, deploy=True)
def https_comes_from_somewhere(**_: Any) -> list[checks.CheckMessage]:
    known = settings.TRUSTED_PROXY_COUNT or settings.TLS_CERTIFICATE_FILE
    return [NO_PROXY] if settings.HTTPS and not known else []
