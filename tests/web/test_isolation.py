"""Bob tries everything on what is Alice's: every address that the project answers, and every service."""

import importlib
import inspect
import pkgutil
import re
import uuid
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

import traits
from ptfi.accounts.models import User
from tests.support.cast import confirmed, make_candidate
from tests.support.isolation import MARKER, Theirs, routes
from traits.decisions import bulk, styles
from traits.decisions.inputs import Changes, Evidence, Relation
from traits.erasure import persona as erasure
from traits.erasure import suppressions
from traits.errors import RuleError
from traits.history import past
from traits.history import selectors as history
from traits.likeness import similarity as similar
from traits.log.entries import Actor
from traits.log.undoable import standing
from traits.persona import duplicates as pairs
from traits.persona import overview
from traits.privacy import selectors as my_data
from traits.privacy import staff_access
from traits.review.order.recent import Recent
from traits.review.selectors import QueueFilters
from traits.sharing.slices import OWN


def modules(wanted: Callable[[str], bool]) -> list[ModuleType]:
    """The modules of traits/ whose names are wanted."""
    names = (found.name for found in pkgutil.walk_packages(traits.__path__, "traits."))
    return [importlib.import_module(name) for name in names if wanted(name)]


SERVICES = modules(lambda name: name.startswith(("traits.decisions.", "traits.erasure.")))
READERS = [*modules(lambda name: name.endswith(".selectors")), past, overview]
READS = [
    *(styles.styles, styles.all_styles, erasure.receipt, erasure.counts, standing, suppressions.suppressions),
    *(staff_access.access_log, staff_access.access_count),
    *(similar.similar_traits, pairs.close_pairs, bulk.merge_targets),
]
AFTER_OTHERS = {my_data.source_shown}
"""Called only with what another one of these found for the same person."""
FILTERS: dict[Callable[..., Any], Any] = {history.page: history.HistoryFilters()}
OURS = ("/review", "/traits", "/styles", "/undo", "/persona")
IDS = ("candidate_id", "trait_id", "action_id", "thing_id", "erasure_id", "evidence_id")
pytestmark = pytest.mark.django_db


@pytest.fixture
def theirs(alice: User) -> Theirs:
    return Theirs(alice)


def addresses(ids: list[uuid.UUID]) -> list[str]:
    """Every address, once for each id where it takes one."""
    found = list[str]()
    for route in routes(get_resolver()):
        parts = re.split(r"<[^>]+>|\(\?P<.+?\)", route)
        found += dict.fromkeys(str(pk).join(parts) for pk in ids)
    return found


def body(theirs: Theirs) -> dict[str, Any]:
    """One form that fills every field a view could read with Alice's ids."""
    ids = [str(pk) for pk in theirs.ids]
    one = {name: str(theirs.candidate.pk) for name in ("candidate_id", "candidate", "action_id", "id")}
    many = dict.fromkeys(("candidate_ids", "candidates", "selected", "ids"), ids)
    decision = {"decision": "rejected", "code": "other", "until": "new_evidence", "status": "dormant", "apply": "1"}
    changes = {"name": "Taken over", "category": "Skill", "into": str(theirs.trait.pk), "relation": "replaces"}
    return one | many | decision | changes


def test_the_addresses_are_found() -> None:
    found = addresses([uuid.uuid4()])
    assert len(found) > 40
    assert any(address.startswith("/review/") and address.endswith("/confirm/") for address in found)
    assert "/accounts/login/" in found
    assert not any("<" in address for address in found)


@pytest.mark.slow
@pytest.mark.parametrize("htmx", [False, True])
def test_bob_sees_and_changes_nothing_of_alices(
    theirs: Theirs, bob: User, signed_in: Callable[[User], Client], htmx: bool
) -> None:
    mine = confirmed(bob, "Sails").trait
    assert mine
    before, headers = theirs.rows(), {"HX-Request": "true"} if htmx else {}
    client = signed_in(bob)
    for address in addresses([*theirs.ids, mine.pk]):
        for data in (None, body(theirs)):
            if SESSION_KEY not in client.session:
                client = signed_in(bob)
            send = client.get if data is None else client.post
            response = send(address, data or {}, headers=headers)
            text = b"".join(response) if response.streaming else response.content
            assert MARKER.encode() not in text.lower(), address
            assert response.status_code < 500, address
            if any(str(pk) in address for pk in theirs.ids) and address.startswith(OURS):
                assert response.status_code in (404, 405), (address, response.status_code)
    assert theirs.rows() == before


