"""What happens to an account is on its person's page, in the log without a text, and counted."""

import datetime as dt
import json
import logging
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from prometheus_client import REGISTRY

from ptfi.accounts.models import SecurityEvent, SecurityEventKind, User
from ptfi.oauth.scopes import READ_TRAITS
from ptfi.telemetry.logs import fields
from tests.support.account_pages import NEW_PASSWORD, reauthenticate, sign_in
from tests.support.cast import PASSWORD, SignedIn
from tests.support.oauth import code_for, exchange, make_client, refresh, tokens_of
from tests.support.pages import Html
from tests.support.staff import give_reason

pytestmark = pytest.mark.django_db
PAGE = reverse("account_activity")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile Safari/604"
SCOPES = ("openid", READ_TRAITS)


def kinds(user: User) -> list[str]:
    return list(SecurityEvent.objects.filter(user=user).order_by("pk").values_list("kind", flat=True))


def counted(kind: str) -> float:
    return REGISTRY.get_sample_value("ptfi_security_events_total", {"event": kind}) or 0.0


def from_browser(user_agent: str, address: str = "203.0.113.77") -> Client:
    return Client(headers={"user-agent": user_agent}, REMOTE_ADDR=address)


def test_the_page_shows_ones_own_events(alice: User, bob: User, signed_in: SignedIn) -> None:
    client = from_browser(FIREFOX)
    sign_in(client, alice.email or "", "wrong")
    sign_in(client, alice.email or "")
    text = Html(client.get(PAGE)).text
    assert text.index("Signed in") < text.index("Sign-in failed: wrong password")
    assert "Firefox on Linux" in text
    assert "203.0.113.0/24" in text
    assert "203.0.113.77" not in text
    other = Html(signed_in(bob).get(PAGE)).text
    assert "Sign-in failed" not in other
    assert "Firefox" not in other
    assert Client().get(PAGE).status_code == 302


def test_the_log_names_ids_and_no_texts(alice: User, caplog: pytest.LogCaptureFixture) -> None:
    before = counted("sign_in_failed")
    with caplog.at_level(logging.INFO, "ptfi.security"):
        sign_in(from_browser(FIREFOX, "2001:db8:1:2::3"), alice.email or "", "wrong")
        sign_in(from_browser(FIREFOX), "nobody-here@example.com", "wrong")
    known, unknown = (fields(record) for record in caplog.records if record.name == "ptfi.security")
    assert (known["event"], known["user"], known["address"]) == ("sign_in_failed", str(alice.pk), "2001:db8:1::/48")
    assert (unknown["event"], unknown["address"], "user" in unknown) == ("sign_in_failed", "203.0.113.0/24", False)
    assert not any(word in f"{known}{unknown}" for word in ("example.com", "Firefox", "wrong", "2001:db8:1:2"))
    assert counted("sign_in_failed") == before + 2
    assert kinds(alice) == ["sign_in_failed"]


def test_changes_of_the_account_are_there(alice: User) -> None:
    client = from_browser(FIREFOX)
    sign_in(client, alice.email or "")
    reauthenticate(client)
    client.post(reverse("account_email"), {"action_add": "", "email": "second@example.com"})
    client.post(reverse("account_email"), {"action_remove": "", "email": "second@example.com"})
    old_and_new = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    client.post(reverse("account_change_password"), old_and_new | {"disconnect_apps": "on"})
    client.post(reverse("account_logout"))
    found = ["signed_in", "email_added", "email_removed", "apps_disconnected", "password_changed", "signed_out"]
    assert [kind for kind in kinds(alice) if kind in found] == found


def test_a_new_browser_or_network_is_told_by_mail(alice: User, mailoutbox: list[EmailMessage]) -> None:
    sign_in(from_browser(FIREFOX), alice.email or "")
    sign_in(from_browser(FIREFOX, "203.0.113.200"), alice.email or "")
    assert mailoutbox == []
    sign_in(from_browser(SAFARI), alice.email or "")
    sign_in(from_browser(FIREFOX, "198.51.100.1"), alice.email or "")
    assert [mail.subject for mail in mailoutbox] == ["New sign-in to your account"] * 2
    assert "203.0.113.77" in mailoutbox[0].body
    sign_in(from_browser(SAFARI), alice.email or "")
    assert len(mailoutbox) == 2


