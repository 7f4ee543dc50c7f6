"""Helpers of the tests of traits' pages."""

from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from traits.models import PersonaTrait

HTMX = {"HX-Request": "true"}
ARABIC = "يحب القراءة في الليل"
SCRIPT = "<script>alert('1')</script>"


def path(trait: PersonaTrait, action: str = "") -> str:
    return f"/traits/{trait.pk}/" + (f"{action}/" if action else "")


def fields(trait: PersonaTrait, **more: Any) -> dict[str, Any]:
    """What the edit form sends if nothing is changed, updated with these values."""
    values = {
        "version": trait.version,
        "name": trait.name,
        "description": trait.description,
        "category": trait.category,
        "user_confidence": trait.user_confidence or "",
        "concepts": "\r\n".join(trait.concepts),
        "expression_contexts": "\r\n".join(trait.expression_contexts),
        "notes": trait.notes,
        "own_evidence": "",
    }
    verdicts = {f"verdict-{piece['evidence_id']}": piece["verdict"] for piece in trait.evidence}
    return {**values, **verdicts, **more}


def queries_of(client: Client, address: str, mark: str = '"traits_') -> int:
    """The number of the page's own queries, without those that authenticate; they are recognized by mark."""
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    return sum(mark in query["sql"] for query in captured.captured_queries)
