"""Calls of every operation of the API for one person whose ids and times are always the same."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

import orjson
from django.utils import timezone

from ptfi.accounts.models import User
from ptfi.oauth.models import ClientAccess
from ptfi.oauth.scopes import INGEST, READ_TRAITS
from tests.support.answers import FIXED, Names, recorded
from tests.support.api import Api, api_of
from tests.support.cast import client_of, make_candidate, make_user
from tests.support.graph_helpers import cypher, project
from traits.ingest import batch as ingest
from traits.ingest.parsing import CandidateRecord, parse

ALICE, STRANGER = (uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.example.com") for name in ("alice", "stranger"))
SUGGESTED = ("jazz", "tea", "knits", "bread", "chess", "swing", "sails", "sings", "naps", "maps", "tabs", "ethics")
NDJSON = "application/x-ndjson"
NO_HEADERS = dict[str, str]()
ONCE = {"Idempotency-Key": "once"}
PERSONA = f"users/{ALICE}/persona"


def fixed_id(name: str) -> uuid.UUID:
    return uuid.uuid5(ALICE, name)


def fixed_time(number: int) -> dt.datetime:
    return dt.datetime(FIXED, 5, 1, 8, 30, number, 123_450, dt.UTC)


def the_person() -> User:
    """Alice with twelve suggestions, and nothing about her in the graph."""
    cypher("MATCH (n {ownerID: $id}) DETACH DELETE n", id=ALICE)
    cypher("MATCH (n:User {userID: $id}) DETACH DELETE n", id=ALICE)
    alice = make_user("Alice", id=ALICE, date_joined=fixed_time(0))
    for number, name in enumerate(SUGGESTED):
        category = "PhilosophicalStance" if name == "ethics" else ("Interest", "Skill", "Other")[number % 3]
        make_candidate(
            alice,
            f"Likes {name}",
            candidate_id=fixed_id(name),
            trait_category=category,
            confidence_score=number / 20,
            concepts=[name, "music"] if number < 3 else [name],
            created_at=fixed_time(number),
            updated_at=fixed_time(number),
        )
    return alice


def replaced(alice: User) -> None:
    """Let the pipeline replace a suggestion, which creates a log entry."""
    row = parse(
        {
            "candidate_id": str(fixed_id("new tabs")),
            "user": {"external_id": "alice", "display_name": "Alice"},
            "trait_name": "Prefers tabs",
            "trait_description": "",
            "trait_category": "Other",
            "supporting_evidence": [],
            "confidence_score": 0.5,
            "originating_models": [],
            "associated_feature_set_ids": [],
            "concepts": [],
            "created_at": fixed_time(30).isoformat(),
            "supersedes": [str(fixed_id("tabs"))],
        }
    )
    assert isinstance(row, CandidateRecord), row
    ingest.apply([row], owner=alice)


@dataclasses.dataclass
class Calls:
    """The recorded responses, and what later calls need from them."""

    alice: User
    names: Names = dataclasses.field(default_factory=Names)
    steps: list[dict[str, Any]] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        self.api = api_of(self.alice)
        ClientAccess.objects.create(user=self.alice, client_id="an-app")

    def call(
        self,
        name: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        api: Api | None = None,
        media: str = "application/json",
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> Any:
        """Call the API and record the response; returns its JSON."""
        caller = api or self.api
        content = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        response: Any = caller.client.generic(
            method, f"/v1/{path}", content, content_type=media, headers={**caller.headers, **headers}
        )
        streamed = getattr(response, "streaming", False)
        whole = b"".join(response) if streamed else response.content
        asked = self.names.named(f"{method} /v1/{path}")
        self.steps.append({"name": name, "asked": asked, **recorded(response, whole, self.names)})
        return orjson.loads(whole) if whole else None

    def get(self, name: str, path: str, **more: Any) -> Any:
        return self.call(name, "GET", PERSONA + path, **more)

    def post(self, name: str, path: str, body: Any = None, **more: Any) -> Any:
        return self.call(name, "POST", PERSONA + path, body, **more)

    def decide(self, name: str, about: str, **body: Any) -> str:
        """Decide on a suggestion; returns the entry's id."""
        answer = self.post(name, f"/traits/candidates/{fixed_id(about)}/actions", body)
        return str(answer.get("refinementActionID"))

    def undo(self, name: str, action_id: str) -> None:
        self.post(name, f"/traits/refinements/{action_id}/undo")


