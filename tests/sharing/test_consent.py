"""What people tick on the consent page becomes the grant: the least first, and never more than the app asked for."""

import json
from typing import Any

import pytest
from django.test import Client

from ptfi.accounts.models import User
from ptfi.oauth.scopes import EXPORT, MANAGE_TRAITS, READ_TRAITS
from tests.support.api import Api
from tests.support.cast import SignedIn, client_of, confirmed_trait
from tests.support.oauth import (
    AUTHORIZE,
    consent_page,
    exchange,
    keep_grant,
    make_client,
    pkce,
    question,
    sent_back,
    tokens_of,
)
from traits.models import Grant
from traits.sharing.grants import Terms

pytestmark = pytest.mark.django_db
SCOPES = ("openid", READ_TRAITS, MANAGE_TRAITS, EXPORT)


@pytest.fixture
def browser(alice: User) -> Client:
    return client_of(alice, proven=True)


def ticked(page: Any, field: str) -> list[str]:
    """The values of the boxes that are ticked."""
    form = page.context["form"] if field == "scopes" else page.context["parts"][0][1]
    return [box.data["value"] for box in form[field] if box.data["selected"]]


def answered(browser: Client, page: Any, **ticks: Any) -> Any:
    form = page.context["form"]
    answer = {"request": form.initial["request"], "action": "grant", "scopes": list(SCOPES)}
    return browser.post(AUTHORIZE, answer | {f"share-{name}": value for name, value in ticks.items()})


def asked(details: Any, **changes: Any) -> str:
    _, challenge = pkce()
    text = details if isinstance(details, str) else json.dumps(details)
    return question(make_client(), challenge, SCOPES, authorization_details=text, **changes)


def test_the_least_is_ticked_at_first(browser: Client, alice: User) -> None:
    confirmed_trait(alice)
    page = consent_page(browser, question(make_client(), pkce()[1], SCOPES))
    assert ticked(page, "scopes") == ["openid", READ_TRAITS]
    assert set(ticked(page, "categories")).isdisjoint({"PhilosophicalStance", "EmotionalResponsePattern"})
    assert len(ticked(page, "categories")) == 7
    assert ticked(page, "contexts") == ["everywhere"]
    form = page.context["parts"][0][1]
    assert {field.name: field.value() for field in form.flags()} == {
        "styles": True,
        "evidence": False,
        "suggest": False,
    }


def test_what_is_ticked_holds_and_is_told(browser: Client, alice: User) -> None:
    trait = confirmed_trait(alice)
    client, (verifier, challenge) = make_client(), pkce()
    page = consent_page(browser, question(client, challenge, SCOPES))
    code = sent_back(answered(browser, page, categories=["Skill"], contexts=["everywhere"], evidence="on"))["code"]
    data = {"grant_type": "authorization_code", "client_id": client.pk, "code": code, "code_verifier": verifier}
    made = tokens_of(exchange(data | {"redirect_uri": client.get_redirect_uris()[0]}))
    detail = {"type": "ptfi_persona", "categories": ["Skill"], "contexts": ["everywhere"]}
    flags = {"evidence": True, "styles": False, "write": True, "suggest": False}
    assert made["authorization_details"] == [detail | flags]
    api = Api(made["access_token"])
    assert api.get(f"/traits/{trait.pk}")[0] == 404
    keep_grant(alice, client, Terms(categories=["Interest"], contexts=["everywhere"]))
    assert api.get(f"/traits/{trait.pk}")[1]["evidence"] == []


def test_empty_lists_grant_nothing(browser: Client, alice: User) -> None:
    trait, client = confirmed_trait(alice), make_client()
    page = consent_page(browser, question(client, pkce()[1], SCOPES))
    assert answered(browser, page, categories=["Interest"]).status_code == 302
    grant = Grant.objects.get(user=alice)
    assert (grant.categories, grant.contexts, grant.evidence) == (["Interest"], [], False)
    assert trait.category == "Interest"


def test_details_limit_what_is_offered(browser: Client) -> None:
    address = asked([{"type": "ptfi_persona", "categories": ["Skill"], "contexts": ["work"], "evidence": True}])
    page = consent_page(browser, address)
    assert ticked(page, "categories") == ["Skill"]
    assert ticked(page, "contexts") == ["work"]
    assert [field.name for field in page.context["parts"][0][1].flags()] == ["evidence"]
    refused = answered(browser, page, categories=["Interest"], contexts=["everywhere"])
    assert refused.status_code == 422
    assert not Grant.objects.exists()
    assert answered(browser, page, categories=["Skill"], contexts=["work"], styles="on").status_code == 302
    assert not Grant.objects.get().styles


@pytest.mark.parametrize(
    "details",
    [
        "nonsense",
        "{}",
        "[]",
        "[1]",
        [{}],
        [{"type": "other"}],
        [{"type": "ptfi_persona", "unknown": 1}],
        [{"type": "ptfi_persona", "categories": []}],
        [{"type": "ptfi_persona", "categories": "Skill"}],
        [{"type": "ptfi_persona", "categories": ["Nothing"]}],
        [{"type": "ptfi_persona", "contexts": ["\u0000"]}],
        [{"type": "ptfi_persona", "contexts": ["x" * 101]}],
        [{"type": "ptfi_persona", "evidence": "yes"}],
        [{"type": "ptfi_persona"}, {"type": "ptfi_persona"}],
        '[{"type": "ptfi_persona", "type": "ptfi_persona"}]',
        "[" * 9_000,
        [{"type": ["ptfi_persona"]}],
    ],
)
def test_faulty_details_have_an_error_of_their_own(browser: Client, details: Any) -> None:
    response: Any = browser.get(asked(details))
    assert sent_back(response)["error"] == "invalid_authorization_details"


def test_the_token_endpoint_takes_no_details(alice: User) -> None:
    response: Any = exchange(
        {"grant_type": "authorization_code", "client_id": "x", "code": "y", "authorization_details": "[]"}
    )
    assert (response.status_code, response.json()["error"]) == (400, "invalid_authorization_details")


def test_the_metadata_names_the_type(client: Client) -> None:
    found = client.get("/.well-known/openid-configuration").json()
    assert found["authorization_details_types_supported"] == ["ptfi_persona"]


def test_asking_for_more_than_was_granted_needs_the_page(browser: Client, alice: User) -> None:
    client, (verifier, challenge) = make_client(), pkce()
    page = consent_page(browser, question(client, challenge, SCOPES))
    code = sent_back(answered(browser, page, categories=["Skill"], contexts=["everywhere"]))["code"]
    data = {"grant_type": "authorization_code", "client_id": client.pk, "code": code, "code_verifier": verifier}
    tokens_of(exchange(data | {"redirect_uri": client.get_redirect_uris()[0]}))
    silent = {"prompt": "none", "nonce": "n"}
    for categories, error in ((["Skill"], None), (["Skill", "Interest"], "consent_required")):
        details = json.dumps([{"type": "ptfi_persona", "categories": categories}])
        response: Any = browser.get(question(client, pkce()[1], SCOPES, authorization_details=details, **silent))
        assert sent_back(response).get("error") == error


def test_granting_more_requires_a_recent_sign_in(alice: User, signed_in: SignedIn) -> None:
    client = make_client()
    browser = client_of(alice, proven=True)
    page = consent_page(browser, question(client, pkce()[1], SCOPES))
    stale = signed_in(alice)
    refused = answered(stale, page, categories=["Skill"], contexts=["everywhere"])
    assert refused.status_code == 302
    assert refused.headers["Location"].startswith("/accounts/reauthenticate/")
    assert not Grant.objects.exists()
