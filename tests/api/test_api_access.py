"""Who may call what: every operation, every kind of caller."""

import uuid

import pytest
from allauth.idp.oidc.models import Token

from ptfi.accounts.models import User
from ptfi.oauth.scopes import EXPORT, MANAGE_TRAITS, READ_TRAITS
from tests.support.api import Api, access_token, api_of
from tests.support.api_operations import documented, operations
from tests.support.cast import confirmed_trait, make_candidate
from traits.models import UserRefinedTrait


@pytest.fixture
def api(alice: User) -> Api:
    return api_of(alice)


CALLERS = ("nobody", "unknown", "expired", "revoked", "inactive", "narrow", "pipeline", "bob")


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(("method", "path"), operations())
def test_every_operation_answers_every_caller_as_it_should(
    alice: User, bob: User, method: str, path: str, caller: str
) -> None:
    ingest = path.startswith("ingest")
    read = EXPORT if path.endswith("/export") else READ_TRAITS
    right, narrow = (read, MANAGE_TRAITS) if method == "GET" else (MANAGE_TRAITS, READ_TRAITS)
    revoked = access_token(alice, right)
    Token.objects.by_value(revoked).delete()
    inactive = User.objects.create_user("gone@example.com", is_active=False)
    tokens = {
        "nobody": "",
        "unknown": "never-issued",
        "expired": access_token(alice, seconds=-1),
        "revoked": revoked,
        "inactive": access_token(inactive),
        "narrow": access_token(alice, "openid" if ingest else narrow),
        "pipeline": access_token(None, "candidates:ingest" if not ingest else right),
        "bob": access_token(bob, "candidates:ingest" if ingest else right),
    }
    refused = dict.fromkeys(("nobody", "unknown", "expired", "revoked", "inactive"), 401)
    expected = refused | {"narrow": 403, "pipeline": 403}
    status, answer = Api(tokens[caller]).call(method, path.replace("{userID}", str(alice.pk)), {})
    assert status == expected.get(caller, 403 if ingest else 404)
    assert status in documented(method, path)
    assert answer["error"]["code"] in {"not_authenticated", "insufficient_scope", "not_found"}


def test_nobody_can_tell_whether_an_account_exists(api: Api, bob: User) -> None:
    answers = [
        api.call("GET", f"users/{each}/persona/traits/candidates")[1]["error"]
        for each in (bob.pk, uuid.uuid4(), "nobody")
    ]
    assert answers[0] == answers[1] == answers[2]


def test_bobs_things_are_not_found(api: Api, bob: User) -> None:
    trait, candidate = confirmed_trait(bob), make_candidate(bob, "Other")
    assert api.get(f"/traits/{trait.pk}")[0] == 404
    assert api.get(f"/traits/candidates/{candidate.pk}")[0] == 404
    assert api.post(f"/traits/candidates/{candidate.pk}/actions", {"userDecision": "confirmed_asis"})[0] == 404
    action = UserRefinedTrait.objects.get().pk
    assert api.post(f"/traits/refinements/{action}/undo")[0] == 404
