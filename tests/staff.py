"""Staff at work in the Django admin."""

from django.test import Client

REASON = "T-17, she asked why."


def give_reason(client: Client, address: str, reason: str = REASON) -> None:
    """Answer the page that asks why staff look; the session is not asked again about that person."""
    answer = client.post(address, {"access_reason": reason})
    assert answer.status_code == 302, answer.content.decode()
    assert answer["Location"] == address
