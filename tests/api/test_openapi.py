"""The API's document: whole, as committed, and served with its page to anybody."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from ptfi.accounts.models import User
from tests.support.api import api_of
from tests.support.api_operations import DOCUMENT

COMMITTED = Path(__file__).resolve().parents[2] / "docs/openapi.yaml"
OPERATIONS = [(path, method, said) for path, item in DOCUMENT["paths"].items() for method, said in item.items()]


@pytest.mark.slow
def test_the_committed_document_is_that_of_the_code(tmp_path: Path) -> None:
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(made))
    assert made.read_text() == COMMITTED.read_text(), "The API's contract has changed: run `make schema`."


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        else:
            yield route, pattern


def test_every_address_of_the_api_is_in_it() -> None:
    patterns = [(route, found) for route, found in routes(get_resolver()) if route.startswith("v1/")]
    expected = set[tuple[str, int]]()
    for route, pattern in patterns:
        if pattern.name not in ("api_schema", "api_schema_as", "api_docs"):
            view: Any = pattern.callback
            names = [name for name in view.view_class.http_method_names if hasattr(view.view_class, name)]
            expected |= {(name, route.count("/") - 1) for name in names if name != "head"}
            assert names
    assert len(patterns) - 3 == len(DOCUMENT["paths"])
    assert {(method, path.count("/") - 2) for path, method, _ in OPERATIONS} == expected


@pytest.mark.parametrize(("path", "method", "said"), OPERATIONS, ids=lambda each: each if isinstance(each, str) else "")
def test_every_operation_is_described(path: str, method: str, said: dict[str, Any]) -> None:
    assert said["summary"]
    assert said["tags"]
    assert {"400", "401", "403", "406", "429"} <= said["responses"].keys()
    bodies = [said["requestBody"]] if "requestBody" in said else []
    for part in [*bodies, *(answer for status, answer in said["responses"].items() if status < "300")]:
        for media in part["content"].values():
            assert media["examples"]


def test_every_field_is_described() -> None:
    bare = [
        f"{name}.{field}"
        for name, shape in DOCUMENT["components"]["schemas"].items()
        for field, said in shape.get("properties", {}).items()
        if "description" not in said and name not in ("Error", "Node", "Edge")
    ]
    assert bare == []


def test_shapes_are_described_in_words_of_the_api() -> None:
    assert "serializer" not in str(DOCUMENT["components"]["schemas"]).lower()


def test_limits_and_codes_are_in_it() -> None:
    shapes = DOCUMENT["components"]["schemas"]
    suggestions = shapes["Suggestions"]["properties"]["candidates"]
    assert (suggestions["minItems"], suggestions["maxItems"]) == (1, 1000)
    assert shapes["Error"]["properties"]["error"]["properties"]["code"]["$ref"].endswith("/ErrorCode")
    codes = shapes["ErrorCode"]["enum"]
    assert {"invalid", "insufficient_scope", "already_decided", "graph_unavailable", "https_required"} <= set(codes)


def test_choices_that_have_a_name_are_not_repeated() -> None:
    named = {tuple(shape["enum"]) for shape in DOCUMENT["components"]["schemas"].values() if "enum" in shape}
    parameters = [each for _, _, said in OPERATIONS for each in said["parameters"] if "schema" in each]
    schemas = [each["schema"].get("items", each["schema"]) for each in parameters]
    assert [each for each in schemas if tuple(each.get("enum", ())) in named] == []
    assert any(each.get("$ref") == "#/components/schemas/Category" for each in schemas)


def test_what_goes_with_a_decision_is_in_it() -> None:
    shapes = DOCUMENT["components"]["schemas"]
    for name, field in (("Action", "userDecision"), ("BulkAction", "userDecision")):
        told = shapes[name]["discriminator"]
        assert told["propertyName"] == field
        assert [each["$ref"] for each in shapes[name]["oneOf"]] == list(told["mapping"].values())
        for value, reference in told["mapping"].items():
            variant = shapes[reference.rsplit("/", 1)[1]]
            assert variant["properties"][field]["const"] == value
            assert variant["additionalProperties"] is False
    assert shapes["Defer"]["required"] == ["userDecision", "deferUntil"]
    assert shapes["Merge"]["required"] == ["userDecision", "mergeInto"]
    assert shapes["ConfirmModified"]["properties"]["modifications"]["minProperties"] == 1
    assert "rejectionReason" not in shapes["ConfirmAsIs"]["properties"]
    assert shapes["RejectMany"]["properties"]["candidateIDs"]["minItems"] == 1


def inline_enums(part: Any, place: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every enumeration with several values inside a part of the document."""
    if isinstance(part, list):
        for index, inner in enumerate(part):
            yield from inline_enums(inner, f"{place}[{index}]")
    elif isinstance(part, dict):
        if len(part.get("enum", ())) > 1:
            yield place, tuple(part["enum"])
        for name, inner in part.items():
            yield from inline_enums(inner, f"{place}.{name}")


