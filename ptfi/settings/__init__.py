"""All settings, read from the environment; all invalid or missing variables are reported together."""

import logging
from email.utils import formataddr
from pathlib import Path
from typing import cast

import bootstrap_wrapper
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvValidationError, validate

from ptfi.api.openapi.document import SPECTACULAR_SETTINGS as SPECTACULAR_SETTINGS
from ptfi.environment import NEEDED, as_set, default_of, read_secret_files, use_new_names
from ptfi.oauth.keys import read_pem
from ptfi.settings import validators
from ptfi.settings.accounts import *  # noqa: F403 (Django reads them here)
from ptfi.settings.applications import *  # noqa: F403
from ptfi.settings.uploads import *  # noqa: F403

BASE_DIR = Path(__file__).resolve().parents[2]
env = Env(eager=False)
variable_faults = use_new_names() | read_secret_files()

# The kind of process, which decides the secrets it requires: web, events, projector, migrate, or another job.
PROCESS = env.str("PTFI_PROCESS", "web", validate=validate.OneOf(NEEDED))
SECRET_KEY = env.str("SECRET_KEY", *default_of("SECRET_KEY"), validate=validators.secret_key)
# Signs ID tokens only.
OIDC_PRIVATE_KEY = env.str("OIDC_PRIVATE_KEY", *default_of("OIDC_PRIVATE_KEY"), validate=validators.private_key)
# Keys for the secrets of second steps: the first encrypts, all of them decrypt.
MFA_ENCRYPTION_KEYS: list[str] = env.list("MFA_ENCRYPTION_KEYS", [], validate=validators.encryption_keys)
# Keys for the secrets of webhooks, in the same way.
WEBHOOK_ENCRYPTION_KEYS: list[str] = env.list("WEBHOOK_ENCRYPTION_KEYS", [], validate=validators.encryption_keys)
# Seconds for which a change rests before apps are told of it.
NOTICE_DELAY_SECONDS = env.float("NOTICE_DELAY_SECONDS", 30.0, validate=validators.ANY_NUMBER)
# Periods of 30 seconds before and after the current one that codes are accepted for, as clocks differ (RFC 6238, 5.2).
MFA_TOTP_TOLERANCE = env.int("MFA_TOTP_TOLERANCE", 1, validate=validators.TOLERANCE)
REQUIRE_SECOND_STEP = env.bool("REQUIRE_SECOND_STEP", False)
# Hours after which staff have to use their second step again.
STAFF_MFA_MAX_AGE_HOURS = env.int("STAFF_MFA_MAX_AGE_HOURS", 12, validate=validators.POSITIVE)
DEBUG = env.bool("DEBUG", False)
EMBEDDED = env.str("PTFI_EMBEDDED", "")
# Networks besides the public one in which receivers of webhooks may be.
WEBHOOK_NETWORKS: list[str] = env.list(
    "WEBHOOK_NETWORKS", ["127.0.0.0/8", "::1/128"] if EMBEDDED else [], validate=validators.networks
)
DATA_DIR = Path(env.str("PTFI_DATA_DIR", "") or BASE_DIR / ".data")
# Signs the heads of people's logs: a key, or a command that signs its standard input with a key kept elsewhere.
LOG_SIGNING_KEY = env.str("LOG_SIGNING_KEY", "", validate=validators.signing_key)
LOG_SIGNING_COMMAND = env.str("LOG_SIGNING_COMMAND", "", validate=validators.command)
# Former keys, so that their signatures can still be checked; with a command, the first one is its key.
LOG_PUBLIC_KEYS: list[str] = env.list("LOG_PUBLIC_KEYS", [], validate=validators.public_keys)
# Where the heads of the tree are published besides the database: an append-only file, and an address.
LOG_HEADS_FILE = env.str("LOG_HEADS_FILE", f"{DATA_DIR}/log-heads.jsonl" if EMBEDDED else "")
LOG_HEADS_URL = env.str("LOG_HEADS_URL", "", validate=validators.WEB_ADDRESS)
# make run leaves its address there, for mails of commands that are run beside it.
SITE_URL_FILE = Path(EMBEDDED or DATA_DIR) / "site-url"
_last = SITE_URL_FILE.read_text() if EMBEDDED and SITE_URL_FILE.is_file() else "http://localhost:8000"
SITE_URL = env.str("SITE_URL", _last).rstrip("/")
HTTPS = env.bool("HTTPS", not EMBEDDED)
# Proxies that each request passes. Their headers are ignored if it is 0, as clients could forge scheme and address.
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 0, validate=validators.ANY_NUMBER)
HSTS_SECONDS = env.int("HSTS_SECONDS", 31_536_000, validate=validators.ANY_NUMBER)
HSTS_SUBDOMAINS = env.bool("HSTS_SUBDOMAINS", True)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])
LOG_LEVEL = env.log_level("LOG_LEVEL", logging.INFO)
# The bearer token for /metrics; without one it can't be read.
METRICS_TOKEN = env.str("METRICS_TOKEN", "", validate=validators.TOKEN)
# With these, web and events processes and the projector's metrics use TLS; without them plain http.
TLS_CERTIFICATE_FILE = env.str("TLS_CERTIFICATE_FILE", "")
TLS_KEY_FILE = env.str("TLS_KEY_FILE", "")
TLS_KEY_PASSWORD = env.str("TLS_KEY_PASSWORD", "")
LOG_FORMAT = env.str("LOG_FORMAT", "line" if EMBEDDED else "json", validate=validate.OneOf(["json", "line"]))

