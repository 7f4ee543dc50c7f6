"""The API's contract: every decision through it, its errors, and who may call."""

import json
import threading
import uuid
from typing import Any

import pytest
from django.test import Client

from ptfi.accounts.models import User
from tests.support.api import Api, access_token, api_of
from tests.support.cast import Suggest, make_candidate
from tests.support.graph_outage import away
from traits.models import ExtractedTraitCandidate, PersonaTrait, UserRefinedTrait

CANDIDATE_FIELDS = {
    "candidateID",
    "userID",
    "traitName",
    "traitDescription",
    "traitCategory",
    "supportingEvidenceSnippets",
    "confidenceScore",
    "originatingModels",
    "associatedRawFeatureSetIDs",
    "concepts",
    "status",
    "deferUntil",
    "version",
    "creationTimestamp",
    "lastUpdatedTimestamp",
}
Decided = dict[str, Any]


@pytest.fixture
def api(alice: User) -> Api:
    return api_of(alice)


def decide(api: Api, pk: uuid.UUID, **body: Any) -> tuple[int, Any]:
    return api.post(f"/traits/candidates/{pk}/actions", body)


def test_the_list_has_its_fields_and_pages(api: Api, queue: list[ExtractedTraitCandidate]) -> None:
    status, found = api.get("/traits/candidates?limit=2&offset=1")
    assert status == 200
    assert [row["traitName"] for row in found["data"]] == ["Likes number 1", "Likes number 2"]
    assert found["pagination"] == {"offset": 1, "limit": 2, "total": 5, "next": found["pagination"]["next"]}
    assert found["data"][0].keys() == CANDIDATE_FIELDS
    assert api.response["Cache-Control"] == "no-store"


def test_the_list_filters_and_sorts(api: Api, alice: User, suggest: Suggest) -> None:
    suggest(alice, "Writes tests", trait_category="Skill", confidence_score=0.3)
    suggest(alice, "Loves jazz", confidence_score=0.9, concepts=["music"])

    def names(query: str) -> list[str]:
        return [row["traitName"] for row in api.get(f"/traits/candidates?{query}")[1]["data"]]

    assert names("category=Skill") == ["Writes tests"]
    assert names("minConfidence=0.5") == ["Loves jazz"]
    assert names("concept=music") == ["Loves jazz"]
    assert names("q=writes") == ["Writes tests"]
    assert names("sortBy=traitName&sortOrder=asc") == ["Loves jazz", "Writes tests"]
    assert names("status=rejected_by_user") == []
    assert api.get("/traits/candidates?offset=100")[1]["pagination"]["total"] == 2


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=101", "limit"), ("nothing=1", "nothing"), ("sortBy=age", "sortBy"), ("limit=1&limit=2", "limit"),
     ("minConfidence=nan", "minConfidence"), ("q=%00", "q")],
)  # fmt: skip
def test_a_bad_query_names_its_field(api: Api, query: str, field: str) -> None:
    status, answer = api.get(f"/traits/candidates?{query}")
    assert (status, answer["error"]["code"]) == (400, "invalid")
    assert list(answer["error"]["details"]) == [field]
    assert answer.keys() == {"error", "requestID"}


def test_every_decision_leaves_what_the_contract_says(api: Api, alice: User) -> None:
    pk = make_candidate(alice).pk
    status, answer = decide(api, pk, userDecision="confirmed_asis", modifications={"userConfidenceRating": 4})
    assert status == 200
    assert (answer["traitID_in_pkg"], answer["newStatus_in_pkg"]) == (str(pk), "active")
    assert answer["updatedTraitDetails"]["userConfidence"] == 4
    assert (answer["updatedTraitCandidateStatus"], answer["pkgSync"]) == ("confirmed_by_user", "pending")
    entry = UserRefinedTrait.objects.get(pk=answer["refinementActionID"])
    assert (entry.user_id, entry.actor_id, entry.client_id) == (alice.pk, alice.pk, "an-app")
    assert decide(api, pk, userDecision="rejected")[1]["error"]["code"] == "already_decided"


