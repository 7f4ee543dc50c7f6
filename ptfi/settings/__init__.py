"""All settings, read from the environment; every bad or missing variable is reported at once."""

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

BASE_DIR = Path(__file__).resolve().parents[2]
env = Env(eager=False)
variable_faults = use_new_names() | read_secret_files()

# What this process is, which says what secrets it needs: web, events, projector, migrate, or another job.
PROCESS = env.str("PTFI_PROCESS", "web", validate=validate.OneOf(NEEDED))
SECRET_KEY = env.str("SECRET_KEY", *default_of("SECRET_KEY"), validate=validators.secret_key)
# Signs ID tokens, and nothing else.
OIDC_PRIVATE_KEY = env.str("OIDC_PRIVATE_KEY", *default_of("OIDC_PRIVATE_KEY"), validate=validators.private_key)
# Encrypt the secrets of second steps: the first encrypts, all read.
MFA_ENCRYPTION_KEYS: list[str] = env.list("MFA_ENCRYPTION_KEYS", [], validate=validators.encryption_keys)
# Periods of 30 seconds, before and after the present one, whose codes are taken: a code may run out while it is typed,
# and clocks of phones differ by some seconds (RFC 6238, 5.2). With 0, a code lives for 30 seconds.
MFA_TOTP_TOLERANCE = env.int("MFA_TOTP_TOLERANCE", 1, validate=validators.TOLERANCE)
# Everybody needs a second step, not staff alone.
REQUIRE_SECOND_STEP = env.bool("REQUIRE_SECOND_STEP", False)
# Hours after which staff use their second step again.
STAFF_MFA_MAX_AGE_HOURS = env.int("STAFF_MFA_MAX_AGE_HOURS", 12, validate=validators.POSITIVE)
DEBUG = env.bool("DEBUG", False)
EMBEDDED = env.str("PTFI_EMBEDDED", "")
DATA_DIR = Path(env.str("PTFI_DATA_DIR", "") or BASE_DIR / ".data")
# Signs the heads of people's logs: the key, or a command that signs its standard input with a key kept elsewhere.
LOG_SIGNING_KEY = env.str("LOG_SIGNING_KEY", "", validate=validators.signing_key)
LOG_SIGNING_COMMAND = env.str("LOG_SIGNING_COMMAND", "", validate=validators.command)
# Those that signed before, so that it can still be checked; with a command, the first one is its key.
LOG_PUBLIC_KEYS: list[str] = env.list("LOG_PUBLIC_KEYS", [], validate=validators.public_keys)
# Where the heads of the tree go besides the database: a file that is only added to, and an address.
LOG_HEADS_FILE = env.str("LOG_HEADS_FILE", f"{DATA_DIR}/log-heads.jsonl" if EMBEDDED else "")
LOG_HEADS_URL = env.str("LOG_HEADS_URL", "", validate=validators.WEB_ADDRESS)
SITE_URL = env.str("SITE_URL", "http://localhost:8000").rstrip("/")
HTTPS = env.bool("HTTPS", not EMBEDDED)
# Proxies that each request passes; without one a client could claim https, or another's address.
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 0, validate=validators.ANY_NUMBER)
HSTS_SECONDS = env.int("HSTS_SECONDS", 31_536_000, validate=validators.ANY_NUMBER)
HSTS_SUBDOMAINS = env.bool("HSTS_SUBDOMAINS", True)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])
LOG_LEVEL = env.log_level("LOG_LEVEL", logging.INFO)
# Who sends it as a bearer token may read /metrics; without one nobody may.
METRICS_TOKEN = env.str("METRICS_TOKEN", "", validate=validators.TOKEN)
# With these, web and events processes, and a projector's metrics, are served over TLS; without them over plain http.
TLS_CERTIFICATE_FILE = env.str("TLS_CERTIFICATE_FILE", "")
TLS_KEY_FILE = env.str("TLS_KEY_FILE", "")
TLS_KEY_PASSWORD = env.str("TLS_KEY_PASSWORD", "")
LOG_FORMAT = env.str("LOG_FORMAT", "line" if EMBEDDED else "json", validate=validate.OneOf(["json", "line"]))

