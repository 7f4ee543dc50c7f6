"""Pages and API call the same services: what a decision leaves in the log is the same through both."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ptfi.accounts.models import User
from tests.support.api import api_of
from tests.support.cast import SignedIn, confirmed_trait, make_candidate
from tests.support.style_pages import sent
from tests.support.trait_pages import fields
from traits.models import ExtractedTraitCandidate, PersonaTrait, UserRefinedTrait

pytestmark = pytest.mark.django_db
UUIDS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIMES = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00")
DECISIONS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "confirm": ("confirm", {}, {"userDecision": "confirmed_asis"}),
    "edit": (
        "edit_candidate",
        {"name": "Lives for jazz", "category": "Interest", "description": "Because it is said often.",
         "concepts": "jazz", "user_confidence": "4"},
        {"userDecision": "confirmed_modified",
         "modifications": {"refinedTraitName": "Lives for jazz", "userConfidenceRating": 4}},
    ),
    "reject": (
        "reject",
        {"code": "outdated", "reason": "Long ago."},
        {"userDecision": "rejected", "rejectionCode": "outdated", "rejectionReason": "Long ago."},
    ),
    "snooze": ("snooze", {"until": "evidence"}, {"userDecision": "deferred", "deferUntil": "new_evidence"}),
    "merge": ("merge", {"into": "TRAIT"}, {"userDecision": "merged", "mergeInto": "TRAIT"}),
    "confirm in the place of a trait": (
        "confirm",
        {"relation": "replaces:TRAIT"},
        {"userDecision": "confirmed_asis", "relation": {"kind": "replaces", "traitID": "TRAIT"}},
    ),
    "confirm, the trait was wrong": (
        "confirm",
        {"relation": "old_was_wrong:TRAIT"},
        {"userDecision": "confirmed_asis", "relation": {"kind": "old_was_wrong", "traitID": "TRAIT"}},
    ),
    "confirm what was true before": (
        "confirm",
        {"relation": "was_true_before:TRAIT"},
        {"userDecision": "confirmed_asis", "relation": {"kind": "was_true_before", "traitID": "TRAIT"}},
    ),
    "reject, the trait is right": (
        "reject",
        {"relation": "new_is_wrong:TRAIT"},
        {"userDecision": "rejected", "rejectionCode": "not_me",
         "relation": {"kind": "new_is_wrong", "traitID": "TRAIT"}},
    ),
}  # fmt: skip


def with_id(body: dict[str, Any], trait_id: str) -> Any:
    """The body with the id of the person's trait in its place."""
    return json.loads(json.dumps(body).replace("TRAIT", trait_id))


def log_of(user: User) -> list[Any]:
    """The log without what differs from one person to another: ids, times, the client."""
    entries = []
    for entry in UserRefinedTrait.objects.filter(user=user).order_by("revision"):
        content = TIMES.sub("TIME", UUIDS.sub("ID", json.dumps(entry.content, sort_keys=True)))
        entries.append((entry.user_decision, entry.actor_kind, entry.rejection_code, content))
    return entries


def candidates_of(user: User) -> list[tuple[Any, ...]]:
    rows = ExtractedTraitCandidate.objects.filter(user=user).order_by("trait_name")
    return list(rows.values_list("trait_name", "status", "version", "deferred_until"))


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_decision_leaves_the_same(alice: User, bob: User, signed_in: SignedIn, decision: str) -> None:
    view, form, body = DECISIONS[decision]
    traits = {user.pk: str(confirmed_trait(user, "Likes swing").pk) for user in (alice, bob)}
    by_page, by_api = make_candidate(alice), make_candidate(bob)
    page: Client = signed_in(alice)
    posted = with_id(form, traits[alice.pk])
    answer = page.post(reverse(view, args=[by_page.pk]), posted | {"version": "1"})
    assert answer.status_code == 302, answer.content
    sent = with_id(body, traits[bob.pk])
    status, said = api_of(bob).post(f"/traits/candidates/{by_api.pk}/actions", sent | {"version": 1})
    assert status == 200, said
    assert log_of(alice) == log_of(bob)
    assert candidates_of(alice) == candidates_of(bob)


def test_undoing_and_reopening_leave_the_same(alice: User, bob: User, signed_in: SignedIn) -> None:
    by_page, by_api = make_candidate(alice), make_candidate(bob)
    page, api = signed_in(alice), api_of(bob)
    path = f"/traits/candidates/{by_api.pk}"
    page.post(reverse("reject", args=[by_page.pk]), {"code": "not_me"})
    api.post(f"{path}/actions", {"userDecision": "rejected", "rejectionCode": "not_me"})
    page.post(reverse("reopen", args=[by_page.pk]))
    reopened = api.post(f"{path}/reopen")[1]
    newest = UserRefinedTrait.objects.filter(user=alice).latest("revision")
    page.post(reverse("undo", args=[newest.pk]))
    assert api.post(f"/traits/refinements/{reopened['refinementActionID']}/undo")[0] == 200
    assert log_of(alice) == log_of(bob)
    assert [entry[0] for entry in log_of(bob)] == ["rejected", "reopened", "undone"]


