"""The page of the connected apps: what each sees, changing it, and what they read."""

import uuid

import pytest
from allauth.idp.oidc.models import Client as OAuthClient
from django.core import mail
from django.core.management import call_command
from django.test import Client

from ptfi.accounts.models import User
from tests.support.api import Api
from tests.support.cast import SignedIn, acting_for_self, client_of, confirmed_trait, make_candidate
from tests.support.oauth import WHOLE, access_token, keep_grant, make_client
from traits import decisions
from traits.decisions.inputs import Changes
from traits.models import Grant, ReadReceipt
from traits.sharing.grants import Terms

pytestmark = pytest.mark.django_db
PAGE = "/accounts/connections/"


@pytest.fixture
def app() -> OAuthClient:
    return make_client(name="Pocket review")


@pytest.fixture
def api(alice: User, app: OAuthClient) -> Api:
    return Api(access_token(alice, app))


def form(**ticks: object) -> dict[str, object]:
    return {f"share-{name}": value for name, value in ticks.items()}


def test_narrowing_bites_on_the_next_request(alice: User, app: OAuthClient, api: Api, signed_in: SignedIn) -> None:
    trait = confirmed_trait(alice)
    assert api.get(f"/traits/{trait.pk}")[0] == 200
    browser = signed_in(alice)
    response = browser.post(f"{PAGE}{app.pk}/", form(categories=["Skill"], contexts=["everywhere"]))
    assert response.status_code == 302
    assert api.get(f"/traits/{trait.pk}")[0] == 404
    assert api.get("/traits/candidates")[0] == 403
    assert api.get("/communication-styles")[0] == 403
    assert "Skill" in browser.get(PAGE).content.decode()


def test_a_kept_answer_is_not_repeated_after_narrowing(alice: User, app: OAuthClient, api: Api) -> None:
    trait = confirmed_trait(alice)
    change = {"refinedTraitName": "Plays jazz"}
    path = f"users/me/persona/traits/{trait.pk}"
    key = str(uuid.uuid4())
    assert api.call("PATCH", path, change, Idempotency_Key=key)[0] == 200
    assert api.call("PATCH", path, change, Idempotency_Key=key)[0] == 200
    other = Api(access_token(alice, make_client(name="Other")))
    assert other.call("PATCH", path, change, Idempotency_Key=key)[0] != 200
    keep_grant(alice, app, Terms(categories=["Interest"], contexts=["everywhere"], write=True))
    status, found = api.call("PATCH", path, change, Idempotency_Key=key)
    assert (status, found["error"]["code"]) == (409, "idempotency_conflict")


def test_a_kept_answer_is_not_repeated_when_its_trait_has_moved(alice: User, app: OAuthClient, api: Api) -> None:
    """The grant is the same; the person put the trait into a category that the app does not see."""
    keep_grant(alice, app, Terms(categories=["Interest"], contexts=["everywhere"], write=True))
    added, key = {"traitName": "Knits", "traitCategory": "Interest"}, {"Idempotency_Key": str(uuid.uuid4())}
    first = api.post("/traits/custom", added, **key)
    assert (first[0], api.post("/traits/custom", added, **key)) == (201, first)
    mine, pk = acting_for_self(alice), uuid.UUID(first[1]["newTrait"]["traitID_in_pkg"])
    moved = decisions.edit_trait(**mine, trait_id=pk, changes=Changes(category="Skill"))
    status, found = api.post("/traits/custom", added, **key)
    assert (status, found["error"]["code"]) == (409, "idempotency_conflict")
    decisions.undo(**mine, action_id=moved.action_id)
    assert api.post("/traits/custom", added, **key) == first
    decisions.edit_trait(**mine, trait_id=pk, changes=Changes(category="Skill"))
    decisions.remove_trait(**mine, trait_id=pk)
    assert api.post("/traits/custom", added, **key)[0] == 409


def test_what_is_written_stays_inside(alice: User, app: OAuthClient, api: Api) -> None:
    trait, waiting = confirmed_trait(alice), make_candidate(alice, "Sails")
    keep_grant(alice, app, Terms(categories=["Interest"], contexts=["everywhere"], write=True))
    outside = {"refinedTraitCategory": "Skill"}
    assert api.call("PATCH", f"users/me/persona/traits/{trait.pk}", outside)[0] == 403
    decision = {"userDecision": "confirmed_modified", "modifications": outside}
    assert api.post(f"/traits/candidates/{waiting.pk}/actions", decision)[0] == 403
    assert api.post("/traits/custom", {"traitName": "Knits", "traitCategory": "Skill"})[0] == 403
    assert api.post("/traits/custom", {"traitName": "Knits", "traitCategory": "Interest"})[0] == 201
    waiting.refresh_from_db()
    assert waiting.status == "candidate"


def test_granting_more_requires_a_recent_sign_in(alice: User, app: OAuthClient, api: Api, signed_in: SignedIn) -> None:
    keep_grant(alice, app, Terms(categories=["Skill"], contexts=["everywhere"]))
    more = form(categories=["Skill", "Interest"], contexts=["everywhere"])
    response = signed_in(alice).post(f"{PAGE}{app.pk}/", more)
    assert response.headers["Location"].startswith("/accounts/reauthenticate/")
    assert client_of(alice, proven=True).post(f"{PAGE}{app.pk}/", more).status_code == 302
    assert Grant.objects.get(user=alice).categories == ["Interest", "Skill"]


