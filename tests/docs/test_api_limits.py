"""docs/api.md lists every scope and every limit of the API, as they are."""

import re
from pathlib import Path
from typing import Any

from django.conf import settings

from ptfi.oauth.scopes import CLIENT_SCOPES, USER_SCOPES
from tests.support.api_operations import DOCUMENT
from traits.api.ingest import MAX_BYTES
from traits.ingest.batch import MAX_BATCH
from traits.models import MAX_EVIDENCE, MAX_EVIDENCE_TEXT, MAX_LIST, MAX_NAME, MAX_TEXT

TEXT = (Path(__file__).resolve().parents[2] / "docs/api.md").read_text()
MIB = 1024 * 1024


def section(heading: str) -> str:
    return TEXT.split(f"{heading}\n")[1].split("\n##")[0]


def test_every_scope_is_listed() -> None:
    rows = re.findall(r"^\| (`[a-z:_`, ]+`) \| ", section("## Getting a token"), re.MULTILINE)
    listed = {scope for row in rows for scope in re.findall(r"`([^`]+)`", row)}
    assert listed == USER_SCOPES.keys() | CLIENT_SCOPES.keys()


def numbers(row: str) -> list[int]:
    found = re.search(rf"^\| {re.escape(row)} \| (.*) \|$", section("### Limits"), re.MULTILINE)
    assert found, row
    return [int(number.replace(",", "")) for number in re.findall(r"\b\d[\d,]*\b", found[1].split(" (")[0])]


def test_every_limit_is_as_it_is_listed() -> None:
    shapes = DOCUMENT["components"]["schemas"]
    page = {each["name"]: each["schema"] for each in parameters("listCandidates")}
    expected = {
        "requests of all apps of one person": [settings.API_USER_REQUESTS_PER_MINUTE],
        "requests of one app for all its people": [settings.API_CLIENT_REQUESTS_PER_MINUTE],
        "requests to the token endpoints from one address": [settings.TOKEN_REQUESTS_PER_MINUTE],
        "a body": [settings.DATA_UPLOAD_MAX_MEMORY_SIZE // MIB, MAX_BYTES // MIB],
        "suggestions in a request of the pipeline": [MAX_BATCH],
        "suggestions in one decision": [shapes["RejectMany"]["properties"]["candidateIDs"]["maxItems"]],
        "items on a page": [page["limit"]["maximum"]],
        "`offset`": [page["offset"]["maximum"]],
        "an `Idempotency-Key`": [DOCUMENT["components"]["parameters"]["IdempotencyKey"]["schema"]["maxLength"], 24],
        "a name; a description, reason or note; a piece of evidence": [MAX_NAME, MAX_TEXT, MAX_EVIDENCE_TEXT],
        "pieces of evidence; concepts or contexts of a trait": [MAX_EVIDENCE, MAX_LIST],
    }
    assert {row: numbers(row) for row in expected} == expected
    listed = re.findall(r"^\| (?!what|---)(.*?) \| ", section("### Limits"), re.MULTILINE)
    assert set(listed) == expected.keys() | {"exports at the same time"}


def parameters(name: str) -> list[dict[str, Any]]:
    """The parameters of an operation that are described where it is."""
    operations = [said for item in DOCUMENT["paths"].values() for said in item.values()]
    return [each for said in operations if said["operationId"] == name for each in said["parameters"] if "name" in each]
