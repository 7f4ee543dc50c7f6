"""Settings of accounts, second steps and tokens that are the same in every installation."""

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "ptfi.accounts.hashing.StrongScryptHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "ptfi.accounts.passwords.GuessabilityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "ptfi.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# People are notified of changes of password, addresses and second steps, in case someone else made them.
ACCOUNT_EMAIL_NOTIFICATIONS = True
# Such changes require that the person authenticated within this many seconds.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
# Failures are limited per network address, and per account only loosely, or anyone could lock others out with wrong
# passwords. They are separate limits, because allauth resets login_failed when a sign-in succeeds. For codes see
# ptfi/accounts/code_limits.py.
ACCOUNT_RATE_LIMITS = {"login_failed": "100/300s/key", "failed_by_address": "10/m/ip", "recovery_codes": "5/h/user"}
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
MFA_ADAPTER = "ptfi.accounts.mfa.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# Only their hashes are stored, so they cannot be shown again.
MFA_RECOVERY_CODES_SHOW_ONCE = True
ACCOUNT_FORMS = {
    "signup": "ptfi.accounts.forms.SignupForm",
    "change_password": "ptfi.oauth.forms.ChangePasswordForm",
    "set_password": "ptfi.oauth.forms.SetPasswordForm",
    "reset_password_from_key": "ptfi.oauth.forms.ResetPasswordForm",
}
MFA_FORMS = {
    "add_webauthn": "ptfi.accounts.forms.AddPasskeyForm",
    "authenticate": "ptfi.accounts.forms.MfaForm",
    "reauthenticate": "ptfi.accounts.forms.MfaReauthenticateForm",
}

IDP_OIDC_ADAPTER = "ptfi.oauth.adapter.OIDCAdapter"
# In seconds; it bounds how long a stolen access token works.
IDP_OIDC_ACCESS_TOKEN_EXPIRES_IN = 600
IDP_OIDC_AUTHORIZATION_CODE_EXPIRES_IN = 60
IDP_OIDC_REFRESH_TOKEN_EXPIRES_IN = 30 * 86_400
IDP_OIDC_ROTATE_REFRESH_TOKEN = True
IDP_OIDC_ACCESS_TOKEN_FORMAT = "opaque"  # noqa: S105 (a format)
IDP_OIDC_INTROSPECTION_ENABLED = IDP_OIDC_DCR_ENABLED = IDP_OIDC_CIMD_ENABLED = False
# Allowed origins are those that clients registered (ptfi.oauth.cors).
CORS_URLS_REGEX = r"^/(v1/|\.well-known/(openid-configuration|jwks\.json)$|identity/o/api/(token|revoke|userinfo)$)"
# Apps with tracing add headers of their own to every request. PTFI reads x-request-id and ignores the others.
TRACING = (
    *(
        "x-request-id",
        "x-correlation-id",
        "traceparent",
        "tracestate",
        "baggage",
        "sentry-trace",
        "b3",
        "uber-trace-id",
    ),
    *("x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags", "x-amzn-trace-id"),
    *("x-datadog-trace-id", "x-datadog-parent-id", "x-datadog-origin", "x-datadog-sampling-priority", "x-datadog-tags"),
    *("x-cloud-trace-context", "newrelic", "elastic-apm-traceparent", "request-id", "request-context"),
    *("x-trace-id", "x-span-id", "x-client-trace-id", "x-ot-span-context", "ot-tracer-traceid", "ot-tracer-spanid"),
    *("ot-tracer-sampled", "x-instana-t", "x-instana-s", "x-instana-l", "sw8", "sw8-correlation", "sw8-x", "ms-cv"),
    *("x-dynatrace", "x-honeycomb-trace"),
)
CORS_ALLOW_HEADERS = ["authorization", "content-type", "content-encoding", "idempotency-key", *TRACING]
CORS_EXPOSE_HEADERS = ["Retry-After", "RateLimit", "RateLimit-Policy", "X-Request-ID", "Idempotent-Replayed"]
CORS_PREFLIGHT_MAX_AGE = 600
