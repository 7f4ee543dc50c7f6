"""Bodies as programs send them: with marks, packed, in other encodings and layouts; ids, times and numbers inside."""

import gzip
import json
import uuid
from pathlib import Path
from typing import Any

import orjson
import pytest

from ptfi.accounts.models import User
from ptfi.oauth.scopes import INGEST
from tests.support.api import Api, api_of
from tests.support.cast import confirmed_trait, make_candidate
from traits.models import ExtractedTraitCandidate, UserRefinedTrait

CASES = Path(__file__).parents[1] / "data/cases"
NDJSON = "application/x-ndjson"
pytestmark = pytest.mark.django_db


@pytest.fixture
def pipeline() -> Api:
    return api_of(None, INGEST)


def item(**changes: Any) -> dict[str, Any]:
    row = {"candidateID": str(uuid.uuid4()), "externalID": "p:1", "traitName": "A", "traitCategory": "Skill"}
    return row | {"confidenceScore": 0.6} | changes


def bring(pipeline: Api, body: Any, **headers: str) -> tuple[int, Any]:
    return pipeline.call("POST", "ingest/candidates", body, **headers)


def lines(*rows: Any) -> bytes:
    return b"\n".join(map(orjson.dumps, rows))


def test_a_byte_order_mark_and_line_ends_of_windows_do_not_matter(pipeline: Api, alice: User) -> None:
    body = (CASES / "13-api-bom-crlf.ndjson").read_bytes()
    status, answer = bring(pipeline, body, content_type=NDJSON)
    assert (status, answer["created"], answer["refused"]) == (200, 3, [])
    joined = b"".join(b"\xef\xbb\xbf" + lines(item()) + b"\r\n" for _ in range(2))
    assert bring(pipeline, joined, content_type=NDJSON)[1]["created"] == 2
    marked = b"\xef\xbb\xbf" + orjson.dumps({"candidates": [item()]}) + b"\r\n"
    assert bring(pipeline, marked)[1]["created"] == 1
    trait = b'\xef\xbb\xbf{"traitName": "Bakes", "traitCategory": "Skill"}'
    assert api_of(alice).post("/traits/custom", trait)[0] == 201


def test_packed_bodies_are_unpacked(pipeline: Api, alice: User) -> None:
    for kind, body in (("application/json", orjson.dumps({"candidates": [item()]})), (NDJSON, lines(item(), item()))):
        for encoding in ("gzip", "GZIP", "x-gzip"):
            sent = gzip.compress(body, mtime=0)
            assert bring(pipeline, sent, content_type=kind, Content_Encoding=encoding)[0] == 200
    assert ExtractedTraitCandidate.objects.count() == 3
    path = f"/traits/candidates/{make_candidate(alice).pk}/actions"
    body = gzip.compress(b'{"userDecision": "rejected"}', mtime=0)
    api = api_of(alice)
    for replayed in (None, "true"):
        assert api.post(path, body, Content_Encoding="gzip", Idempotency_Key="one")[0] == 200
        assert api.response.headers.get("Idempotent-Replayed") == replayed


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "compress"])
def test_other_packings_are_refused_by_name(pipeline: Api, alice: User, encoding: str) -> None:
    status, answer = bring(pipeline, b"\x1b\x00", Content_Encoding=encoding)
    assert (status, list(answer["error"]["details"])) == (415, ["Content-Encoding"])
    assert api_of(alice).post("/traits/custom", b"\x1b\x00", Content_Encoding=encoding)[0] == 415


@pytest.mark.parametrize(
    "kind", ["application/jsonl", "text/json", "application/json-seq", "text/plain; charset=utf-8"]
)
def test_other_media_types_are_told_which_are_read(pipeline: Api, alice: User, kind: str) -> None:
    status, answer = bring(pipeline, lines(item()), content_type=kind)
    assert (status, answer["error"]["details"]) == (
        415,
        {"Content-Type": ["Send application/json or application/x-ndjson."]},
    )
    status, answer = api_of(alice).post("/traits/custom", b"{}", content_type=kind)
    assert (status, answer["error"]["details"]) == (415, {"Content-Type": ["Send application/json."]})


@pytest.mark.parametrize("cut", [1, 12, -9, -1])
def test_what_is_cut_off_is_refused(pipeline: Api, cut: int) -> None:
    body = gzip.compress(orjson.dumps({"candidates": [item()]}))[:cut]
    status, answer = bring(pipeline, body, Content_Encoding="gzip")
    assert (status, list(answer["error"]["details"])) == (400, ["body"])
    assert "gzip" in str(answer["error"]["details"])
    assert not ExtractedTraitCandidate.objects.exists()


def test_what_is_too_large_once_unpacked_is_refused(pipeline: Api, alice: User) -> None:
    for api, path, most in ((pipeline, "ingest/candidates", 10), (api_of(alice), "users/me/persona/traits/custom", 1)):
        body = gzip.compress(b" " * (most * 1024 * 1024 + 1))
        status, answer = api.call("POST", path, body, Content_Encoding="gzip")
        assert (status, answer["error"]["code"]) == (413, "too_large")


ROWS = [item(), item()]
OTHERS = {
    "UTF-16": json.dumps({"candidates": ROWS}).encode("utf-16"),
    "UTF-32": json.dumps({"candidates": ROWS}).encode("utf-32"),
    "Content-Encoding": gzip.compress(lines(*ROWS)),
    "a JSON array": orjson.dumps(ROWS),
    "commas": b",\n".join(map(orjson.dumps, ROWS)),
    "'.candidates[]'": orjson.dumps({"candidates": ROWS}),
    "several lines": b"\n".join(orjson.dumps(row, option=orjson.OPT_INDENT_2) for row in ROWS),
}