def all_answers() -> list[dict[str, Any]]:
    calls = Calls(the_person())
    lists(calls)
    decisions(calls)
    clashes(calls)
    many(calls)
    styles(calls)
    refusals(calls)
    replaced(calls.alice)
    pipeline(calls)
    access(calls)
    project(calls.alice)
    graph(calls)
    calls.names.close()
    own_trait(calls)
    history(calls)
    project(calls.alice)
    calls.get("export", "/export")
    sharing(calls)
    erasure(calls)
    calls.call("disconnect an app", "DELETE", f"{PERSONA}/grants/an-app", api=own_session(calls.alice))
    return calls.steps


def lists(calls: Calls) -> None:
    path = "/traits/candidates"
    calls.get("candidates", path)
    calls.get("candidates, a page by name", f"{path}?limit=2&offset=3&sortBy=traitName&sortOrder=asc")
    calls.get("candidates, filtered", f"{path}?category=Skill&minConfidence=0.1&maxConfidence=0.4&q=likes")
    calls.get("candidates, none", f"{path}?status=rejected_by_user&concept=jazz&model=m")
    calls.get("candidates, past the end", f"{path}?offset=100")
    calls.get("candidates, a bad query", f"{path}?limit=101&sortBy=age&nothing=1")
    calls.get("a candidate", f"{path}/{fixed_id('jazz')}")
    calls.get("a candidate of nobody", f"{path}/{STRANGER}")
    calls.get("a candidate without an id", f"{path}/nothing")
    calls.get("history, empty", "/traits/history")
    calls.get("styles, empty", "/communication-styles")


def decisions(calls: Calls) -> None:
    jazz = str(fixed_id("jazz"))
    confirmed = calls.decide("confirm", "jazz", userDecision="confirmed_asis", version=1)
    calls.get("a candidate like a trait", f"/traits/candidates/{fixed_id('swing')}")
    calls.undo("undo", confirmed)
    calls.undo("undo again", confirmed)
    calls.decide("confirm again", "jazz", userDecision="confirmed_asis", modifications={"userConfidenceRating": 4})
    changes = {"refinedTraitName": "Lives for tea", "concepts": ["tea", "Zeremonie"], "customizationNotes": "Ja: „so“"}
    own = [{"type": "text_snippet", "content": "I said so."}]
    calls.decide("change", "tea", userDecision="confirmed_modified", modifications=changes, linkedEvidenceOverride=own)
    calls.decide("reject", "knits", userDecision="rejected", rejectionCode="outdated", rejectionReason="Long ago.")
    calls.post("reopen", f"/traits/candidates/{fixed_id('knits')}/reopen", {"version": 2})
    calls.decide("defer", "knits", userDecision="deferred", deferUntil="new_evidence")
    later = (timezone.now() + dt.timedelta(days=30)).isoformat()
    calls.decide("defer until a time", "bread", userDecision="deferred", deferUntil=later)
    calls.decide("merge", "swing", userDecision="merged", mergeInto=jazz)
    calls.post("split", f"/traits/candidates/{fixed_id('swing')}/reopen")


def clashes(calls: Calls) -> None:
    jazz = str(fixed_id("jazz"))
    both = {"traitID": jazz, "kind": "both_true", "existingContexts": ["home"]}
    contexts = {"expressionContexts": ["work"]}
    both_true = calls.decide(
        "confirm with a relation", "swing", userDecision="confirmed_modified", modifications=contexts, relation=both
    )
    calls.undo("undo a relation", both_true)
    replaces = {"traitID": jazz, "kind": "replaces"}
    calls.decide("confirm and replace", "chess", userDecision="confirmed_asis", relation=replaces)
    wrong = {"traitID": jazz, "kind": "new_is_wrong"}
    calls.decide("reject with a relation", "swing", userDecision="rejected", relation=wrong)


def many(calls: Calls) -> None:
    ids = [str(fixed_id(name)) for name in ("sails", "ethics", "nobody")]
    body = {"candidateIDs": ids, "userDecision": "confirmed_asis"}
    batch = calls.post("bulk", "/traits/candidates/bulk-actions", body)["batchID"]
    calls.undo("undo a batch", batch)
    body = {"candidateIDs": [str(fixed_id(name)) for name in ("sails", "sings")], "userDecision": "rejected"}
    calls.post("bulk reject", "/traits/candidates/bulk-actions", body, headers=ONCE)
    calls.post("bulk reject again", "/traits/candidates/bulk-actions", body, headers=ONCE)
    calls.post("bulk with another body", "/traits/candidates/bulk-actions", {**body, "rejectionCode": "other"},
               headers=ONCE)  # fmt: skip


