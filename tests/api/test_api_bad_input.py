"""Whatever is sent, the API answers as documented and loses nothing; what is odd but fine comes back as it was."""

import io
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ptfi.accounts.models import User
from ptfi.oauth.scopes import INGEST
from tests.support.api import access_token, api_of
from tests.support.api_operations import SOME_ID, documented, operations
from tests.support.cast import confirmed_trait, make_candidate
from tests.support.graph_helpers import project
from traits.models import PersonaTrait, UserRefinedTrait

pytestmark = [pytest.mark.graph, pytest.mark.django_db]
NAMES = [
    "userDecision", "modifications", "refinedTraitName", "linkedEvidenceOverride", "evidenceID", "verdict", "version",
    "deferUntil", "mergeInto", "relation", "candidateIDs", "traitName", "traitCategory", "concepts", "status",
    "rejectionCode", "confirm", "candidates", "candidateID", "userID", "externalID", "confidenceScore", "Pacing",
]  # fmt: skip
WORDS = ["confirmed_asis", "rejected", "deferred", "merged", "new_evidence", "Interest", "active", "not_me", "supports"]
LEAVES = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(WORDS)
    | st.uuids().map(str) | st.datetimes().map(lambda moment: moment.isoformat() + "Z")
)  # fmt: skip
BODIES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8), inner)
    ),
    max_leaves=8,
)


@pytest.mark.slow
@pytest.mark.generated
@pytest.mark.parametrize(("method", "path"), operations())
def test_no_body_breaks_an_operation(alice: User, method: str, path: str) -> None:
    candidate, trait = make_candidate(alice), confirmed_trait(alice, "Bakes")
    action = UserRefinedTrait.objects.get().pk
    api = api_of(None, INGEST) if path.startswith("ingest") else api_of(alice)
    ids = {"candidates/": candidate.pk, "refinements/": action, "traits/": trait.pk}
    promised = documented(method, path)
    place = next((str(pk) for part, pk in ids.items() if part + SOME_ID in path), SOME_ID)
    path = path.replace(SOME_ID, place).replace("{userID}", "me")
    if method == "GET":
        project(alice)

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(BODIES, st.text(max_size=5).map(lambda text: text.encode(errors="replace").hex()))
    def send(body: Any, query: str) -> None:
        if method == "GET" and path.endswith("/export"):
            return
        status, _ = api.call(method, path if method != "GET" else f"{path}?q=%{query[:2] or '41'}&limit={query}", body)
        assert status in promised | {415}, (status, body)

    send()


@pytest.mark.parametrize(
    "name",
    ["x" * 255, "يحب موسيقى الجاز", "喜欢爵士乐", "<script>alert(1)</script>", "a\u200fb", "'; DROP TABLE x; --"],
)
def test_odd_names_come_back_as_they_were(alice: User, name: str) -> None:
    api = api_of(alice)
    status, added = api.post("/traits/custom", {"traitName": name, "traitCategory": "Skill", "concepts": [name]})
    assert (status, added["newTrait"]["name"]) == (201, name)
    project(alice)
    assert [row["name"] for row in api.get("/traits")[1]["data"]] == [name]
    assert name in {node.get("name") for node in api.get("/graph")[1]["nodes"]}
    assert [row["name"] for row in api.get("/concepts")[1]["data"]] == [name]


@pytest.mark.parametrize("name", ["x" * 256, "a\x00b", "", "   ", 7, None, ["x"]])
def test_names_that_cannot_be_are_refused(alice: User, name: Any) -> None:
    status, answer = api_of(alice).post("/traits/custom", {"traitName": name, "traitCategory": "Skill"})
    assert (status, list(answer["error"]["details"])) == (400, ["traitName"])
    assert not PersonaTrait.objects.exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 415), (b"\xff", 400), (b"[" * 100_000, 400), (b'{"traitName": "\\ud800"}', 400), (b"x" * 10_485_760, 413)],
)
def test_a_body_that_is_no_json_object_is_refused(alice: User, body: bytes, status: int) -> None:
    kind = "" if not body else "application/json"
    found, answer = api_of(alice).post("/traits/custom", body, content_type=kind)
    assert (found, answer.keys()) == (status, {"error", "requestID"})


def test_a_body_without_its_length_is_not_taken_for_none(alice: User) -> None:
    """Sent in chunks, the version that was seen would not be looked at."""
    trait, token = confirmed_trait(alice), access_token(alice)
    chunks: dict[str, Any] = {"wsgi.input": io.BytesIO(b'{"version": 0}'), "wsgi.input_terminated": True}
    answer = Client().generic(
        "DELETE",
        f"/v1/users/me/persona/traits/{trait.pk}",
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}", "Transfer-Encoding": "chunked"},
        **chunks,
    )
    assert (answer.status_code, list(answer.json()["error"]["details"])) == (400, ["Content-Length"])
    assert PersonaTrait.objects.filter(pk=trait.pk).exists()


