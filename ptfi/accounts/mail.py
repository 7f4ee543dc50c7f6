"""E-mails of our own; allauth's go through the adapter."""

from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string

from ptfi.web.language import product, spoken_to


def send_text(name: str, address: str, language: str, context: dict[str, Any]) -> None:
    """Mail the text of this name from templates/account/email. Raises OSError if it can't be sent."""
    said = context | product()
    with spoken_to(language):
        subject = render_to_string(f"account/email/{name}_subject.txt", said).strip()
        message = render_to_string(f"account/email/{name}_message.txt", said)
    send_mail(subject, message, settings.DEFAULT_FROM_EMAIL, [address])
