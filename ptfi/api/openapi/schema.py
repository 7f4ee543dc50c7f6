"""The OpenAPI document: drf-spectacular, with the views' operations and the errors that follow from rules."""

from http import HTTPStatus
from typing import Any

from django.urls import reverse
from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent, build_object_type
from drf_spectacular.utils import OpenApiExample, OpenApiRequest, OpenApiResponse
from rest_framework import serializers

from ptfi.api.errors import (
    CsrfFailedError,
    IdempotencyConflictError,
    InsufficientScopeError,
    NotAcceptableError,
    NotAuthenticatedError,
    SecondStepRequiredError,
    ThrottledError,
    UnsupportedMediaTypeError,
)
from ptfi.api.openapi.document import AN_ID, ENUM_NAMES, ERROR, HEADERS, IDEMPOTENCY_KEY, PATHS
from ptfi.api.openapi.operation import JSON, Operation
from ptfi.api.permissions import IngestScope
from ptfi.api.strict import Strict
from ptfi.api.views import PersonView
from ptfi.errors import NotFoundError, RuleError, TooLargeError
from ptfi.oauth.scopes import CLIENT_SCOPES, INGEST, MANAGE_TRAITS, USER_SCOPES
from ptfi.web.transport import HttpsRequiredError

ANY = (
    RuleError,
    NotAuthenticatedError,
    InsufficientScopeError,
    CsrfFailedError,
    SecondStepRequiredError,
    HttpsRequiredError,
    NotAcceptableError,
    ThrottledError,
)
UNFORESEEN = "error"
"""The error code of a fault on our side."""
CHANGING = (IdempotencyConflictError, TooLargeError, UnsupportedMediaTypeError)
SOME_TEXT = r"^[^\u0000]*[^\s\u0000][^\u0000]*$"
LIMITS = {"minLength", "maxLength", "pattern", "minItems", "maxItems"}
"""Limits of texts and lists; the document states them for requests, but not for responses."""
OF_STATUS = {
    401: ("WWW-Authenticate",),
    409: ("Idempotent-Replayed",),
    429: ("Retry-After", "RateLimit", "RateLimit-Policy"),
}
"""Headers of an error's response besides X-Request-ID."""


class ApiSchema(AutoSchema):
    """Reads the description of each method from its Operation."""

    method: str
    operation: Operation
    changes: bool

    def get_operation(self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any) -> Any:
        self.operation = getattr(self.view, method.lower()).operation
        self.changes = method != "GET"
        return super().get_operation(path, path_regex, path_prefix, method, registry)

    def get_operation_id(self) -> str:
        return self.operation.id

    def get_summary(self) -> str:
        return self.operation.summary

    def get_description(self) -> str:
        return self.operation.description

    def get_tags(self) -> list[str]:
        return [self.operation.tag]

    def get_serializer_name(self, serializer: Any, direction: str) -> str:
        name: str = super().get_serializer_name(serializer, direction)
        return name.removesuffix("Answer")

    def _map_serializer_field(self, field: Any, direction: str, bypass_extensions: bool = False) -> Any:
        shape = super()._map_serializer_field(field, direction, bypass_extensions)
        choices = getattr(field, "choices", {})
        if choices and all(value == label for value, label in choices.items()):
            # Drop drf-spectacular's list of choices, which explains none of them.
            shape["description"] = str(field.help_text or "")
        if isinstance(shape.get("type"), list):
            # For fields with an extension drf-spectacular states twice that they may be null.
            shape["type"] = list(dict.fromkeys(shape["type"]))
        if isinstance(field, serializers.ListField) and field.min_length:
            shape["minItems"] = field.min_length
        return _without_limits(field, shape)

    def _insert_field_validators(self, field: Any, schema: dict[str, Any]) -> None:
        super()._insert_field_validators(field, schema)
        _without_limits(field, schema)

    def get_override_parameters(self) -> list[Any]:
        return [self.operation.query] if self.operation.query else []

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        return [PATHS[name] | self._part("parameters", PATHS[name]["name"], PATHS[name]) for name in variables]

    def _get_parameters(self) -> list[dict[str, Any]]:
        more = [self._part("parameters", "IdempotencyKey", IDEMPOTENCY_KEY)] if self.changes else []
        found = super()._get_parameters() + more
        # The others are references; super() needed their name and place, which must not be repeated next to them.
        return [{"$ref": each["$ref"]} if "$ref" in each else each for each in found]

    def get_request_serializer(self) -> dict[str, OpenApiRequest]:
        return {
            kind: OpenApiRequest(shape, examples=_examples(self.operation.body_examples.get(kind, {})))
            for kind, shape in self.operation.bodies.items()
        }

    def _get_request_body(self, direction: str = "request") -> dict[str, Any] | None:
        method = self.method
        try:
            # drf-spectacular expects no body of DELETE; here it may hold the version that was seen, and a reason.
            self.method = "POST" if method == "DELETE" else method
            body: dict[str, Any] | None = super()._get_request_body(direction)
        finally:
            self.method = method
        return body and body | {"required": not self.operation.body_optional}

    def get_response_serializers(self) -> dict[int, OpenApiResponse]:
        said = self.operation
        examples = _examples(said.examples)
        return {said.status: OpenApiResponse(said.answer, description=said.returns, examples=examples)}

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        if self.changes:
            bodies[str(self.operation.status)]["headers"] = self._headers(("Idempotent-Replayed",))
        return bodies | self._errors()

    def _errors(self) -> dict[str, Any]:
        """Status → response, for every rule that can be broken here."""
        rules: list[type[RuleError]] = [*ANY, *self.operation.breaks]
        rules += [NotFoundError] if isinstance(self.view, PersonView) else []
        rules += CHANGING if self.changes else ()
        by_status: dict[int, list[type[RuleError]]] = {}
        for rule in rules:
            by_status.setdefault(rule.status, []).append(rule)
        return {str(status): self._error(status, by_status[status]) for status in sorted(by_status)}

    def _error(self, status: int, rules: list[type[RuleError]]) -> dict[str, Any]:
        body = {
            "description": "\n".join(f"- `{rule.code}`: {rule.message}" for rule in rules),
            "headers": self._headers(("X-Request-ID", *OF_STATUS.get(status, ()))),
            "content": {
                JSON: {
                    "schema": self._part("schemas", "Error", ERROR),
                    "examples": {rule.code: {"value": _error_example(rule)} for rule in rules},
                }
            },
        }
        # Conflicts differ by operation; the other errors are the same everywhere.
        return body if status == 409 else self._part("responses", HTTPStatus(status).phrase.replace(" ", ""), body)

    def _headers(self, names: tuple[str, ...]) -> dict[str, Any]:
        return {name: self._part("headers", name, HEADERS[name]) for name in names}

    def _part(self, kind: str, name: str, part: dict[str, Any]) -> dict[str, Any]:
        """A reference to a part that stands in the document once."""
        component = ResolvedComponent(name, kind, part, object=ApiSchema)
        self.registry.register_on_missing(component)
        found: dict[str, Any] = component.ref
        return found