DATABASE = env.dj_db_url("DATABASE_URL")
# Off for poolers that switch sessions between transactions and do not support named prepared statements.
DB_PREPARED_STATEMENTS = env.bool("DB_PREPARED_STATEMENTS", True)
DB_POOL_SIZE = env.int("DB_POOL_SIZE", 12, validate=validators.POSITIVE)
NEO4J_URL = env.str("NEO4J_URL", *default_of("NEO4J_URL"), validate=validators.BOLT)
# The only authority to trust for the graph's certificate; without it, the system's authorities.
NEO4J_CA_FILE = env.str("NEO4J_CA_FILE", "", validate=validators.certificates)
# Seconds that a page waits for the graph before it is shown without it.
GRAPH_TIMEOUT_SECONDS = env.float("GRAPH_TIMEOUT_SECONDS", 2.0, validate=validators.POSITIVE)
# Seconds between polls of an idle projector, and for which a projector may claim a person before others take over.
PROJECTOR_POLL_SECONDS = env.float("PROJECTOR_POLL_SECONDS", 0.05, validate=validators.POSITIVE)
PROJECTOR_LEASE_SECONDS = env.float("PROJECTOR_LEASE_SECONDS", 30.0, validate=validators.POSITIVE)

# Hours without use and days after signing in after which a session ends.
SESSION_IDLE_HOURS = env.int("SESSION_IDLE_HOURS", 72, validate=validators.POSITIVE)
SESSION_MAX_DAYS = env.int("SESSION_MAX_DAYS", 14, validate=validators.POSITIVE)

# Days for which people see the events of their account.
SECURITY_EVENT_DAYS = env.int("SECURITY_EVENT_DAYS", 180, validate=validators.POSITIVE)

# Days for which it is shown, and can be taken back, what an import changed in a waiting suggestion.
SUGGESTION_CHANGES_DAYS = env.int("SUGGESTION_CHANGES_DAYS", 90, validate=validators.POSITIVE)
# Days for which clients find in their feed what became of their suggestions.
FEEDBACK_DAYS = env.int("FEEDBACK_DAYS", 180, validate=validators.POSITIVE)
RECEIPT_DAYS = env.int("RECEIPT_DAYS", 365, validate=validators.POSITIVE)