DATABASE = env.dj_db_url("DATABASE_URL")
# Off where a pooler hands each transaction to another session and knows of no statements prepared by name.
DB_PREPARED_STATEMENTS = env.bool("DB_PREPARED_STATEMENTS", True)
DB_POOL_SIZE = env.int("DB_POOL_SIZE", 8, validate=validators.POSITIVE)
NEO4J_URL = env.str("NEO4J_URL", *default_of("NEO4J_URL"), validate=validators.BOLT)
# The one authority that is trusted with the graph's certificate; without it those that the system trusts.
NEO4J_CA_FILE = env.str("NEO4J_CA_FILE", "", validate=validators.certificates)
# Seconds that a page waits for the graph before it answers without it.
GRAPH_TIMEOUT_SECONDS = env.float("GRAPH_TIMEOUT_SECONDS", 2.0, validate=validators.POSITIVE)
# Seconds between two looks of an idle projector, and how long one may hold a person before others may take over.
PROJECTOR_POLL_SECONDS = env.float("PROJECTOR_POLL_SECONDS", 0.05, validate=validators.POSITIVE)
PROJECTOR_LEASE_SECONDS = env.float("PROJECTOR_LEASE_SECONDS", 30.0, validate=validators.POSITIVE)

# Hours without use, and days after signing in, after which a session ends.
SESSION_IDLE_HOURS = env.int("SESSION_IDLE_HOURS", 72, validate=validators.POSITIVE)
SESSION_MAX_DAYS = env.int("SESSION_MAX_DAYS", 14, validate=validators.POSITIVE)

# For how long a person sees what happened to their account.
SECURITY_EVENT_DAYS = env.int("SECURITY_EVENT_DAYS", 180, validate=validators.POSITIVE)

# Requests that a web process works on at a time.
WEB_THREADS = env.int("WEB_THREADS", 4, validate=validators.POSITIVE)
# Seconds that a client may take: for a request's head, for its body (and one more for each 1,024 bytes of it), and to
# read nothing of an answer.
WEB_HEAD_SECONDS = env.float("WEB_HEAD_SECONDS", 20.0, validate=validators.HEAD_SECONDS)
WEB_BODY_SECONDS = env.float("WEB_BODY_SECONDS", 15.0, validate=validators.POSITIVE)
WEB_STALL_SECONDS = env.float("WEB_STALL_SECONDS", 60.0, validate=validators.POSITIVE)

# Where browsers find the events' process: a path, or an address of another port; without one pages ask now and then.
EVENTS_URL = env.str("EVENTS_URL", "", validate=validators.EVENTS)
EVENTS_MAX_STREAMS = env.int("EVENTS_MAX_STREAMS", 2_000, validate=validators.POSITIVE)

# Requests a minute that the API serves, in each process; 0 is any number.
API_USER_REQUESTS_PER_MINUTE = env.int("API_USER_REQUESTS_PER_MINUTE", 600, validate=validators.ANY_NUMBER)
API_CLIENT_REQUESTS_PER_MINUTE = env.int("API_CLIENT_REQUESTS_PER_MINUTE", 6_000, validate=validators.ANY_NUMBER)
# The same for one network address where tokens are given out, which it costs nothing to call.
TOKEN_REQUESTS_PER_MINUTE = env.int("TOKEN_REQUESTS_PER_MINUTE", 300, validate=validators.ANY_NUMBER)
# Days after which an app asks the person again, whatever tokens it has.
GRANT_MAX_DAYS = env.int("GRANT_MAX_DAYS", 180, validate=validators.POSITIVE)

EMAIL = env.dj_email_url("EMAIL_URL", f"file:///{DATA_DIR}/mail" if EMBEDDED else "smtp://localhost:25")
# What this installation calls itself on pages and in e-mails.
PRODUCT_NAME = env.str("PRODUCT_NAME", "PTFI", validate=validators.PRODUCT_NAME)
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
    # What a file was to give is missing, which is the file's fault.
    faults = {name: reasons for name, reasons in faults.items() if f"{name}_FILE" not in variable_faults}
    lines = [f"{as_set(name)}: {' '.join(reasons)}" for name, reasons in faults.items()]
    lines += [f"{as_set(name)}: {reason}" for name, reason in variable_faults.items()]
    raise ImproperlyConfigured("The environment needs attention:\n  " + "\n  ".join(lines)) from None

