"""What a scope gives: reading the persona is not reading the account, other apps, staff, or what is too private."""

from typing import Any

import pytest
from django.test import Client

from ptfi.accounts.models import User
from ptfi.oauth.scopes import EXPORT, MANAGE_TRAITS, READ_TRAITS
from tests.support.api import Api, api_of
from tests.support.cast import acting_for_self, client_of, confirmed, make_candidate
from tests.support.graph_helpers import project
from tests.support.oauth import consent_page, make_client, pkce, question
from tests.support.pages import Html
from traits import decisions
from traits.decisions.inputs import Changes, Evidence
from traits.log.entries import Actor
from traits.models import PersonaTrait

pytestmark = [pytest.mark.graph, pytest.mark.django_db]
PRIVATE = "What only I may know."


def paths(api: Api, trait: PersonaTrait) -> dict[str, Any]:
    """Everything that an app reads about a trait and the suggestion that it was."""
    found = ("/traits", f"/traits/{trait.pk}", "/traits/history", "/traits/candidates?status=confirmed_by_user")
    more = ("/traits/candidates?status=refined_by_user", f"/traits/candidates/{trait.pk}")
    answers = {path: api.get(path) for path in (*found, *more)}
    assert {status for status, _ in answers.values()} == {200}
    return {path: str(body) for path, (_, body) in answers.items()}


class SessionApi(Api):
    """The person's own browser."""

    def __init__(self, user: User) -> None:
        super().__init__()
        self.client: Client = client_of(user)


def judged_private(alice: User) -> PersonaTrait:
    """A trait one of whose two pieces Alice finds too private, some time after she confirmed it."""
    trait = confirmed(alice, evidence=[PRIVATE, "Jazz again tonight!"]).trait
    assert trait
    verdicts = {trait.evidence[0]["evidence_id"]: "too_private"}
    evidence = Evidence(verdicts=verdicts)
    changed = decisions.edit_trait(**acting_for_self(alice), trait_id=trait.pk, changes=Changes(), evidence=evidence)
    assert changed.trait
    return changed.trait


def test_what_is_too_private_is_for_the_persons_own_session(alice: User) -> None:
    trait = judged_private(alice)
    project(alice)
    for path, text in paths(api_of(alice, READ_TRAITS, MANAGE_TRAITS), trait).items():
        assert PRIVATE not in text, path
    own = paths(SessionApi(alice), trait)
    assert PRIVATE in own["/traits"]
    assert PRIVATE in own[f"/traits/{trait.pk}"]
    assert PRIVATE in own["/traits/history"]
    assert "Jazz again tonight!" in paths(api_of(alice, READ_TRAITS, MANAGE_TRAITS), trait)["/traits"]


def test_what_was_too_private_stays_so_when_its_trait_is_removed(alice: User) -> None:
    trait = judged_private(alice)
    decisions.remove_trait(**acting_for_self(alice), trait_id=trait.pk)
    api = api_of(alice, READ_TRAITS, MANAGE_TRAITS)
    for path in (f"/traits/candidates/{trait.pk}", "/traits/candidates?status=rejected_by_user", "/traits/history"):
        status, found = api.get(path)
        assert (status, PRIVATE in str(found)) == (200, False), path
    for entry in api.get("/traits/history")[1]["data"]:
        assert PRIVATE not in str(api.get(f"/traits/history?limit=1&traitID={trait.pk}")[1]), entry


def test_what_is_too_private_is_in_no_answer_to_a_change(alice: User) -> None:
    trait = judged_private(alice)
    api = api_of(alice, READ_TRAITS, MANAGE_TRAITS)
    status, changed = api.call("PATCH", f"users/me/persona/traits/{trait.pk}", {"refinedTraitName": "Lives for jazz"})
    assert (status, PRIVATE in str(changed)) == (200, False)
    candidate = make_candidate(alice, "Bakes bread", evidence=[PRIVATE])
    piece = candidate.supporting_evidence[0]["evidence_id"]
    body = {
        "userDecision": "confirmed_asis",
        "linkedEvidenceOverride": [{"evidenceID": piece, "verdict": "too_private"}],
    }
    status, decided = api.post(f"/traits/candidates/{candidate.pk}/actions", body)
    assert (status, PRIVATE in str(decided)) == (200, False)


def test_a_snoozed_suggestion_keeps_it_too(alice: User) -> None:
    candidate = make_candidate(alice, evidence=[PRIVATE, "Jazz again tonight!"])
    verdicts = {candidate.supporting_evidence[0]["evidence_id"]: "too_private"}
    decisions.snooze(
        **acting_for_self(alice), candidate_id=candidate.pk, until=None, evidence=Evidence(verdicts=verdicts)
    )
    found = api_of(alice, READ_TRAITS, MANAGE_TRAITS).get("/traits/candidates")[1]["data"]
    assert [piece["content"] for piece in found[0]["supportingEvidenceSnippets"]] == ["Jazz again tonight!"]
    assert len(SessionApi(alice).get("/traits/candidates")[1]["data"][0]["supportingEvidenceSnippets"]) == 2


def test_the_history_names_neither_staff_nor_other_apps(alice: User, sam: User) -> None:
    for actor in (
        Actor(user_id=sam.pk, kind="staff", reference="TICKET-7"),
        Actor(user_id=alice.pk, client_id="another-app"),
        Actor(user_id=alice.pk, client_id="an-app"),
    ):
        decisions.confirm(user=alice, actor=actor, candidate_id=make_candidate(alice, f"Likes {actor}"[:60]).pk)
    rows = api_of(alice, READ_TRAITS).get("/traits/history")[1]["data"]
    seen = [(row["actorKind"], row["actor"], row["clientID"], row["reference"]) for row in reversed(rows)]
    assert seen == [
        ("staff", None, "", ""),
        ("person", str(alice.pk), "", ""),
        ("person", str(alice.pk), "an-app", ""),
    ]
    assert SessionApi(alice).get("/traits/history")[1]["data"][2]["reference"] == "TICKET-7"


@pytest.mark.django_db(transaction=True)
def test_the_export_wants_a_scope_of_its_own(alice: User) -> None:
    trait = judged_private(alice)
    refused = api_of(alice, "openid", READ_TRAITS, MANAGE_TRAITS)
    assert (refused.get("/export")[0], refused.response.json()["error"]["code"]) == (403, "insufficient_scope")
    for api, is_there in ((api_of(alice, EXPORT), False), (SessionApi(alice), True)):
        status, document = api.get("/export")
        assert (status, document["account"]["email"], PRIVATE in str(document)) == (200, alice.email, is_there)
    assert api_of(alice, EXPORT).get(f"/traits/{trait.pk}")[0] == 403


def test_the_consent_page_says_what_the_export_is(alice: User, as_alice: Client) -> None:
    page = Html(consent_page(as_alice, question(make_client(), pkce()[1], (READ_TRAITS, EXPORT)))).text
    for words in ("Download that part", "e-mail addresses", "sign-ins", "other apps", "staff"):
        assert words in page
    assert "See the part of your persona that you choose, and its history" in page