def _without_limits(field: Any, shape: dict[str, Any]) -> dict[str, Any]:
    """The shape; without its limits if the field is not part of a request."""
    holder = field
    while holder.parent is not None and not isinstance(holder, serializers.Serializer):
        holder = holder.parent
    for limit in () if isinstance(holder, Strict) else LIMITS:
        shape.pop(limit, None)
    return shape


def _error_example(rule: type[RuleError]) -> dict[str, Any]:
    details = {"limit": ["Ensure this value is less than or equal to 100."]} if rule is RuleError else {}
    return {"error": {"code": rule.code, "message": rule.message, "details": details}, "requestID": AN_ID}


def _examples(values: dict[str, Any]) -> list[OpenApiExample]:
    return [OpenApiExample(name, summary=name, value=value) for name, value in values.items()]


class StrictFields(OpenApiSerializerExtension):
    """Requests, which refuse unknown fields."""

    target_class = "ptfi.api.strict.Strict"
    match_subclasses = True

    def map_serializer(self, auto_schema: ApiSchema, direction: str) -> dict[str, Any]:
        shape: dict[str, Any] = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        for name, field in self.target.fields.items():
            if isinstance(field, serializers.ListSerializer):
                bounds = {"minItems": field.min_length, "maxItems": field.max_length}
                shape["properties"][name] |= {limit: number for limit, number in bounds.items() if number}
        rules = {"allOf": self.target.schema_rules} if self.target.schema_rules else {}
        whole = {**build_object_type(), **shape, "additionalProperties": False, **rules}
        return self._one_of(auto_schema, whole) if self.target.variants else whole

    def _one_of(self, auto_schema: ApiSchema, whole: dict[str, Any]) -> dict[str, Any]:
        """One schema for each variant, told apart by the field on which they depend, if there is one."""
        field, variants = self.target.variant_field, self.target.variants
        special = {name for variant in variants.values() for name in variant.takes}
        mapping = {}
        for value, variant in variants.items():
            kept = [name for name in whole["properties"] if name not in special or name in variant.takes]
            shape = whole | {
                "description": f"{whole['description'].rstrip('.')}: {value}.",
                "properties": {name: whole["properties"][name] | variant.shapes.get(name, {}) for name in kept},
                "required": [*whole.get("required", ()), *variant.needs],
            }
            if field:
                shape["properties"][field] = {"const": value, "type": "string", "description": "What is decided."}
            shape |= variant.shapes.get("*", {})
            mapping[value] = auto_schema._part("schemas", variant.name, shape)["$ref"]
        told_apart = {"discriminator": {"propertyName": field, "mapping": mapping}} if field else {}
        references = [{"$ref": reference} for reference in mapping.values()]
        return {"description": whole["description"], "oneOf": references, **told_apart}


