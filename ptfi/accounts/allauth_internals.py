"""The parts of allauth that it does not promise to keep; every use of them goes through this module.

Before an upgrade of allauth, read its changes to what is here and to its ``idp.oidc`` views, run the tests, and set
CHECKED_WITH. The shape of an authenticator's data (``ptfi/accounts/mfa.py``) and the columns of its table of tokens
(``ptfi/api/authentication.py``) are no part of its promises either.
"""

from typing import Any

# The code as allauth compares it, without spaces: a code typed in two ways must count as one that was used.
from allauth.core.internal.cryptokit import normalize_user_code as normalize_user_code

# An IP address in its normal form, without a port; None if the text is not an address.
from allauth.core.internal.httpkit import clean_client_ip as clean_client_ip

# The credentials as allauth's own endpoints read them: another reading could check one client and serve another one.
from allauth.core.internal.httpkit import extract_basic_auth as extract_basic_auth

# A lock in the cache: what is read and written under it is not lost to another process.
from allauth.core.internal.ratelimit import cache_lock as cache_lock

# An attempt against a limit, which can be rolled back; what allauth offers publicly cannot.
from allauth.core.internal.ratelimit import consume as consume

# The address (of IPv6, the network) by which allauth's own rate limits count; the adapter says whose it is.
from allauth.core.internal.ratelimit import get_ip as get_ip

# Recovery codes and authenticator apps as allauth stores them, which ptfi/accounts/mfa.py does in its own way.
from allauth.mfa.recovery_codes.internal import auth as _recovery_codes
from allauth.mfa.recovery_codes.internal import flows as _recovery_flows
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes as RecoveryCodes
from allauth.mfa.totp.internal import auth as _totp
from allauth.mfa.totp.internal import flows as _totp_flows
from allauth.mfa.totp.internal.auth import TOTP as TOTP

# A secret for the demo's accounts: allauth has no public way to make one without a browser.
from allauth.mfa.totp.internal.auth import generate_totp_secret as generate_totp_secret
from allauth.mfa.totp.internal.auth import validate_totp_code as validate_totp_code

CHECKED_WITH = "65.21.1"
"""The version of allauth for which all of this was last checked."""


def authorization_request(view: Any) -> dict[str, Any] | None:
    """What allauth's AuthorizationView has read and checked of the client's request; None before it has."""
    info: dict[str, Any] | None = getattr(view, "_request_info", None)
    return info


def use_classes(*, totp: type, recovery_codes: type) -> None:
    """Put these in the place of allauth's, for which it has no setting."""
    _totp.TOTP = _totp_flows.TOTP = totp
    _recovery_codes.RecoveryCodes = _recovery_flows.RecoveryCodes = recovery_codes
