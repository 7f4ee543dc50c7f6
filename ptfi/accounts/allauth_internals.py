"""allauth's private parts that we use; they are imported only through this module.

Before upgrading allauth, read its changes to what is here and to its ``idp.oidc`` views, run the tests, and set
CHECKED_WITH. The format of an authenticator's data (``ptfi/accounts/mfa.py``) and the columns of the token table
(``ptfi/api/authentication.py``) are private as well.
"""

from typing import Any

# The key in the session of a sign-in that awaits its second step.
from allauth.account.internal.stagekit import LOGIN_SESSION_KEY

# The code as allauth compares it, without spaces, so that a used code is recognized however it is typed.
from allauth.core.internal.cryptokit import normalize_user_code as normalize_user_code

# An IP address in its normal form, without a port; None if the text is not an address.
from allauth.core.internal.httpkit import clean_client_ip as clean_client_ip

# The credentials as allauth's own endpoints read them: parsing them differently could check one client and serve
# another.
from allauth.core.internal.httpkit import extract_basic_auth as extract_basic_auth

# A lock in the cache, so that concurrent processes do not overwrite each other's values.
from allauth.core.internal.ratelimit import cache_lock as cache_lock

# An attempt against a rate limit that can be rolled back, which allauth's public interface does not offer.
from allauth.core.internal.ratelimit import consume as consume

# The address (for IPv6, the network) that allauth's rate limits count by; the adapter determines it.
from allauth.core.internal.ratelimit import get_ip as get_ip

# Recovery codes and authenticator apps as allauth stores them; ptfi/accounts/mfa.py replaces both.
from allauth.mfa.recovery_codes.internal import auth as _recovery_codes
from allauth.mfa.recovery_codes.internal import flows as _recovery_flows
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes as RecoveryCodes
from allauth.mfa.totp.internal import auth as _totp
from allauth.mfa.totp.internal import flows as _totp_flows
from allauth.mfa.totp.internal.auth import TOTP as TOTP

# A secret for the demo's accounts: allauth has no public way to create one without a browser.
from allauth.mfa.totp.internal.auth import generate_totp_secret as generate_totp_secret
from allauth.mfa.totp.internal.auth import validate_totp_code as validate_totp_code
from django.http import HttpRequest

CHECKED_WITH = "65.21.1"
"""The version of allauth that all of this was last checked with."""


def authorization_request(view: Any) -> dict[str, Any] | None:
    """The client's request as allauth's AuthorizationView has parsed and checked it; None before that."""
    info: dict[str, Any] | None = getattr(view, "_request_info", None)
    return info


def sign_in_goal(request: HttpRequest) -> str:
    """Where a sign-in that awaits its second step leads; "" without one."""
    pending = request.session.get(LOGIN_SESSION_KEY)
    return (pending.get("redirect_url") or "") if isinstance(pending, dict) else ""


def use_classes(*, totp: type, recovery_codes: type) -> None:
    """Replace allauth's classes with these; allauth has no setting for it."""
    _totp.TOTP = _totp_flows.TOTP = totp
    _recovery_codes.RecoveryCodes = _recovery_flows.RecoveryCodes = recovery_codes