# Where the network takes a connection away without a word, this side gives it up after 25 seconds, and PostgreSQL ends
# a transaction that stands still after 30, so that nobody waits longer for its locks. DATABASE_URL may say otherwise.
CONNECTIONS = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
    # With less memory PostgreSQL notes only on which pages many rows are, and looks through those once more: among a
    # million suggestions, finding a usual word took five times as long.
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

# Authorization codes and the counts of rate limits, so that all processes see the same.
CACHES = {
    "default": {
        "BACKEND": "ptfi.oauth.cache.JSONCache",
        "LOCATION": "ptfi_cache",
        "KEY_FUNCTION": "ptfi.oauth.cache.hashed_key",
        # Processes of a release that wrote pickles here count under keys of their own.
        "VERSION": 2,
    }
}

INSTALLED_APPS = [
    "ptfi.apps.StaffPages",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "ptfi.apps.StaticFiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.idp.oidc",
    "allauth.mfa",
    "allauth.usersessions",
    "corsheaders",
    "csp",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "lucide",
    "ptfi.apps.PtfiConfig",
    "ptfi.accounts",
    "ptfi.api",
    "ptfi.oauth",
    "rest_framework",
    "traits",
    "graph",
]

MIDDLEWARE = [
    "ptfi.web.headers.HeadersMiddleware",
    "ptfi.telemetry.middleware.TelemetryMiddleware",
    "ptfi.health.HealthMiddleware",
    # Before whatever may answer, so that browsers may read errors, too.
    "corsheaders.middleware.CorsMiddleware",
    "ptfi.web.transport.TransportMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "ptfi.api.middleware.ApiMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "ptfi.accounts.middleware.SessionLifetimeMiddleware",
    "ptfi.accounts.middleware.LanguageMiddleware",
    "ptfi.accounts.middleware.TimeZoneMiddleware",
    "ptfi.accounts.middleware.PrivatePagesMiddleware",
    "ptfi.accounts.middleware.SecondStepMiddleware",
    "ptfi.web.error_pages.ErrorMiddleware",
]

# Messages name traits: in the session they go with it, in a cookie the next person at the machine would read them.
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
            # Nearly every template has texts to translate.
            "builtins": ["django.templatetags.i18n"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
# Passkeys need https everywhere but on localhost, which browsers trust.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
IDP_OIDC_PRIVATE_KEY = read_pem(OIDC_PRIVATE_KEY)

EMAIL_BACKEND = EMAIL["EMAIL_BACKEND"]
EMAIL_HOST = EMAIL["EMAIL_HOST"]
EMAIL_PORT = EMAIL["EMAIL_PORT"]
EMAIL_HOST_USER = EMAIL["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = EMAIL["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = EMAIL["EMAIL_USE_TLS"]
EMAIL_USE_SSL = EMAIL["EMAIL_USE_SSL"]
EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_TIMEOUT = 10

# What the API's own middleware answers: data, and no pages.
API_DATA_PATHS = ("/v1/users/", "/v1/ingest/")
REST_FRAMEWORK = {
    "EXCEPTION_HANDLER": "ptfi.api.errors.handler",
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_SCHEMA_CLASS": "ptfi.api.openapi.schema.ApiSchema",
}

LANGUAGE_CODE = "en"
# Each in its own words: whoever looks for theirs may not know the others.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "ptfi.formats"
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static", ("bootstrap", bootstrap_wrapper.get_bootstrap_dir())]
# Pages name no others, and each would be compressed twice.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# It names the character set of text/… alone.
WHITENOISE_MIMETYPES = {".svg": "image/svg+xml; charset=utf-8"}
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["png", "gif", "woff", "woff2", "gz", "br", "map"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# Browsers take a cookie of that prefix from this very host alone, over https.
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
        # Bootstrap's own CSS draws its check marks and arrows as data: images.
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        # Streams of events come from a port of their own where nothing puts them under the site's.
        "connect-src": [SELF, *(["/".join(EVENTS_URL.split("/")[:3])] if "://" in EVENTS_URL else [])],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
# The longest body a page form may send; the largest legitimate one is a bulk selection or long notes.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
# Files of a form are not in that; the largest that any page takes has 4 MB.
UPLOAD_MAX_BYTES = 5 * 1_048_576
FILE_UPLOAD_HANDLERS = [
    "ptfi.web.uploads.BoundedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

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
        # It names the credentials of people.
        "fido2": {"level": "WARNING"},
    },
}