def test_faulty_input_and_other_people(alice: User, bob: User, app: OAuthClient, api: Api, signed_in: SignedIn) -> None:
    browser = client_of(alice, proven=True)
    assert browser.post(f"{PAGE}{app.pk}/", form(categories=["Nothing"])).status_code == 400
    assert browser.get(f"{PAGE}unknown/").status_code == 404
    assert signed_in(bob).get(f"{PAGE}{app.pk}/").status_code == 404
    assert signed_in(bob).post(f"{PAGE}{app.pk}/", form(categories=["Skill"])).status_code == 404
    assert Client().get(f"{PAGE}{app.pk}/").status_code == 302


def test_disconnecting_ends_the_grant(alice: User, app: OAuthClient, api: Api, signed_in: SignedIn) -> None:
    signed_in(alice).post(PAGE, {"client": app.pk})
    assert not Grant.objects.filter(user=alice).exists()


def test_people_are_told_once(alice: User, app: OAuthClient, api: Api, signed_in: SignedIn) -> None:
    Grant.objects.filter(user=alice).update(carried_over=True)
    for _ in range(2):
        call_command("announce_grants")
    (message,) = mail.outbox
    assert message.to == [alice.email]
    assert "Pocket review" in message.body
    assert "no longer sees" in signed_in(alice).get(PAGE).content.decode()
    keep_grant(alice, app, WHOLE)
    assert "no longer sees" not in signed_in(alice).get(PAGE).content.decode()


def test_each_read_is_shown(alice: User, bob: User, app: OAuthClient, api: Api, signed_in: SignedIn) -> None:
    trait = confirmed_trait(alice, evidence=["I love jazz."])
    api.get(f"/traits/{trait.pk}")
    api.get(f"/traits/{uuid.uuid4()}")
    (receipt,) = ReadReceipt.objects.filter(user=alice)
    assert (receipt.client_id, receipt.trait_ids, receipt.categories) == (app.pk, [trait.pk], ["Interest"])
    assert (receipt.operation, receipt.evidence, receipt.number) == ("api readTrait", True, 1)
    browser = signed_in(alice)
    for address in (
        PAGE,
        "/accounts/reads/",
        f"/accounts/reads/?trait={trait.pk}",
        f"/accounts/reads/?client={app.pk}",
    ):
        page = browser.get(address).content.decode()
        assert "read 1 trait" in page, address
        assert f"/traits/{trait.pk}/" in page
        assert "with evidence" in page
    assert "read 1 trait" in browser.get(PAGE, headers={"HX-Request": "true"}).content.decode()
    assert "read 1 trait" in browser.get(f"/traits/{trait.pk}/").content.decode()
    assert "read 1 trait" not in signed_in(bob).get("/accounts/reads/").content.decode()
    assert signed_in(bob).get(f"/accounts/reads/?trait={trait.pk}").status_code == 404
    assert browser.get("/accounts/reads/?trait=x").status_code == 404
    assert browser.get("/accounts/reads/?client=%00&after=x").status_code == 200


def test_the_persons_own_reads_leave_no_receipt(alice: User, signed_in: SignedIn) -> None:
    signed_in(alice).get("/v1/users/me/persona/traits/history")
    assert not ReadReceipt.objects.exists()


def test_receipts_go_with_the_persona_and_with_time(alice: User, api: Api, settings: object) -> None:
    from traits.erasure.persona import erase_persona
    from traits.log.entries import Actor

    confirmed_trait(alice)
    api.get("/traits/history")
    settings.RECEIPT_DAYS = -1  # type: ignore[attr-defined]
    call_command("refresh_quality_statistics", verbosity=0)
    assert not ReadReceipt.objects.exists()
    api.get("/traits/history")
    erase_persona(user=alice, actor=Actor(user_id=alice.pk))
    assert not ReadReceipt.objects.exists()


def test_the_api_of_grants_is_for_the_persons_own_session(
    alice: User, app: OAuthClient, api: Api, signed_in: SignedIn
) -> None:
    trait = confirmed_trait(alice)
    api.get(f"/traits/{trait.pk}")
    for path in ("/grants", "/receipts", f"/receipts?trait={trait.pk}"):
        assert api.get(path)[0] == 403
    assert api.call("PATCH", f"users/me/persona/grants/{app.pk}", {"evidence": False})[0] == 403
    own, base = client_of(alice), "/v1/users/me/persona"
    (found,) = own.get(f"{base}/grants").json()["data"]
    assert (found["clientID"], found["contexts"], found["write"]) == (app.pk, ["everywhere"], True)
    for which in ("", f"?trait={trait.pk}", f"?client={app.pk}", "?limit=1&cursor="):
        (receipt,) = own.get(f"{base}/receipts{which}").json()["data"]
        assert (receipt["traitIDs"], receipt["operation"]) == ([str(trait.pk)], "api readTrait")
    assert own.get(f"{base}/receipts?trait={uuid.uuid4()}").status_code == 404
    path, kind = f"{base}/grants/{app.pk}", "application/json"
    changed = own.patch(path, {"categories": ["Skill"], "evidence": False}, content_type=kind)
    assert (changed.status_code, changed.json()["categories"]) == (200, ["Skill"])
    assert api.get(f"/traits/{trait.pk}")[0] == 404
    assert own.patch(path, {"categories": ["Skill", "Interest"]}, content_type=kind).status_code == 403
    assert own.patch(path, {"categories": ["No"]}, content_type=kind).status_code == 400
    assert own.patch(path, {"evidence": "yes"}, content_type=kind).status_code == 400
    assert own.patch(f"{base}/grants/unknown", {}, content_type=kind).status_code == 404
    assert own.delete(path).status_code == 200
    assert own.get(f"{base}/grants").json() == {"data": []}
    assert api.get("/traits/history")[0] == 401
