"""Pages and API call the same services: what a decision leaves in the log is the same through both."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ptfi.accounts.models import User
from tests.api import api_of
from tests.conftest import SignedIn, confirmed_trait, make_candidate
from traits.models import ExtractedTraitCandidate, UserRefinedTrait

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
    "defer": ("defer", {"until": "evidence"}, {"userDecision": "deferred", "deferUntil": "new_evidence"}),
    "merge": ("merge", {"into": "TRAIT"}, {"userDecision": "merged", "mergeInto": "TRAIT"}),
}  # fmt: skip


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
    posted = {name: traits[alice.pk] if value == "TRAIT" else value for name, value in form.items()}
    answer = page.post(reverse(view, args=[by_page.pk]), posted | {"version": "1"})
    assert answer.status_code == 302, answer.content
    sent = {name: traits[bob.pk] if value == "TRAIT" else value for name, value in body.items()}
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