def test_changes_rejections_snoozes_and_merges(api: Api, alice: User, jazz: PersonaTrait) -> None:
    first, second, third, fourth = (make_candidate(alice, f"Says {number}").pk for number in range(4))
    changed = decide(api, first, userDecision="confirmed_modified", modifications={"refinedTraitName": "Says one"})
    assert changed[1]["updatedTraitDetails"]["name"] == "Says one"
    rejected = decide(api, second, userDecision="rejected", rejectionCode="outdated", rejectionReason="long ago")
    assert (rejected[1]["traitID_in_pkg"], rejected[1]["updatedTraitCandidateStatus"]) == (None, "rejected_by_user")
    assert decide(api, third, userDecision="deferred", deferUntil="new_evidence")[0] == 200
    merged = decide(api, fourth, userDecision="merged", mergeInto=str(jazz.pk))[1]
    assert merged["traitID_in_pkg"] == str(jazz.pk)
    assert len(merged["updatedTraitDetails"]["evidence"]) == 4
    assert api.post(f"/traits/candidates/{second}/reopen")[1]["updatedTraitCandidateStatus"] == "candidate"


def test_a_verdict_makes_a_confirmation_a_changed_one(api: Api, alice: User) -> None:
    candidate = make_candidate(alice)
    piece = candidate.supporting_evidence[0]["evidence_id"]
    override = [{"evidenceID": piece, "verdict": "not_me"}, {"type": "text_snippet", "content": "I said so."}]
    status, answer = decide(api, candidate.pk, userDecision="confirmed_asis", linkedEvidenceOverride=override)
    assert (status, answer["updatedTraitCandidateStatus"]) == (200, "refined_by_user")
    assert {each["verdict"] for each in answer["updatedTraitDetails"]["evidence"]} == {"not_me", "supports", None}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "userDecision"),
        ({"userDecision": "perhaps"}, "userDecision"),
        ({"userDecision": "confirmed_modified"}, "modifications"),
        ({"userDecision": "confirmed_modified", "modifications": {}}, "modifications"),
        ({"userDecision": "confirmed_asis", "modifications": {"refinedTraitName": "x"}}, "modifications"),
        ({"userDecision": "rejected", "modifications": {"refinedTraitName": "x"}}, "modifications"),
        ({"userDecision": "deferred"}, "deferUntil"),
        ({"userDecision": "deferred", "deferUntil": "2001-01-01T00:00:00Z"}, "deferUntil"),
        ({"userDecision": "merged"}, "mergeInto"),
        ({"userDecision": "merged", "mergeInto": 7}, "mergeInto"),
        ({"userDecision": "merged", "mergeInto": str(uuid.uuid4())}, "mergeInto"),
        ({"userDecision": "confirmed_asis", "colour": "blue"}, "colour"),
        ({"userDecision": "confirmed_asis", "version": "1"}, "version"),
        (
            {"userDecision": "confirmed_modified", "modifications": {"userConfidenceRating": 6}},
            "modifications.userConfidenceRating",
        ),
        ({"userDecision": "confirmed_modified", "modifications": {"refinedTraitName": " "}},
         "modifications.refinedTraitName"),
        ({"userDecision": "confirmed_asis", "linkedEvidenceOverride": [{"evidenceID": str(uuid.uuid4())}]},
         "linkedEvidenceOverride[0]"),
    ],
)  # fmt: skip
def test_a_bad_decision_names_its_field_and_changes_nothing(api: Api, alice: User, body: Decided, field: str) -> None:
    pk = make_candidate(alice).pk
    status, answer = decide(api, pk, **body)
    assert (status, list(answer["error"]["details"])) == (400, [field])
    assert ExtractedTraitCandidate.objects.get(pk=pk).status == "candidate"
    assert not UserRefinedTrait.objects.exists()


def test_a_stale_version_is_refused(api: Api, alice: User) -> None:
    pk = make_candidate(alice, version=3).pk
    assert decide(api, pk, userDecision="rejected", version=2)[1]["error"]["code"] == "stale_version"


def test_bulk_reports_each_and_undoes_as_one(api: Api, alice: User) -> None:
    fine = make_candidate(alice, "One").pk
    private = make_candidate(alice, "Two", trait_category="PhilosophicalStance").pk
    ids = [str(fine), str(private), str(uuid.uuid4())]
    body = {"candidateIDs": ids, "userDecision": "confirmed_asis"}
    status, answer = api.post("/traits/candidates/bulk-actions", body)
    assert status == 200
    assert [each["outcome"] for each in answer["outcomes"]] == ["applied", "refused", "not_found"]
    status, undone = api.post(f"/traits/refinements/{answer['batchID']}/undo")
    assert (status, len(undone["undone"]), undone["skipped"]) == (200, 1, 0)
    assert not PersonaTrait.objects.exists()
    assert api.post(f"/traits/refinements/{answer['batchID']}/undo")[1]["error"]["code"] == "not_latest"