@pytest.mark.slow
def test_nobody_sees_anything_without_signing_in(theirs: Theirs, client: Client) -> None:
    before = theirs.rows()
    for address in addresses(theirs.ids):
        for send in (client.get, client.post):
            response = send(address, body(theirs) if send == client.post else {})
            text = b"".join(response) if response.streaming else response.content
            assert MARKER.encode() not in text.lower(), address
            assert response.status_code < 500, address
            if address.startswith((*OURS, "/admin")):
                assert response.status_code in (302, 404), (address, response.status_code)
    assert theirs.rows() == before


def functions(module: ModuleType, *also: str) -> list[Callable[..., Any]]:
    """The public functions of a module or package that take a person, and these parameters also."""
    return [
        function
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__.startswith(module.__name__)
        and not name.startswith("_")
        and {"user", *also} <= inspect.signature(function).parameters.keys()
    ]


def arguments(function: Callable[..., Any], theirs: Theirs, bob: User) -> Iterator[dict[str, Any]]:
    """Bob's calls of the function, one for each thing of Alice's."""
    for pk in theirs.ids:
        values: dict[str, Any] = dict.fromkeys((*IDS, "into"), pk)
        values |= {"user": bob, "actor": Actor(user_id=bob.pk), "candidate_ids": [pk], "until": None, "code": "other"}
        values |= {"reason": "Taken over"}
        values |= {"decision": "rejected", "status": "dormant", "changes": Changes(name="Mine", category="Skill")}
        values |= {
            "evidence": Evidence(),
            "filters": FILTERS.get(function, QueueFilters(sitting=str(theirs.sitting.sitting_id))),
            "tab": "review",
            "entries": [],
        }
        values |= {"confirm_email": theirs.user.email, "recently_authenticated": True, "on": False}
        values |= {"batch_id": pk, "entry_id": pk, "entry_ids": [pk], "heads": [], "revision": 100}
        values |= {"at": timezone.now()}
        values |= {"relation": Relation(trait_id=pk, kind="same"), "candidates": [theirs.candidate]}
        values |= {"context": MARKER, "styles": {"Pacing": "slow"}}
        values |= {"category": "Skill", "source": theirs.source, "key": theirs.source}
        values |= {"suppression_id": theirs.suppression.pk}
        values |= {"name": MARKER, "limit": 10, "offset": 0}
        values |= {"column": "concepts", "trait": theirs.trait, "trait_ids": theirs.ids}
        values |= {"ids": theirs.ids, "seen": OWN, "recent": Recent([])}
        values |= {"sitting": theirs.sitting}
        values |= {"suggestion": theirs.candidate, "candidate": theirs.candidate, "since": theirs.candidate.created_at}
        wanted = inspect.signature(function).parameters.values()
        required = [each.name for each in wanted if each.default is each.empty and each.kind != each.VAR_KEYWORD]
        yield {name: values[name] for name in required}


@pytest.mark.parametrize(
    "function",
    [
        *(f for module in SERVICES for f in functions(module, "actor")),
        *(f for module in READERS for f in functions(module) if f not in AFTER_OTHERS),
        *READS,
    ],
)
def test_no_service_crosses_over(theirs: Theirs, bob: User, function: Callable[..., Any]) -> None:
    make_candidate(bob, "Sails")
    before = theirs.rows()
    for named in arguments(function, theirs, bob):
        try:
            found = function(**named)
        except RuleError:
            continue
        if function.__module__ in {module.__name__ for module in READERS} or function in READS:
            found = list(found) if hasattr(found, "query") else found
            assert MARKER not in repr(found).lower()
            assert not any(str(pk) in repr(found) for pk in theirs.ids)
    assert theirs.rows() == before
