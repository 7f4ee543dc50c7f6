"""The shared parts of the OpenAPI document: introduction, headers, path parameters and the shape of errors."""

from typing import Any

ABOUT = """\
What the pipeline suggests about a person, what the person decided, and the persona that came of it.

**Who calls.** An OAuth 2.0 access token, or the browser's session with its CSRF token. `{userID}` is the caller's own
account, or `me`; any other is not found, whether it exists or not.

**Requests** are JSON in UTF-8. Fields and parameters that are not known are refused by name; texts are trimmed,
and stored in Unicode's form NFC.

**Errors** have one shape, whatever the status. Where several apply: 401, 403, 404, 400, 409 in this order. A method
that an address does not take is answered with 405 and `Allow`.

**Repeating.** A change with an `Idempotency-Key` can be sent again after a lost answer.

**Times** are ISO 8601 with an offset, ids are UUIDs. Answers may get more fields; what is here keeps its meaning.
"""

ENUM_NAMES: dict[str, Any] = {}
"""Names of enumerations in the document; apps add theirs with name_choices."""


def name_choices(**choices: Any) -> None:
    """Name these enumerations in the document; each is a class of choices or a list."""
    ENUM_NAMES.update(choices)


SPECTACULAR_SETTINGS = {
    "TITLE": "PTFI",
    "VERSION": "1",
    "DESCRIPTION": ABOUT,
    "LICENSE": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    "OAS_VERSION": "3.1.1",
    "SERVERS": [{"url": "/", "description": "This site"}],
    "TAGS": [
        {"name": "Suggestions", "description": "What the pipeline suggests, and deciding about it."},
        {"name": "Traits", "description": "What is part of the persona."},
        {"name": "History", "description": "The log of every decision, and undoing."},
        {"name": "Communication style", "description": "How the person likes to speak and be spoken to."},
        {"name": "Graph", "description": "Reads of the knowledge graph, which follows the log a moment later."},
        {"name": "Data", "description": "All that is held about the person: taking it along, erasing it."},
        {"name": "Pipeline", "description": "Bringing suggestions."},
    ],
    "SCHEMA_PATH_PREFIX": "/v1",
    "COMPONENT_SPLIT_PATCH": False,
    "ENFORCE_NON_BLANK_FIELDS": True,
    "ENUM_SUFFIX": "",
    "ENUM_NAME_OVERRIDES": ENUM_NAMES,
    "SORT_OPERATIONS": False,
    "SORT_OPERATION_PARAMETERS": False,
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "ptfi.api.openapi.schema.tidy"],
    "SERVE_INCLUDE_SCHEMA": False,
}

UUID = {"type": "string", "format": "uuid"}
AN_ID = "123e4567-e89b-12d3-a456-426614174000"


def _path(name: str, schema: dict[str, Any], example: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema, "description": description} | {
        "example": example
    }


PATHS = {
    "user_id": _path("userID", {"anyOf": [{"const": "me"}, UUID]}, "me", "The caller's own account, or `me`."),
    "candidate_id": _path("candidateID", UUID, AN_ID, "A suggestion of the person's."),
    "trait_id": _path("traitID", UUID, AN_ID, "A trait of the person's."),
    "action_id": _path("refinementActionID", UUID, AN_ID, "An entry of the log, or a `batchID`."),
    "client_id": _path("clientID", {"type": "string"}, "pocket-review", "An app that the person connected."),
    "erasure_id": _path("erasureID", UUID, AN_ID, "An erasure that the person asked for."),
}
"""Path parameters, by their names in the URL patterns."""

IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Any text of the client's own, new for each change. The same key and request get the first answer "
    "again, with `Idempotent-Replayed`; another request with it is refused. Kept for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    "example": AN_ID,
}


def _header(description: str, schema: dict[str, Any], *, required: bool = False) -> dict[str, Any]:
    return {"description": description, "schema": schema} | ({"required": True} if required else {})


TEXT = {"type": "string"}
HEADERS = {
    "X-Request-ID": _header("Names this answer; the same as `requestID`.", UUID, required=True),
    "WWW-Authenticate": _header("How to sign in.", {"type": "string"}, required=True),
    "Retry-After": _header("Seconds until the next request is served.", {"type": "integer"}, required=True),
    "RateLimit": _header("What is left of each limit (`r`), and the seconds until it is whole again (`t`).", TEXT),
    "RateLimit-Policy": _header("The limits: requests (`q`) in so many seconds (`w`).", TEXT),
    "Idempotent-Replayed": _header("This is the first answer again; nothing was done now.", {"const": "true"}),
}

ERROR = {
    "type": "object",
    "description": "Every error of the API.",
    "required": ["error", "requestID"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "details"],
            "properties": {
                "code": {"description": "For programs; those of a status stand beside it."},
                "message": {
                    "type": "string",
                    "description": "For a person, in the language that `Accept-Language` asks for, or in English.",
                },
                "details": {
                    "type": "object",
                    "description": "Field → what is wrong with it: `modifications.concepts[0]` is the first of "
                    "the concepts in modifications, `body` all of the body. Empty where no field is at fault.",
                    "additionalProperties": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
        "requestID": UUID | {"description": "Names this answer, in the logs too where the fault was ours."},
    },
}
