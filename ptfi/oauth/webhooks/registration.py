"""Registers the webhook of a confidential client, gives it a new secret, and removes it."""

import datetime as dt
import secrets

from allauth.idp.oidc.models import Client
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from ptfi.oauth.models import Webhook
from ptfi.oauth.registration import is_confidential
from ptfi.oauth.webhooks.signing import PREFIX, encoded, seal
from ptfi.outgoing import addresses

SECRET_BYTES = 32
BOTH = dt.timedelta(hours=48)
"""How long the former secret signs beside the new one: longer than what could not be delivered is tried again."""
MAX_URL = 500


@transaction.atomic
def register_webhook(client_id: str, url: str, *, new_secret: bool = False) -> str:
    """Give a confidential client a webhook, or change its address; returns a new secret, or "" if it keeps its own.

    A changed address is tried at once. Raises ValidationError.
    """
    client = Client.objects.select_for_update().filter(pk=client_id).first()
    check_webhook(client, url)
    known = Webhook.objects.select_for_update().filter(client=client_id).first()
    hook = known or Webhook(client=client)
    hook.url, hook.failures, hook.paused_until = url, 0, None
    made = "" if known and not new_secret else PREFIX + encoded(secrets.token_bytes(SECRET_BYTES))
    if made:
        hook.former_secret, hook.former_until = (known.secret, timezone.now() + BOTH) if known else ("", None)
        hook.secret = seal(made, client_id)
    hook.save()
    return made


def remove_webhook(client_id: str) -> bool:
    """Remove the client's webhook; returns whether it had one. What waits is no longer sent."""
    return bool(Webhook.objects.filter(client=client_id).delete()[0])


def check_webhook(client: Client | None, url: str) -> None:
    """Raise ValidationError unless the client may have a webhook there."""
    if client is None or not is_confidential(client):
        raise ValidationError("Only a confidential client that acts for people can have a webhook.")
    if len(url) > MAX_URL:
        raise ValidationError(f"The address has at most {MAX_URL} characters.")
    if found := addresses.faults(url):
        raise ValidationError(list(found))
    if not settings.WEBHOOK_ENCRYPTION_KEYS:
        raise ValidationError("WEBHOOK_ENCRYPTION_KEYS is not set, so the webhook's secret could not be stored.")