class TextField(OpenApiSerializerFieldExtension):
    """Texts, which must not be blank or contain NUL."""

    target_class = "ptfi.api.strict.Text"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        shape: dict[str, Any] = auto_schema._map_serializer_field(self.target, direction, bypass_extensions=True)
        return shape if self.target.allow_blank else shape | {"pattern": SOME_TEXT}


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = "ptfi.api.authentication.BearerAuthentication"
    name = "OAuth2"

    def get_security_requirement(self, auto_schema: AutoSchema) -> dict[str, list[str]] | None:
        if getattr(auto_schema.view, "is_own_only", False):
            return None
        if IngestScope in auto_schema.view.permission_classes:
            return {self.name: [INGEST]}
        return {self.name: [MANAGE_TRAITS if auto_schema.changes else auto_schema.view.read_scope]}

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:  # noqa: ARG002 (spectacular's)
        token = reverse("idp:oidc:token")
        person = {
            "authorizationUrl": reverse("idp:oidc:authorization"),
            "tokenUrl": token,
            "refreshUrl": token,
            "scopes": USER_SCOPES,
        }
        return {
            "type": "oauth2",
            "description": "An access token, as `Authorization: Bearer …`. Apps use the authorization code with PKCE "
            "(`S256`), the pipeline its client credentials. `/.well-known/openid-configuration` names the addresses.",
            "flows": {
                "authorizationCode": person,
                "clientCredentials": {"tokenUrl": token, "scopes": CLIENT_SCOPES},
            },
        }


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "ptfi.api.authentication.BrowserAuthentication"
    name = ["Session", "CSRF"]

    def get_security_requirement(self, auto_schema: AutoSchema) -> dict[str, list[str]] | None:
        if IngestScope in auto_schema.view.permission_classes:
            return None
        return {"Session": [], "CSRF": []} if auto_schema.changes else {"Session": []}

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, Any]]:  # noqa: ARG002 (spectacular's)
        session = "Who has signed in to the pages; the cookie is called `session` where there is no https."
        csrf = "Changes with a session need the token that every page has in its meta tag `csrf-token`."
        return [
            {"type": "apiKey", "in": "cookie", "name": "__Host-session", "description": session},
            {"type": "apiKey", "in": "header", "name": "X-CSRFToken", "description": csrf},
        ]


def tidy(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """Use the contract's names of path parameters, list all error codes, and refer to named enumerations."""
    for name, part in PATHS.items():
        result["paths"] = {path.replace(f"{{{name}}}", f"{{{part['name']}}}"): v for path, v in result["paths"].items()}
    shapes = result["components"]["schemas"]
    codes = {"type": "string", "enum": sorted(_codes(result) | {UNFORESEEN}), "description": "For programs."}
    shapes["ErrorCode"] = codes
    shapes["Error"]["properties"]["error"]["properties"]["code"] |= {"$ref": "#/components/schemas/ErrorCode"}
    for name, choices in ENUM_NAMES.items():
        if isinstance(choices, list):
            # Those that only parameters have.
            shapes.setdefault(name, {"type": "string", "enum": choices})
    result["components"]["schemas"] = shapes = dict(sorted(shapes.items()))
    named = {tuple(shape["enum"]): name for name, shape in shapes.items() if "enum" in shape}
    for operation in (each for item in result["paths"].values() for each in item.values()):
        for parameter in operation.get("parameters", ()):
            _name_enums(parameter.get("schema", {}), named)
    return result


def _codes(part: Any) -> set[str]:
    """The codes of all errors in the document, which are the names of their examples."""
    if isinstance(part, list):
        return set[str]().union(*map(_codes, part))
    if not isinstance(part, dict):
        return set()
    if part.get("schema") == {"$ref": "#/components/schemas/Error"}:
        return set(part["examples"])
    return set[str]().union(*map(_codes, part.values()))


def _name_enums(schema: dict[str, Any], named: dict[tuple[str, ...], str]) -> None:
    """Refer to an enumeration by its name, if it has one, so that generators make one type of it."""
    holder = schema.get("items", schema)
    if (name := named.get(tuple(holder.get("enum", ())))) is None:
        return
    reference = {"$ref": f"#/components/schemas/{name}"}
    default = {"default": holder["default"]} if "default" in holder else {}
    holder.clear()
    holder.update({"allOf": [reference]} | default if default else reference)