# Requests that a web process handles at a time. Most of them wait for PostgreSQL's disk, so more than there are cores.
WEB_THREADS = env.int("WEB_THREADS", 8, validate=validators.POSITIVE)
# Seconds for sending a request's head, and its body (plus one for each 1,024 bytes), and without reading a response.
WEB_HEAD_SECONDS = env.float("WEB_HEAD_SECONDS", 20.0, validate=validators.HEAD_SECONDS)
WEB_BODY_SECONDS = env.float("WEB_BODY_SECONDS", 15.0, validate=validators.POSITIVE)
WEB_STALL_SECONDS = env.float("WEB_STALL_SECONDS", 60.0, validate=validators.POSITIVE)

# Where browsers reach the events process: a path, or an address with another port. Without it, pages poll.
EVENTS_URL = env.str("EVENTS_URL", "", validate=validators.EVENTS)
EVENTS_MAX_STREAMS = env.int("EVENTS_MAX_STREAMS", 2_000, validate=validators.POSITIVE)
MEDIA_ORIGINS: list[str] = env.list("MEDIA_ORIGINS", [], validate=validators.origins)

# Requests per minute that the API serves, per person and per client; 0 means unlimited.
API_USER_REQUESTS_PER_MINUTE = env.int("API_USER_REQUESTS_PER_MINUTE", 600, validate=validators.ANY_NUMBER)
API_CLIENT_REQUESTS_PER_MINUTE = env.int("API_CLIENT_REQUESTS_PER_MINUTE", 6_000, validate=validators.ANY_NUMBER)
# The same per network address for the token endpoints, which anyone can call.
TOKEN_REQUESTS_PER_MINUTE = env.int("TOKEN_REQUESTS_PER_MINUTE", 300, validate=validators.ANY_NUMBER)
# Days after which an app has to ask the person again, whatever tokens it has.
GRANT_MAX_DAYS = env.int("GRANT_MAX_DAYS", 180, validate=validators.POSITIVE)

EMAIL = env.dj_email_url("EMAIL_URL", f"file:///{DATA_DIR}/mail" if EMBEDDED else "smtp://localhost:25")
# The installation's name on pages and in e-mails.
MFA_TOTP_ISSUER = PRODUCT_NAME = env.str("PRODUCT_NAME", "PTFI", validate=validators.PRODUCT_NAME)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("DEFAULT_FROM_EMAIL", formataddr((PRODUCT_NAME, "noreply@localhost")))
try:
    env.seal()
    faults = dict[str, list[str]]()
except EnvValidationError as error:
    faults = cast(dict[str, list[str]], error.error_messages)
if "LOG_SIGNING_COMMAND" not in faults and LOG_SIGNING_COMMAND and not (LOG_PUBLIC_KEYS and not LOG_SIGNING_KEY):
    faults["LOG_SIGNING_COMMAND"] = ["Needs its key in LOG_PUBLIC_KEYS, and no LOG_SIGNING_KEY."]
if bool(TLS_CERTIFICATE_FILE) != bool(TLS_KEY_FILE):
    faults["TLS_KEY_FILE" if TLS_CERTIFICATE_FILE else "TLS_CERTIFICATE_FILE"] = ["Missing: TLS takes both files."]
if NEO4J_CA_FILE and not faults.keys() & {"NEO4J_CA_FILE", "NEO4J_URL"} and "+s://" not in NEO4J_URL:
    faults["NEO4J_CA_FILE"] = ["Needs bolt+s:// or neo4j+s:// in NEO4J_URL, which ask for a checked certificate."]
if EMAIL and "EMAIL_BACKEND" not in EMAIL:
    faults["EMAIL_URL"] = ["Not a smtp:// or submission:// address (submission:// has TLS)."]
if faults or variable_faults:
    # If a file could not be read, report the file and not its missing setting.
    faults = {name: reasons for name, reasons in faults.items() if f"{name}_FILE" not in variable_faults}
    lines = [f"{as_set(name)}: {' '.join(reasons)}" for name, reasons in faults.items()]
    lines += [f"{as_set(name)}: {reason}" for name, reason in variable_faults.items()]
    raise ImproperlyConfigured("The environment needs attention:\n  " + "\n  ".join(lines)) from None