def styles(calls: Calls) -> None:
    path = f"{PERSONA}/communication-styles"
    calls.call("styles", "PUT", path, {"FormalityLevel": "formal", "Catchphrase": "Na ja", "EmojiPreference": 0.5})
    calls.call("styles, unchanged", "PUT", path, {"FormalityLevel": "formal", "Catchphrase": "Na ja",
               "EmojiPreference": 0.5})  # fmt: skip
    calls.call("styles of a context", "PUT", f"{path}?context=work", {"Pacing": "slow"})
    calls.call("styles, wrong", "PUT", path, {"FormalityLevel": "stiff", "a:b": None})
    calls.call("styles, read", "GET", path)


def refusals(calls: Calls) -> None:
    naps = f"/traits/candidates/{fixed_id('naps')}"
    calls.decide("already decided", "jazz", userDecision="rejected")
    calls.decide("stale", "naps", userDecision="rejected", version=7)
    calls.decide("no decision", "naps", userDecision="perhaps")
    calls.decide("a field of another decision", "naps", userDecision="rejected", mergeInto=str(STRANGER))
    calls.decide("merge into nothing", "naps", userDecision="merged", mergeInto=str(STRANGER))
    calls.decide("a decision about nothing", "nobody", userDecision="rejected")
    calls.post("no JSON", f"{naps}/actions", b"{")
    calls.post("another media type", f"{naps}/actions", b"a=b", media="text/plain")
    calls.post("reopen what is open", f"{naps}/reopen")
    calls.post("bulk of nothing", "/traits/candidates/bulk-actions", {"candidateIDs": [], "userDecision": "merged"})
    calls.undo("undo nothing", str(STRANGER))
    calls.call("no such method", "PUT", f"{PERSONA}{naps}")
    calls.get("not acceptable", naps, headers={"Accept": "text/html"})


def graph(calls: Calls) -> None:
    """Reads of the graph, made while all ids in it are fixed."""
    calls.get("traits", "/traits")
    page = calls.get("traits, a page", "/traits?limit=1&status=active")
    calls.get("traits, the next page", f"/traits?limit=1&status=active&after={page['pagination']['next']}")
    calls.get("traits, found", "/traits?q=tea&category=Skill&concept=zeremonie")
    calls.get("traits, a bad query", "/traits?after=x&limit=0")
    calls.get("graph", "/graph")
    calls.get("graph around a concept", "/graph?concept=music&depth=2")
    calls.get("graph, a bad query", "/graph?depth=4")
    calls.get("concepts", "/concepts")


def own_trait(calls: Calls) -> None:
    chess = f"{PERSONA}/traits/{fixed_id('chess')}"
    calls.call("a trait", "GET", chess)
    calls.call("a trait of nobody", "GET", f"{PERSONA}/traits/{STRANGER}")
    body = {
        "traitName": "Bakes",
        "traitCategory": "Skill",
        "userConfidenceRating": 5,
        "concepts": ["bread"],
        "supportingEvidenceSnippets": [{"type": "text_snippet", "content": "My loaf."}],
    }
    pk = calls.post("add a trait", "/traits/custom", body)["newTrait"]["traitID_in_pkg"]
    calls.post("add nothing", "/traits/custom", {"traitName": " ", "traitCategory": "Hobby"})
    own = f"{PERSONA}/traits/{pk}"
    calls.call("edit a trait", "PATCH", own, {"refinedTraitName": "Bakes bread", "expressionContexts": ["home"]})
    calls.call("edit nothing", "PATCH", own, {})
    calls.call("edit a trait of nobody", "PATCH", f"{PERSONA}/traits/{STRANGER}", {"refinedTraitName": "x"})
    calls.call("set a status", "POST", f"{own}/status", {"status": "dormant"})
    calls.call("set no status", "POST", f"{own}/status", {"status": "asleep"})
    calls.call("a trait with its history", "GET", own)
    calls.call("remove a trait, stale", "DELETE", own, {"version": 1})
    calls.call("remove a trait", "DELETE", own, {"reason": "No longer."})
    calls.call("a removed trait", "GET", own)
    calls.call("a removed trait's status", "POST", f"{own}/status", {"status": "active"})