def test_every_enumeration_is_one_type() -> None:
    """Those of styles and of the kinds of a clash stand where they are used, and nowhere else."""
    shapes = DOCUMENT["components"]["schemas"]
    named = {name: tuple(shape["enum"]) for name, shape in shapes.items() if "enum" in shape}
    assert len(set(named.values())) == len(named)
    assert {"ErrorCode", "Category", "ClashKind", "CandidateOrder", "SortOrder", "NodeLabel"} <= named.keys()
    parts = {"paths": DOCUMENT["paths"], **{name: shape for name, shape in shapes.items() if name not in named}}
    found = [(place, values) for name, part in parts.items() for place, values in inline_enums(part, name)]
    assert [place for place, values in found if values in named.values()] == []
    inside = [place for place, values in found if not any(set(values) <= set(other) for other in named.values())]
    assert [place for place in inside if "communication-styles" not in place] == []


@pytest.mark.django_db
def test_a_whole_number_may_have_a_point(alice: User) -> None:
    trait = {"traitName": "Bakes", "traitCategory": "Skill", "userConfidenceRating": 4.0}
    assert api_of(alice).post("/traits/custom", trait)[1]["newTrait"]["userConfidence"] == 4
    assert api_of(alice).post("/traits/custom", trait | {"userConfidenceRating": 4.5})[0] == 400


def test_it_names_the_addresses_that_discovery_names(client: Client) -> None:
    found = client.get("/.well-known/openid-configuration").json()
    flows = DOCUMENT["components"]["securitySchemes"]["OAuth2"]["flows"]
    person, pipeline = flows["authorizationCode"], flows["clientCredentials"]
    assert person["authorizationUrl"] == urlsplit(found["authorization_endpoint"]).path
    assert person["tokenUrl"] == pipeline["tokenUrl"] == urlsplit(found["token_endpoint"]).path
    assert {*person["scopes"], *pipeline["scopes"]} == set(found["scopes_supported"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("address", "accept", "kind"),
    [
        ("/v1/schema", "*/*", "application/json"),
        ("/v1/schema", "application/vnd.oai.openapi+json", "application/vnd.oai.openapi+json"),
        ("/v1/schema", "application/yaml", "application/yaml"),
        ("/v1/schema", "application/vnd.oai.openapi", "application/vnd.oai.openapi"),
        ("/v1/schema.json", "*/*", "application/json"),
        ("/v1/schema.yaml", "*/*", "application/yaml"),
    ],
)
def test_anybody_may_read_it(client: Client, address: str, accept: str, kind: str) -> None:
    answer = client.get(address, headers={"Accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (200, kind)
    assert "max-age" in answer["Cache-Control"]
    read = orjson.loads(answer.content) if kind.endswith("json") else yaml.safe_load(answer.content)
    assert read["paths"].keys() == DOCUMENT["paths"].keys()


@pytest.mark.parametrize(
    ("method", "address", "accept", "status"),
    [
        ("POST", "/v1/schema", "*/*", 405),
        ("GET", "/v1/schema", "image/png", 406),
        ("GET", "/v1/schema.xml", "*/*", 404),
    ],
)
def test_its_errors_have_the_one_shape(client: Client, method: str, address: str, accept: str, status: int) -> None:
    answer = client.generic(method, address, headers={"Accept": accept})
    assert answer.status_code == status
    assert answer.json().keys() == {"error", "requestID"}
