"""Make the demo's two accounts and its suggestions."""

import json
import os
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from ptfi.accounts.allauth_internals import generate_totp_secret
from ptfi.accounts.mfa import SealedTOTP
from ptfi.accounts.models import User
from ptfi.accounts.recovery_codes import HashedRecoveryCodes
from traits.ingest import batch as ingest
from traits.ingest.parsing import CandidateRecord, parse_line
from traits.ingest.sender import Delivery, begin, digest_of, finish, sender_of
from traits.models import Door
from traits.staff.quality.statistics import refresh

CANDIDATES = Path(__file__).resolve().parents[1] / "demo" / "candidates.jsonl"
PERSON_EMAIL, STAFF_EMAIL = "mira@example.com", "sam@example.com"


class Command(BaseCommand):
    help = (
        "Make the demo: a person with suggestions to review, and staff. Their random passwords, and the second step of"
        " staff, are written to demo-signins.json in the data folder; a repeat changes nothing, or makes new ones if"
        " that file is gone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--force", action="store_true", help="also with databases of your own: makes a superuser")

    def handle(self, *, force: bool, **options: Any) -> None:  # noqa: ARG002
        if not settings.EMBEDDED and not force:
            raise CommandError("The demo makes a superuser, so it is for the embedded services; --force insists.")
        rows = _suggestions()
        sign_ins = settings.DATA_DIR / "demo-signins.json"
        if not (sign_ins.exists() and _accounts_are_there()):
            _write(sign_ins, _make_accounts(rows[0]))
        batch = begin(Delivery(door=Door.COMMAND, name=CANDIDATES.name, digest=digest_of(CANDIDATES.read_bytes())))
        result = ingest.apply(rows, sender=sender_of(batch))
        finish(batch, result.counts())
        refresh()
        self.stdout.write(f"Demo: {result.created} new suggestions. Sign-ins: {sign_ins}")


def _accounts_are_there() -> bool:
    has_second_step = Authenticator.objects.filter(user__email=STAFF_EMAIL, type=Authenticator.Type.TOTP).exists()
    return has_second_step and User.objects.filter(email=PERSON_EMAIL).exists()


def _suggestions() -> list[CandidateRecord]:
    with CANDIDATES.open("rb") as file:
        parsed = [parse_line(line) for line in file]
    rows = [row for row in parsed if isinstance(row, CandidateRecord)]
    if len(rows) < len(parsed):
        raise CommandError(f"{CANDIDATES} holds lines that do not fit.")
    return rows


@transaction.atomic
def _make_accounts(row: CandidateRecord) -> list[dict[str, str]]:
    person, _ = User.objects.get_or_create(external_id=row.external_id, defaults={"display_name": row.display_name})
    if User.objects.filter(email=PERSON_EMAIL).exclude(pk=person.pk).exists():
        raise CommandError(f"{PERSON_EMAIL} is the address of another account.")
    staff, _ = User.objects.get_or_create(email=STAFF_EMAIL, defaults={"display_name": "Sam"})
    staff.is_staff = staff.is_superuser = True
    return [
        _with_password(person, PERSON_EMAIL, f"{row.display_name} (a person)"),
        _with_password(staff, STAFF_EMAIL, "Sam (staff)") | _with_second_step(staff),
    ]


def _with_password(user: User, email: str, who: str) -> dict[str, str]:
    password = secrets.token_urlsafe(12)
    user.email = email
    user.set_password(password)
    user.save()
    EmailAddress.objects.update_or_create(user=user, email=email, defaults={"verified": True, "primary": True})
    return {"who": who, "email": email, "password": password}


def _with_second_step(user: User) -> dict[str, str]:
    """Give staff a second factor: the key for an authenticator app, and recovery codes for trying it without one."""
    Authenticator.objects.filter(user=user).delete()
    secret = generate_totp_secret()
    SealedTOTP.activate(user, secret)
    return {"app_key": secret, "recovery_codes": " ".join(HashedRecoveryCodes.activate(user).generate_codes())}


def _write(path: Path, sign_ins: list[dict[str, str]]) -> None:
    # Written atomically: with a partial file the passwords would not be made again.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(sign_ins, file, indent=2, ensure_ascii=False)
    draft.replace(path)
