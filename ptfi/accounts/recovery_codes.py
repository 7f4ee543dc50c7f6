"""Recovery codes, stored like passwords: they are shown once, when they are generated.

The hashes are encrypted as well (ptfi/accounts/sealing.py), because a code is short enough to be guessed from its hash.
"""

import json
import secrets
from typing import Any

from allauth.core import context
from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.http import HttpRequest

from .allauth_internals import RecoveryCodes, normalize_user_code
from .models import User
from .sealing import replace, seal, unseal

KIND = Authenticator.Type.RECOVERY_CODES
HASHES, SEED = "hashes", "seed"
"""Keys in an authenticator's data: the hashes of unused codes; the seed that earlier releases derived codes from."""


class HashedRecoveryCodes(RecoveryCodes):  # type: ignore[misc]
    """Replaces allauth's class, which keeps a seed from which all codes can be derived again."""

    did_view = True
    total = app_settings.RECOVERY_CODE_COUNT

    def __init__(self, instance: Authenticator, codes: list[str] | None = None) -> None:
        self.instance = instance
        self._codes = codes or []

    @classmethod
    def activate(cls, user: User) -> "HashedRecoveryCodes":
        """The person's codes; new ones if there are none, which the current request may show."""
        found = Authenticator.objects.filter(user_id=user.pk, type=KIND).first()
        if found:
            return cls(found)
        codes, hashes = getattr(context.request, "prepared_recovery_codes", None) or _new()
        instance = Authenticator.objects.create(user=user, type=KIND, data=_sealed(user.pk, hashes))
        if context.request:
            context.request.new_recovery_codes = codes
        return cls(instance, codes)

    def generate_codes(self) -> list[str]:
        """The codes, if this request generated them; otherwise none."""
        return self._codes

    def get_unused_codes(self) -> list[str]:
        """A mask for each unused code."""
        return ["*" * app_settings.RECOVERY_CODE_DIGITS] * len(self._unused())

    def validate_code(self, code: str) -> bool:
        """Whether it is one of the unused codes, which it then uses up. Malformed codes are refused without hashing."""
        code = normalize_user_code(code)
        if len(code) != app_settings.RECOVERY_CODE_DIGITS or not (code.isascii() and code.isdigit()):
            return False
        if SEED in self.instance.data:
            return self._validate_of_seed(code)
        return any(check_password(code, each) and self._use(each) for each in self._unused())

    def _validate_of_seed(self, code: str) -> bool:
        """Check the code as allauth does, then store the unused ones as hashes."""
        if not RecoveryCodes(self.instance).validate_code(code):
            return False
        row = Authenticator.objects.get(pk=self.instance.pk)
        replace(row, renewed(row))
        return True

    def _unused(self) -> list[str]:
        """The stored value of each unused code."""
        return _of_seed(self.instance) if SEED in self.instance.data else _hashes(self.instance)

    @transaction.atomic
    def _use(self, hashed: str) -> bool:
        """Use up the code; False if another request has used it, or replaced all codes, in the meantime."""
        row = Authenticator.objects.select_for_update().filter(pk=self.instance.pk).first()
        left = _hashes(row) if row else []
        if row is None or hashed not in left:
            return False
        self.instance = row
        self.instance.data = _sealed(self.instance.user_id, [each for each in left if each != hashed])
        self.instance.save(update_fields=["data"])
        return True


def renewed(row: Authenticator) -> dict[str, Any]:
    """The data to store instead: the same hashes encrypted with the first key, or hashes of the codes of a seed."""
    return _data(row.user, _of_seed(row)) if SEED in row.data else _sealed(row.user_id, _hashes(row))


def prepare_codes(request: HttpRequest, *, replace: bool) -> None:
    """Hash the codes that the request is about to store, before its transaction: ten hashes take seconds.

    replace: new codes take the place of those that the person has.
    """
    if replace or not Authenticator.objects.filter(user=request.user.pk, type=KIND).exists():
        request.prepared_recovery_codes = _new()  # type: ignore[attr-defined]


def new_codes(request: HttpRequest) -> list[str]:
    """The codes that this request has generated."""
    codes: list[str] = getattr(request, "new_recovery_codes", [])
    return codes


def _new() -> tuple[list[str], list[str]]:
    codes = _random_codes()
    return codes, [make_password(each) for each in codes]


def _random_codes() -> list[str]:
    digits, codes = app_settings.RECOVERY_CODE_DIGITS, dict[str, None]()
    while len(codes) < app_settings.RECOVERY_CODE_COUNT:
        codes[f"{secrets.randbelow(10**digits):0{digits}}"] = None
    return list(codes)


def _of_seed(row: Authenticator) -> list[str]:
    codes: list[str] = RecoveryCodes(row).get_unused_codes()
    return codes


def _hashes(row: Authenticator) -> list[str]:
    hashes: list[str] = json.loads(unseal(row.data[HASHES], user_id=row.user_id, kind=KIND))
    return hashes


def _data(user: User, codes: list[str]) -> dict[str, Any]:
    return _sealed(user.pk, [make_password(each) for each in codes])


def _sealed(user_id: Any, hashes: list[str]) -> dict[str, Any]:
    return {HASHES: seal(json.dumps(hashes), user_id=user_id, kind=KIND)}
