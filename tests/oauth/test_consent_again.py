"""The consent page after its session has ended: the request of the client goes on where it was."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from ptfi.accounts.models import User
from tests.support.cast import PASSWORD, client_of
from tests.support.oauth import consent, consent_page, make_client, pkce, question, sent_back
from tests.support.pages import Html

pytestmark = pytest.mark.django_db
FORM = "form[action^='/identity/o/authorize']"


def test_a_session_that_ended_at_the_question_leads_back_to_the_same_question(alice: User) -> None:
    """The client waits for an answer to this request; another one would have lost its state and its challenge."""
    browser = client_of(alice, proven=True)
    address = question(make_client(), pkce()[1], state="of this request", resource=None, nonce="n-1")
    page = consent_page(browser, address)
    form = Html(page).fields(FORM)
    visitor = Client()
    asked = visitor.post(Html(page).attribute(FORM, "action"), form | {"action": "grant"})
    assert parse_qs(urlsplit(asked["Location"]).query) == {"next": [address]}
    again = visitor.post(asked["Location"], {"login": alice.email, "password": PASSWORD})
    assert again["Location"] == address
    assert sent_back(consent(visitor, again["Location"]))["state"] == "of this request"