def test_the_same_click_twice_is_one_decision(alice: User) -> None:
    pk, api = make_candidate(alice).pk, api_of(alice)
    answers = [api.post(f"/traits/candidates/{pk}/actions", {"userDecision": "rejected"})[0] for _ in range(2)]
    assert answers == [200, 409]
    assert UserRefinedTrait.objects.count() == 1


@pytest.mark.parametrize("query", ["after=nothing", "format=xml", "limit=0", "limit=%00", "status=%F0%9F"])
def test_bad_queries_of_the_graph(alice: User, query: str) -> None:
    status, answer = api_of(alice).get(f"/traits?{query}")
    faulty = [field.partition("[")[0] for field in answer["error"]["details"]]
    assert (status, faulty) == (400, [query.partition("=")[0]])


REFUSED = [
    *("\u200b\u200b", "\u2060", "\u3164", "\u2800 ", "\u00ad", "\U000e0041"),
    *("a\u202eb", "\u2066a", "bell \u0007", "\u001b[2J"),
]


@pytest.mark.parametrize("name", REFUSED)
def test_names_that_show_nothing_or_control_what_is_shown_are_refused(alice: User, name: str) -> None:
    api, trait = api_of(alice), confirmed_trait(alice)
    status, answer = api.post("/traits/custom", {"traitName": name, "traitCategory": "Interest"})
    assert (status, list(answer["error"]["details"])) == (400, ["traitName"])
    path = f"users/me/persona/traits/{trait.pk}"
    assert api.call("PATCH", path, {"refinedTraitName": name})[0] == 400
    # A concept that shows nothing is none, and is left out.
    status, answer = api.call("PATCH", path, {"concepts": [name, "swing"]})
    assert status == 400 or answer["updatedTraitDetails"]["concepts"] == ["swing"]
    item = {"candidateID": SOME_ID, "externalID": "p:1", "traitCategory": "Interest", "confidenceScore": 1}
    for more in ({"traitName": name}, {"traitName": "A", "concepts": [name]}):
        status, answer = api_of(None, INGEST).call("POST", "ingest/candidates", {"candidates": [item | more]})
        assert (status, answer["created"], len(answer["refused"])) == (200, 0, 1)


def test_a_name_in_any_script_is_taken(alice: User) -> None:
    for name in ("می‌خواهم", "👩‍👩‍👧", "क्‍ष", "C++", "\u200fשלום"):
        assert api_of(alice).post("/traits/custom", {"traitName": name, "traitCategory": "Interest"})[0] == 201


@pytest.mark.parametrize(
    "body",
    [
        b'{"traitName": "a", "traitName": "b", "traitCategory": "Skill"}',
        b'{"traitName": "a", "traitCategory": "Skill", "trait\\u004eame": "b"}',
        b'{"traitName": "a", "traitCategory": "Skill",'
        b' "supportingEvidenceSnippets": [{"type": "text_snippet", "content": "a", "content": "b"}]}',
    ],
)
def test_an_object_has_each_name_once(alice: User, body: bytes) -> None:
    status, answer = api_of(alice).post("/traits/custom", body)
    assert (status, answer["error"]["code"]) == (400, "invalid")
    assert "more than once" in str(answer["error"]["details"])
    assert not PersonaTrait.objects.exists()


def test_a_suggestion_has_each_name_once() -> None:
    pipeline = api_of(None, INGEST)
    whole = b'{"candidates": [{"candidateID": "x", "candidateID": "y"}]}'
    assert pipeline.call("POST", "ingest/candidates", whole)[0] == 400
    good = (
        b'{"candidateID": "%s", "externalID": "p:1", "traitName": "A", "traitCategory": "Skill", "confidenceScore": 1}'
    )
    lines = good % SOME_ID.encode() + b'\n{"candidateID": "x", "traitName": "A", "traitName": "B"}'
    status, answer = pipeline.call("POST", "ingest/candidates", lines, content_type="application/x-ndjson")
    assert (status, answer["created"]) == (200, 1)
    assert answer["refused"][0]["errors"] == {"traitName": ["appears more than once"]}


def test_a_suggestion_gets_a_bounded_number_of_reasons() -> None:
    pipeline = api_of(None, INGEST)
    item = {"candidateID": SOME_ID, **{f"field{number}": 1 for number in range(100_000)}}
    status, answer = pipeline.call("POST", "ingest/candidates", {"candidates": [item]})
    errors = answer["refused"][0]["errors"]
    assert (status, len(errors) <= 25) == (200, True)
    assert "has at least 99,98" in str(errors)
    pieces = [{f"field{number}": 1 for number in range(100_000)}]
    item = {"candidateID": SOME_ID, "supportingEvidenceSnippets": pieces}
    answer = pipeline.call("POST", "ingest/candidates", {"candidates": [item]})[1]
    assert len(answer["refused"][0]["errors"]) <= 25
