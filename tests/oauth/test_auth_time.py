"""When the person last proved who they are: clients are told, and may ask for a newer proof."""

import time
from typing import Any

import jwt
import pytest
from django.test import Client
from django.urls import reverse

from ptfi.accounts.models import User
from tests.support.account_pages import age_sign_in, sign_in
from tests.support.cast import PASSWORD
from tests.support.oauth import code_for, exchange, make_client, pkce, question, refresh, sent_back, tokens_of

pytestmark = pytest.mark.django_db


def claims_of(tokens: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    return found


def test_id_tokens_say_when_the_person_proved_who_they_are(alice: User, client: Client) -> None:
    app = make_client()
    sign_in(client, alice.email or "")
    age_sign_in(client, 200)
    made = tokens_of(exchange(code_for(client, app)))
    assert 199 <= time.time() - claims_of(made)["auth_time"] <= 210
    assert claims_of(tokens_of(refresh(app, made["refresh_token"])))["auth_time"] == claims_of(made)["auth_time"]


def test_max_age_wants_a_newer_proof(alice: User, client: Client) -> None:
    app = make_client()
    address = question(app, pkce()[1], max_age="100")
    assert client.get(address)["Location"].startswith(reverse("account_login"))
    sign_in(client, alice.email or "")
    assert client.get(address).status_code == 200
    age_sign_in(client, 101)
    asked = client.get(address)["Location"]
    assert asked.startswith(reverse("account_reauthenticate"))
    assert client.get(question(app, pkce()[1], max_age="200")).status_code == 200
    silent = question(app, pkce()[1], ["openid"], max_age="100", prompt="none")
    assert sent_back(client.get(silent))["error"] == "login_required"  # type: ignore[arg-type]
    back = client.post(asked, {"password": PASSWORD})["Location"]
    assert client.get(back).status_code == 200


@pytest.mark.parametrize("prompt", [None, "login", "login consent"])
def test_a_max_age_of_nothing_asks_once(alice: User, client: Client, prompt: str | None) -> None:
    sign_in(client, alice.email or "")
    asked = client.get(question(make_client(), pkce()[1], max_age="0", prompt=prompt))["Location"]
    assert asked.startswith(reverse("account_reauthenticate"))
    assert client.get(client.post(asked, {"password": PASSWORD})["Location"]).status_code == 200


@pytest.mark.parametrize("age", ["-1", "soon", "1.5", "9" * 30])
def test_a_max_age_that_is_none_is_refused(as_alice: Client, age: str) -> None:
    told = sent_back(as_alice.get(question(make_client(), pkce()[1], max_age=age)))  # type: ignore[arg-type]
    assert told["error"] == "invalid_request"