BULK: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "confirm": ({}, {"userDecision": "confirmed_asis"}),
    "reject": (
        {"code": "outdated", "reason": "Long ago."},
        {"userDecision": "rejected", "rejectionCode": "outdated", "rejectionReason": "Long ago."},
    ),
    "snooze": ({"until": "evidence"}, {"userDecision": "deferred", "deferUntil": "new_evidence"}),
}


@pytest.mark.parametrize("decision", BULK)
def test_one_decision_about_many_leaves_the_same(alice: User, bob: User, signed_in: SignedIn, decision: str) -> None:
    form, body = BULK[decision]
    ids = {user.pk: [str(make_candidate(user, name).pk) for name in ("One", "Two")] for user in (alice, bob)}
    page, api = signed_in(alice), api_of(bob)
    posted = {"candidate_ids": ids[alice.pk], "decision": decision, "apply": "1", **form}
    assert page.post(reverse("bulk"), posted).status_code == 302
    status, said = api.post("/traits/candidates/bulk-actions", {"candidateIDs": ids[bob.pk], **body})
    assert (status, [each["outcome"] for each in said["outcomes"]]) == (200, ["applied", "applied"])
    assert log_of(alice) == log_of(bob)
    assert candidates_of(alice) == candidates_of(bob)
    page.post(reverse("undo_newest"))
    assert api.post(f"/traits/refinements/{said['batchID']}/undo")[0] == 200
    assert log_of(alice) == log_of(bob)
    assert len(log_of(alice)) == 4


def test_traits_of_ones_own_leave_the_same(alice: User, bob: User, signed_in: SignedIn) -> None:
    page, api = signed_in(alice), api_of(bob)
    form = {"name": "Bakes bread", "category": "Skill", "description": "Every Sunday.", "concepts": "bread",
            "user_confidence": "5", "own_evidence": "My neighbours say so."}  # fmt: skip
    body = {"traitName": "Bakes bread", "traitCategory": "Skill", "traitDescription": "Every Sunday.",
            "concepts": ["bread"], "userConfidenceRating": 5,
            "supportingEvidenceSnippets": [{"type": "text_snippet", "content": "My neighbours say so."}]}  # fmt: skip
    assert page.post(reverse("trait_new"), form).status_code == 302
    status, said = api.post("/traits/custom", body)
    assert status == 201, said
    mine, theirs = (PersonaTrait.objects.get(user=user) for user in (alice, bob))
    page.post(reverse("trait_edit", args=[mine.pk]), fields(mine, name="Bakes rye bread", notes="With seeds."))
    changed = {"refinedTraitName": "Bakes rye bread", "customizationNotes": "With seeds."}
    assert api.call("PATCH", f"users/me/persona/traits/{theirs.pk}", changed)[0] == 200
    page.post(reverse("trait_status", args=[mine.pk]), {"status": "dormant"})
    assert api.post(f"/traits/{theirs.pk}/status", {"status": "dormant"})[0] == 200
    page.post(reverse("trait_remove", args=[mine.pk]), {"reason": "Gave it up."})
    assert api.call("DELETE", f"users/me/persona/traits/{theirs.pk}", {"reason": "Gave it up."})[0] == 200
    assert log_of(alice) == log_of(bob)
    assert [entry[0] for entry in log_of(bob)] == ["user_added_confirmed", "edited", "status_changed", "removed"]


def test_styles_leave_the_same(alice: User, bob: User, signed_in: SignedIn) -> None:
    page, api = signed_in(alice), api_of(bob)
    values = {"known-FormalityLevel": "informal", "known-EmojiPreference": "set", "emoji": "30"}
    page.post("/styles/", sent(page, **values, **{"name-0": "Greeting", "value-0": "嗨"}))
    style = {"FormalityLevel": "informal", "EmojiPreference": 0.3, "Greeting": "嗨"}
    assert api.call("PUT", "users/me/persona/communication-styles", style)[0] == 200
    page.post("/styles/", sent(page, **{"known-FormalityLevel": ""}))
    del style["FormalityLevel"]
    assert api.call("PUT", "users/me/persona/communication-styles", style)[0] == 200
    assert log_of(alice) == log_of(bob)
    assert len(log_of(alice)) == 4
