"""The whole way of an app: consent, token, decisions, being disconnected; and that of the pipeline."""

import base64
import uuid

import pytest

from ptfi.accounts.models import User
from ptfi.oauth.models import ClientAccess
from ptfi.oauth.scopes import INGEST
from tests.support.api import Api
from tests.support.cast import SignedIn, make_candidate
from tests.support.oauth import code_for, exchange, make_client, make_pipeline, refresh, tokens_of
from traits.models import ExtractedTraitCandidate, PersonaTrait, UserRefinedTrait

pytestmark = pytest.mark.django_db


def test_an_app_from_consent_to_being_disconnected(alice: User, signed_in: SignedIn) -> None:
    first, second = make_candidate(alice), make_candidate(alice, "Bakes bread")
    browser, app = signed_in(alice), make_client("Mirror")
    tokens = tokens_of(exchange(code_for(browser, app)))
    api = Api(tokens["access_token"])
    listed = api.get("/traits/candidates?sortBy=traitName&sortOrder=asc")[1]["data"]
    assert [row["candidateID"] for row in listed] == [str(second.pk), str(first.pk)]
    assert ClientAccess.objects.get(user=alice, client=app).last_read_at
    confirm = {"userDecision": "confirmed_asis", "version": listed[1]["version"]}
    assert api.post(f"/traits/candidates/{first.pk}/actions", confirm)[0] == 200
    assert api.call("PATCH", f"users/{alice.pk}/persona/traits/{first.pk}", {"concepts": ["music"]})[0] == 200
    rejected = api.post(f"/traits/candidates/{second.pk}/actions", {"userDecision": "rejected"})[1]
    assert api.post(f"/traits/refinements/{rejected['refinementActionID']}/undo")[0] == 200
    assert set(UserRefinedTrait.objects.values_list("client_id", flat=True)) == {app.pk}
    assert "Mirror" in browser.get("/accounts/connections/").content.decode()
    browser.post("/accounts/connections/", {"client": app.pk})
    assert api.get("/traits/candidates")[0] == 401
    assert refresh(app, tokens["refresh_token"]).status_code == 400
    assert PersonaTrait.objects.get().concepts == ["music"]


def test_the_pipeline_with_its_secret(alice: User) -> None:
    client, secret = make_pipeline()
    basic = base64.b64encode(f"{client.pk}:{secret}".encode()).decode()
    asked = {"grant_type": "client_credentials", "scope": INGEST}
    api = Api(tokens_of(exchange(asked, headers={"Authorization": f"Basic {basic}"}))["access_token"])
    row = {
        "candidateID": str(uuid.uuid4()),
        "userID": str(alice.pk),
        "traitName": "Drinks tea",
        "traitCategory": "Interest",
        "confidenceScore": 0.5,
    }
    assert api.call("POST", "ingest/candidates", {"candidates": [row]})[1]["created"] == 1
    assert ExtractedTraitCandidate.objects.get().user == alice
    assert api.get("/traits/candidates")[1]["error"]["code"] == "insufficient_scope"