def test_apps_come_and_go(alice: User, mailoutbox: list[EmailMessage], settings: Any) -> None:
    app, client = make_client(), Client()
    sign_in(client, alice.email or "")
    first = tokens_of(exchange(code_for(client, app, SCOPES)))
    second = tokens_of(refresh(app, first["refresh_token"]))
    tokens_of(refresh(app, second["refresh_token"]))
    assert refresh(app, first["refresh_token"], scope="openid").status_code == 400
    assert kinds(alice)[1:] == ["app_connected", "token_reused"]
    assert app.name in Html(client.get(PAGE)).text
    assert [mail.subject for mail in mailoutbox] == ["An app was disconnected from your account"]
    assert app.name in mailoutbox[0].body
    tokens_of(exchange(code_for(client, app, SCOPES)))
    client.post(reverse("connected_apps"), {"client": app.pk})
    assert kinds(alice)[-2:] == ["app_connected", "app_disconnected"]


def test_refused_tokens_are_logged_without_what_callers_write(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "ptfi.security"):
        exchange({"grant_type": "authorization_code", "client_id": "a secret word", "code": "another"})
    (said,) = (fields(record) for record in caplog.records if record.name == "ptfi.security")
    assert said["event"] == "token_refused"
    assert "word" not in str(said)


def test_what_staff_see_is_logged(
    alice: User, sam: User, signed_in: SignedIn, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "ptfi.security"):
        give_reason(signed_in(sam), f"/admin/accounts/user/{alice.pk}/change/")
    looks = [fields(record) for record in caplog.records if getattr(record, "said", {}).get("event") == "staff_looked"]
    assert [(look["user"], look["actor"]) for look in looks] == [(str(alice.pk), str(sam.pk))]


def test_old_events_go(alice: User, settings: Any) -> None:
    settings.SECURITY_EVENT_DAYS = 7
    for days in (8, 6):
        at = timezone.now() - dt.timedelta(days=days)
        SecurityEvent.objects.create(user=alice, kind=SecurityEventKind.EMAIL_ADDED, created_at=at)
    sign_in(Client(), alice.email or "")
    assert kinds(alice) == ["email_added", "signed_in"]


def test_the_list_is_paged(alice: User, signed_in: SignedIn, django_assert_max_num_queries: Any) -> None:
    client = signed_in(alice)
    SecurityEvent.objects.bulk_create(
        SecurityEvent(user=alice, kind=SecurityEventKind.SIGNED_IN, browser=f"Browser {number}") for number in range(70)
    )
    with django_assert_max_num_queries(6):
        first = Html(client.get(PAGE))
    assert first.text.count("Browser ") == 50
    more = first.attribute("a[rel=next]", "href")
    rest = Html(client.get(f"{PAGE}{more}"))
    assert rest.text.count("Browser ") == 20
    assert client.get(PAGE, {"after": "x\0_y"}).status_code == 200


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_export_has_them(alice: User) -> None:
    client = from_browser(FIREFOX)
    sign_in(client, alice.email or "")
    answer: Any = client.get("/v1/users/me/persona/export")
    (event,) = json.loads(b"".join(answer.streaming_content))["securityEvents"]
    assert (event["kind"], event["network"], event["browser"]) == ("signed_in", "203.0.113.0/24", "Firefox on Linux")


def test_the_log_says_how_somebody_signed_in(alice: User, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "ptfi.security"):
        sign_in(from_browser(FIREFOX), alice.email or "")
    (said,) = (fields(record) for record in caplog.records if record.name == "ptfi.security")
    assert (said["event"], said["ways"]) == ("signed_in", "password")
