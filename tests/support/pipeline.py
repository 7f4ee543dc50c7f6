"""Clients that send suggestions through the API."""

import uuid
from typing import Any

from allauth.idp.oidc.models import Client as OAuthClient

from ptfi.accounts.models import User
from ptfi.oauth.scopes import INGEST
from tests.support.api import Api
from tests.support.oauth import keep_token

Row = dict[str, Any]


def pipeline(client_id: str = "pipeline-a") -> Api:
    """The API as a client that acts for itself."""
    client, _ = OAuthClient.objects.get_or_create(id=client_id, defaults={"name": client_id})
    return Api(keep_token(client, (INGEST,), None, 600))


def api_row(user: User, **changes: Any) -> Row:
    """A suggestion about the person, as the API takes it."""
    evidence = {"type": "text_snippet", "content": "I love jazz.", "sourcePackageID": "p1"}
    row: Row = {
        "candidateID": str(uuid.uuid4()),
        "userID": str(user.pk),
        "traitName": "Loves jazz",
        "traitCategory": "Interest",
        "confidenceScore": 0.75,
        "supportingEvidenceSnippets": [evidence],
    }
    return row | changes


def send(api: Api, *rows: Row, **headers: str) -> Any:
    """The answer to an ingest request with these rows."""
    status, answer = api.call("POST", "ingest/candidates", {"candidates": list(rows)}, **headers)
    assert status == 200, answer
    return answer
