"""HTTP Basic as clients send it: form-encoded, as RFC 6749 (2.3.1) says, or as it is."""

import base64
from typing import Any
from urllib.parse import quote_plus

import pytest
from allauth.idp.oidc.models import Client as OAuthClient

from tests.support.oauth import exchange, make_pipeline, tokens_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def pipeline() -> OAuthClient:
    return make_pipeline()[0]


def basic(client_id: str, secret: str) -> Any:
    written = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return exchange({"grant_type": "client_credentials"}, headers={"Authorization": f"Basic {written}"})


def test_secrets_are_the_same_however_they_are_written() -> None:
    client, secret = make_pipeline()
    assert quote_plus(secret) == secret
    assert len(secret) == 64
    tokens_of(basic(client.pk, secret))


@pytest.mark.parametrize("secret", [")^(*+%&!=:", "50%25 off", "a+b", "%zz", "ü %20", "100%"])
def test_secrets_of_before_are_taken_encoded_and_as_they_are(pipeline: OAuthClient, secret: str) -> None:
    pipeline.set_secret(secret)
    pipeline.save()
    tokens_of(basic(pipeline.pk, secret))
    tokens_of(basic(pipeline.pk, quote_plus(secret)))
    assert basic(pipeline.pk, quote_plus(quote_plus(secret)) + "%20").status_code == 401


@pytest.mark.parametrize("secret", ["wrong", "%77rong", "%00", "%ff"])
def test_a_wrong_secret_is_told_how_to_come_back(pipeline: OAuthClient, secret: str) -> None:
    refused = basic(pipeline.pk, secret)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert refused["WWW-Authenticate"].startswith("Basic ")