def test_a_trait_of_ones_own_lives_and_goes(api: Api) -> None:
    body = {"traitName": "Bakes", "traitCategory": "Skill", "concepts": ["bread"],
            "supportingEvidenceSnippets": [{"type": "text_snippet", "content": "My loaf."}]}  # fmt: skip
    status, added = api.post("/traits/custom", body)
    pk = added["newTrait"]["traitID_in_pkg"]
    assert (status, added["newTrait"]["origin"]) == (201, "user_defined")
    assert api.call("PATCH", f"users/me/persona/traits/{pk}", {"refinedTraitName": "Bakes bread"})[0] == 200
    assert api.post(f"/traits/{pk}/status", {"status": "dormant"})[1]["newStatus_in_pkg"] == "dormant"
    status, found = api.get(f"/traits/{pk}")
    assert (found["name"], len(found["history"])) == ("Bakes bread", 3)
    assert api.call("DELETE", f"users/me/persona/traits/{pk}")[0] == 200
    assert api.get(f"/traits/{pk}")[0] == 404
    assert api.post(f"/traits/{pk}/status", {"status": "active"})[1]["error"]["code"] == "trait_removed"
    history = api.get("/traits/history?limit=2")[1]
    assert ([entry["userDecision"] for entry in history["data"]], history["pagination"]["total"]) == (
        ["removed", "status_changed"],
        4,
    )


def test_styles_are_replaced_as_a_whole(api: Api) -> None:
    path = "users/me/persona/communication-styles?context=work"
    status, answer = api.call("PUT", path, {"FormalityLevel": "formal", "EmojiPreference": 0.5})
    assert (status, answer["updatedStyles"]) == (200, {"FormalityLevel": "formal", "EmojiPreference": 0.5})
    assert api.call("PUT", path, {"FormalityLevel": "stiff"})[1]["error"]["details"].keys() == {"FormalityLevel"}
    assert api.call("PUT", path, {"Pacing": "slow"})[0] == 200
    assert api.call("GET", path)[1] == {"Pacing": "slow"}


def test_a_repeat_with_its_key_gets_the_first_answer(api: Api, alice: User, bob: User) -> None:
    pk = make_candidate(alice).pk
    path, body = f"/traits/candidates/{pk}/actions", {"userDecision": "confirmed_asis"}
    api.post(path, body, Idempotency_Key="one")
    first = api.response.content
    api.post(path, body, Idempotency_Key="one")
    assert (api.response.content, api.response["Idempotent-Replayed"]) == (first, "true")
    assert UserRefinedTrait.objects.count() == 1
    assert api.post(path, {"userDecision": "rejected"}, Idempotency_Key="one")[1]["error"]["code"] == (
        "idempotency_conflict"
    )
    assert api.post(path, body, Idempotency_Key="two")[0] == 409
    refused = api.response.content
    api.post(path, body, Idempotency_Key="two")
    assert api.response.content == refused
    other = make_candidate(bob).pk
    assert api_of(bob).post(f"/traits/candidates/{other}/actions", body, Idempotency_Key="one")[0] == 200
    assert api.post(path, body, Idempotency_Key="é" * 3)[0] == 400


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_once_with_one_key_are_one(alice: User) -> None:
    pk, token = make_candidate(alice).pk, access_token(alice)
    path, answers = f"/traits/candidates/{pk}/actions", list[tuple[int, Any]]()

    def send() -> None:
        answers.append(Api(token).post(path, {"userDecision": "confirmed_asis"}, Idempotency_Key="both"))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [status for status, _ in answers] == [200] * 6
    assert len({json.dumps(answer) for _, answer in answers}) == 1
    assert UserRefinedTrait.objects.count() == 1