def pipeline(calls: Calls) -> None:
    api = api_of(None, INGEST)
    piece = {"type": "text_snippet", "content": "Ich wandere.", "sourcePackageID": None, "sourceDetail": "Tagebuch",
             "startTime": 1.5, "endTime": 2, "relevanceScore": 0.25}  # fmt: skip
    fine = {"candidateID": str(fixed_id("walks")), "userID": str(ALICE), "traitName": "Walks",
            "traitCategory": "Interest", "confidenceScore": 0.5, "supportingEvidenceSnippets": [piece]}  # fmt: skip
    faulty = fine | {"candidateID": "x", "colour": "blue"}
    wrong = fine | {"confidenceScore": 2, "traitName": "", "supportingEvidenceSnippets": [{"type": "smell"}]}
    path = "ingest/candidates"
    calls.call("ingest", "POST", path, {"candidates": [fine, faulty, wrong, 7]}, api=api)
    calls.call("ingest again", "POST", path, {"candidates": [fine]}, api=api)
    lines = orjson.dumps(fine | {"traitDescription": "On foot."}) + b"\n\nno JSON\n"
    calls.call("ingest lines", "POST", path, lines, api=api, media=NDJSON)
    stranger = fine | {"userID": str(STRANGER), "candidateID": str(STRANGER)}
    calls.call("ingest for nobody", "POST", path, {"candidates": [stranger]}, api=api)
    calls.call("ingest nothing", "POST", path, {"candidates": []}, api=api)
    calls.call("ingest something else", "POST", path, {"suggestions": []}, api=api)
    calls.call("ingest, refused", "POST", path, {"candidates": [fine]})
    calls.get("an ingested candidate", f"/traits/candidates/{fixed_id('walks')}")
    wrong = {"candidateIDs": [str(fixed_id("walks")), str(STRANGER)], "reason": "A fault of the model."}
    calls.call("withdraw", "POST", "ingest/withdrawals", wrong, api=api)
    calls.call("outcomes", "GET", "ingest/outcomes", api=api)


def access(calls: Calls) -> None:
    calls.call("no token", "GET", f"{PERSONA}/traits", api=Api())
    calls.call("an unknown token", "GET", f"{PERSONA}/traits", api=Api("unknown"))
    reading = api_of(calls.alice, READ_TRAITS)
    calls.call(
        "only reading", "POST", f"{PERSONA}/traits/custom", {"traitName": "x", "traitCategory": "Other"}, api=reading
    )
    calls.call("a pipeline reads", "GET", f"{PERSONA}/traits", api=api_of(None, INGEST))
    calls.call("somebody else", "GET", f"users/{STRANGER}/persona/traits")
    calls.call("me", "GET", "users/me/persona/communication-styles?context=work")
    calls.call("no such address", "GET", "nothing")


def history(calls: Calls) -> None:
    calls.get("history", "/traits/history?limit=100")
    calls.get("history, a page", "/traits/history?limit=1&offset=2")
    calls.get("history, a bad query", "/traits/history?limit=x")


def own_session(alice: User) -> Api:
    """The person's own browser."""
    api = Api()
    api.client = client_of(alice)
    return api


def sharing(calls: Calls) -> None:
    own = own_session(calls.alice)
    calls.get("grants, asked for by an app", "/grants")
    calls.get("grants", "/grants", api=own)
    calls.get("receipts", "/receipts?limit=100", api=own)
    calls.get("receipts of a trait", f"/receipts?trait={fixed_id('chess')}&limit=100", api=own)
    narrower = {"categories": ["Interest", "Skill", "Other"], "evidence": False}
    calls.call("change a grant", "PATCH", f"{PERSONA}/grants/an-app", narrower, api=own)
    calls.call("change a grant, badly", "PATCH", f"{PERSONA}/grants/an-app", {"contexts": "work"}, api=own)
    calls.call("no such grant", "PATCH", f"{PERSONA}/grants/nothing", {}, api=own)


def erasure(calls: Calls) -> None:
    calls.call("erase, wrong address", "DELETE", PERSONA, {"confirm": "bob@example.com"})
    asked = calls.call("erase", "DELETE", PERSONA, {"confirm": "alice@example.com"})
    calls.get("a receipt", f"/erasures/{asked['erasureID']}")
    calls.get("a receipt of nobody", f"/erasures/{STRANGER}")