@pytest.mark.parametrize("words", OTHERS)
def test_one_sentence_says_what_a_body_is(pipeline: Api, words: str) -> None:
    status, answer = bring(pipeline, OTHERS[words], content_type=NDJSON)
    assert (status, list(answer["error"]["details"])) == (400, ["body"])
    assert words in answer["error"]["details"]["body"][0]
    if words in ("UTF-16", "UTF-32", "Content-Encoding"):
        assert words in bring(pipeline, OTHERS[words])[1]["error"]["details"]["body"][0]


@pytest.mark.parametrize(
    "bad", [b'{"a": 1,}', b'{"a": NaN}', b'{"a":' * 2_000, b"\x00\x00", b"[]", b'"x"', b"nonsense"]
)
def test_a_bad_line_is_refused_and_the_rest_goes_in(pipeline: Api, bad: bytes) -> None:
    status, answer = bring(pipeline, lines(ROWS[0]) + b"\n" + bad + b"\n" + lines(ROWS[1]), content_type=NDJSON)
    assert (status, answer["created"]) == (200, 2)
    assert [row["index"] for row in answer["refused"]] == [1]


def test_faults_say_what_was_expected_and_what_was_found(pipeline: Api) -> None:
    rows = [item(confidenceScore=85), item(confidenceScore="85 %"), item(candidateID="{" + str(uuid.uuid4()) + "}")]
    answer = bring(pipeline, {"candidates": rows})[1]
    assert [row["errors"] for row in answer["refused"][:2]] == [
        {"confidenceScore": ["must be between 0 and 1, but is 85"]},
        {"confidenceScore": ["must be a number, but is text"]},
    ]
    assert answer["refused"][2]["errors"]["candidateID"][0].startswith("must be a UUID, as in")


@pytest.mark.parametrize(
    "until",
    [
        *("2027-07-01T06:00:00", "2027-07-01", "2027-W26-4", "2027-W26-4T06:00:00Z", "20270701T060000Z", "2027-182"),
        *("2027-07-01T06:00:00 Europe/Berlin", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "tomorrow"),
        *("2027-07-01T25:00:00Z", "2027-02-30T06:00:00Z", "1782885600", "٢٠٢٧-07-01T06:00:00Z", ""),
    ],
)
def test_a_time_needs_its_offset(alice: User, until: str) -> None:
    pk = make_candidate(alice).pk
    body = {"userDecision": "deferred", "deferUntil": until}
    status, answer = api_of(alice).post(f"/traits/candidates/{pk}/actions", body)
    assert (status, list(answer["error"]["details"])) == (400, ["deferUntil"])
    assert not UserRefinedTrait.objects.exists()


@pytest.mark.parametrize("until", ["2027-07-01T06:00:00+05:30", "2027-07-01 00:30:00z", "2027-07-01T00:30Z"])
def test_a_time_with_its_offset_is_that_moment(alice: User, until: str) -> None:
    pk = make_candidate(alice).pk
    body = {"userDecision": "deferred", "deferUntil": until}
    assert api_of(alice).post(f"/traits/candidates/{pk}/actions", body)[0] == 200
    deferred_until = ExtractedTraitCandidate.objects.get().deferred_until
    assert deferred_until
    assert deferred_until.isoformat() == "2027-07-01T00:30:00+00:00"


def test_an_id_has_one_spelling_everywhere(alice: User) -> None:
    api, pk, trait = api_of(alice), make_candidate(alice).pk, confirmed_trait(alice, "Likes music")
    assert api.get(f"/traits/candidates/{str(pk).upper()}")[0] == 200
    for other in (f"{{{pk}}}", f"urn:uuid:{pk}", pk.hex):
        assert api.get(f"/traits/candidates/{other}")[0] == 404
        body = {"candidateIDs": [other], "userDecision": "rejected"}
        status, answer = api.post("/traits/candidates/bulk-actions", body)
        assert (status, list(answer["error"]["details"])) == (400, ["candidateIDs[0]"])
    for other in (f"{{{trait.pk}}}", f"urn:uuid:{trait.pk}", trait.pk.hex):
        body = {"userDecision": "merged", "mergeInto": other}
        assert list(api.post(f"/traits/candidates/{pk}/actions", body)[1]["error"]["details"]) == ["mergeInto"]
    body = {"userDecision": "merged", "mergeInto": str(trait.pk).upper()}
    assert api.post(f"/traits/candidates/{pk}/actions", body)[0] == 200


@pytest.mark.parametrize("number", ["nan", "inf", "1e400", "٠.٥", "1_0", " 0.5", "0,5", "１"])
def test_a_number_in_a_query_has_plain_digits(alice: User, number: str) -> None:
    status, answer = api_of(alice).get(f"/traits/candidates?minConfidence={number}")
    assert (status, list(answer["error"]["details"])) == (400, ["minConfidence"])
    assert api_of(alice).get(f"/traits/candidates?limit={number}")[0] == 400


def test_a_repeated_answer_is_in_the_language_of_the_first(alice: User) -> None:
    api, pk = api_of(alice), make_candidate(alice).pk
    path, body = f"/traits/candidates/{pk}/actions", {"userDecision": "rejected"}
    first = api.post(path, body, Idempotency_Key="one", Accept_Language="de")[1]
    assert api.response["Content-Language"] == "de"
    assert api.post(path, body, Idempotency_Key="one", Accept_Language="en")[1] == first
    assert (api.response["Idempotent-Replayed"], api.response["Content-Language"]) == ("true", "de")