def test_the_pipeline_sends_suggestions(alice: User) -> None:
    api = api_of(None, "candidates:ingest")
    ids = [str(uuid.uuid4()) for _ in range(3)]
    piece = {"type": "text_snippet", "content": "Again tea.", "sourcePackageID": "p", "sourceDetail": "day 1"}
    row = {"traitName": "Drinks tea", "traitCategory": "Interest", "confidenceScore": 0.5,
           "supportingEvidenceSnippets": [piece]}  # fmt: skip
    rows = [
        row | {"candidateID": ids[0], "userID": str(alice.pk)},
        row | {"candidateID": ids[1], "externalID": "someone:1", "status": "rejected_by_user", "version": 7},
        row | {"candidateID": ids[2], "userID": str(uuid.uuid4())},
        row | {"candidateID": "x", "userID": str(alice.pk), "confidenceScore": 2},
        17,
    ]
    status, answer = api.call("POST", "ingest/candidates", {"candidates": rows})
    assert status == 200
    assert (answer["created"], [each["index"] for each in answer["refused"]]) == (2, [2, 3, 4])
    assert answer["refused"][1]["errors"].keys() == {"candidateID", "confidenceScore"}
    assert ExtractedTraitCandidate.objects.get(pk=ids[0]).user == alice
    lines = b"\n".join(json.dumps(each).encode() for each in rows[:2])
    again = api.call("POST", "ingest/candidates", lines, content_type="application/x-ndjson")[1]
    assert (again["created"], again["unchanged"]) == (0, 2)
    assert api.call("POST", "ingest/candidates", {"candidates": []})[0] == 400
    assert api.call("POST", "ingest/candidates", b" " * (10 * 1024 * 1024 + 1))[0] == 413


def test_faults_of_what_the_pipeline_sends_have_the_names_that_it_sent(alice: User) -> None:
    piece = {"type": "text_snippet", "content": "Again tea.", "startTime": 2, "endTime": 1, "source_detail": "day 1"}
    row = {"candidateID": str(uuid.uuid4()), "userID": str(alice.pk), "traitName": "Drinks tea",
           "traitCategory": "Interest", "confidenceScore": 0.5, "supportingEvidenceSnippets": [piece]}  # fmt: skip
    _, answer = api_of(None, "candidates:ingest").call("POST", "ingest/candidates", {"candidates": [row]})
    assert answer["refused"][0]["errors"] == {
        "supportingEvidenceSnippets[0].source_detail": ["is not a known field"],
        "supportingEvidenceSnippets[0].endTime": ["is before startTime"],
    }


@pytest.mark.slow
def test_reads_of_the_graph_say_that_it_is_away(api: Api, settings: Any) -> None:
    with away(settings):
        answers = [api.get(path) for path in ("/traits", "/graph", "/concepts")]
    assert {(status, answer["error"]["code"]) for status, answer in answers} == {(503, "graph_unavailable")}


def test_an_erasure_through_an_app_waits_for_the_person(api: Api, alice: User) -> None:
    path = "users/me/persona"
    assert api.call("DELETE", path, {"confirm": "somebody@example.com"})[1]["error"]["details"].keys() == {"confirm"}
    status, answer = api.call("DELETE", path, {"confirm": alice.email})
    assert (status, answer["state"]) == (202, "awaiting_confirmation")
    assert api.get(f"/erasures/{answer['erasureID']}")[1]["erasureID"] == answer["erasureID"]


def test_the_pages_session_may_read_and_with_its_csrf_token_change(as_alice: Client, alice: User) -> None:
    assert as_alice.get("/v1/users/me/persona/traits/candidates").status_code == 200
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    refused = strict.post("/v1/users/me/persona/traits/custom", "{}", content_type="application/json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "csrf_failed")


def test_too_many_requests_are_told_when_to_come_back(api: Api, settings: Any) -> None:
    settings.API_USER_REQUESTS_PER_MINUTE = 3
    answers = [api.get("/traits/candidates")[0] for _ in range(9)]
    assert 429 in answers
    assert 1 <= int(api.response["Retry-After"]) <= 60


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "nowhere", {}, 404),
        ("PUT", "users/me/persona/traits/candidates", {}, 405),
        ("POST", "users/me/persona/traits/custom", {"content_type": "text/plain"}, 415),
        ("GET", "users/me/persona/traits/candidates", {"Accept": "text/html"}, 406),
        ("POST", "users/me/persona/traits/custom", {"body": b"{"}, 400),
        ("POST", "users/me/persona/traits/custom", {"body": b"[]"}, 400),
        ("POST", "users/me/persona/traits/custom", {"body": b'"' + b"x" * 2_000_000 + b'"'}, 413),
    ],
)
def test_other_errors_have_the_one_shape(
    api: Api, method: str, path: str, options: dict[str, Any], status: int
) -> None:
    body = options.pop("body", b"{}" if method != "GET" else None)
    found, answer = api.call(method, path, body, **options)
    assert found == status
    assert answer["error"].keys() == {"code", "message", "details"}


def test_the_list_needs_two_queries(
    api: Api, queue: list[ExtractedTraitCandidate], django_assert_num_queries: Any
) -> None:
    api.get("/traits/candidates")  # the first read is noted
    with django_assert_num_queries(2):  # token with the grant, rows with their total and receipt
        api.get("/traits/candidates")