# If the network drops a connection silently, this side gives up after 25 seconds, and PostgreSQL ends an idle
# transaction after 30, which bounds how long others wait for its locks. DATABASE_URL can override this.
CONNECTIONS = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
    # With less memory PostgreSQL's bitmaps keep only pages and their rows are checked again: finding a common word
    # among a million suggestions took five times as long.
    "options": "-c idle_in_transaction_session_timeout=30s -c work_mem=32MB",
}
DATABASES = {
    "default": {
        **DATABASE,
        "ENGINE": "ptfi.db.backend",
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            **CONNECTIONS,
            **DATABASE.get("OPTIONS", {}),
            "pool": {"min_size": 1, "max_size": DB_POOL_SIZE, "timeout": 5},
            "prepare_threshold": 5 if DB_PREPARED_STATEMENTS else None,
        },
    }
}

# Holds authorization codes and rate limit counts, so that all processes share them.
CACHES = {
    "default": {
        "BACKEND": "ptfi.oauth.cache.JSONCache",
        "LOCATION": "ptfi_cache",
        "KEY_FUNCTION": "ptfi.oauth.cache.hashed_key",
        # Separates the entries from those of a release that stored pickles.
        "VERSION": 2,
    }
}

# Messages name traits. In the session they end with it; in a cookie the machine's next user could read them.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
ROOT_URLCONF = "ptfi.urls"
WSGI_APPLICATION = "ptfi.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "ptfi.web.language.product",
            ],
            # Nearly every template has texts to translate or that people gave; forms get a key with the CSRF token.
            "builtins": ["django.templatetags.i18n", "ptfi.web.text_filters", "ptfi.web.form_tags"],
            # In the place of the package's own.
            "libraries": {"lucide": "ptfi.web.icons"},
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
# Passkeys require https except on localhost, which browsers trust.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
IDP_OIDC_PRIVATE_KEY = read_pem(OIDC_PRIVATE_KEY)

EMAIL_BACKEND = EMAIL["EMAIL_BACKEND"]
EMAIL_HOST = EMAIL["EMAIL_HOST"]
EMAIL_PORT = EMAIL["EMAIL_PORT"]
EMAIL_HOST_USER = EMAIL["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = EMAIL["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = EMAIL["EMAIL_USE_TLS"], EMAIL["EMAIL_USE_SSL"]
EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_TIMEOUT = 10

# Addresses that the API's own middleware handles: data, not pages.
API_DATA_PATHS = ("/v1/users/", "/v1/ingest/")
REST_FRAMEWORK = {
    "EXCEPTION_HANDLER": "ptfi.api.errors.handler",
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_SCHEMA_CLASS": "ptfi.api.openapi.schema.ApiSchema",
}

LANGUAGE_CODE = "en"
# Each language under its own name, which its speakers can recognize.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "ptfi.formats"
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static", ("bootstrap", bootstrap_wrapper.get_bootstrap_dir())]
# Pages refer to hashed files only, and the others would be compressed as well.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# WhiteNoise adds the character set only to text/… types.
WHITENOISE_MIMETYPES = {".svg": "image/svg+xml; charset=utf-8"}
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["png", "gif", "woff", "woff2", "gz", "br", "map"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# Browsers accept a cookie with this prefix only over https and only from this exact host.
COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_AGE = SESSION_MAX_DAYS * 86_400
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}session"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
CSRF_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
SECURE_HSTS_SECONDS = HSTS_SECONDS if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS and HSTS_SUBDOMAINS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "ptfi.web.error_pages.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "object-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        # Bootstrap's CSS draws check marks and arrows as data: images.
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        # Event streams come from a port of their own unless a proxy serves them under the site's address.
        "connect-src": [SELF, *(["/".join(EVENTS_URL.split("/")[:3])] if "://" in EVENTS_URL else [])],
        "media-src": MEDIA_ORIGINS or [NONE],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "ptfi.telemetry.logs.JsonFormatter"},
        "line": {"()": "ptfi.telemetry.logs.LineFormatter"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": LOG_LEVEL, "propagate": False},
        "neo4j": {"level": "ERROR"},
        # It logs people's credentials.
        "fido2": {"level": "WARNING"},
    },
}
