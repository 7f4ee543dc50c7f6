"""Verify takes whatever is brought: each value of a download changed, and its answer is a page in words."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from ptfi.accounts.models import User
from ptfi.signing import make_private_key
from tests.support.cast import SignedIn, acting_for_self, confirmed
from tests.support.erasure_parts import SOURCE, erase_source, suggested
from tests.support.pages import text_of
from traits import decisions
from traits.log.proofs.publication import publish

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ODD: tuple[Any, ...] = (None, True, -1, 2**70, "", "x", "\0", "00" * 32, [], [None], {}, {"x": None})
ABOUT_THE_LOG = ("format", "exportedAt", "revision", "position", "account", "log", "interventions")


@pytest.fixture
def document(settings: Any, tmp_path: Path, alice: User, as_alice: Client) -> dict[str, Any]:
    """An export with two entries, one without its texts, a record of that, a signature, and a proof."""
    settings.LOG_SIGNING_KEY, settings.LOG_SIGNING_COMMAND = make_private_key(), ""
    settings.LOG_PUBLIC_KEYS, settings.LOG_HEADS_URL = [], ""
    settings.LOG_HEADS_FILE = str(tmp_path / "heads.jsonl")
    candidate = suggested(alice, "Sails", ("I sail.", SOURCE), ("Out at sea.", "another"))
    decisions.confirm(**acting_for_self(alice), candidate_id=candidate.pk)
    confirmed(alice, "Loves jazz")
    publish()
    erase_source(alice)
    publish()
    answer: Any = as_alice.get("/v1/users/me/persona/export")
    whole = json.loads(b"".join(answer.streaming_content))
    kept = {name: whole[name] for name in ABOUT_THE_LOG}
    kept["account"] = {"userID": kept["account"]["userID"]}
    return kept


def places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where each value stands, but for what is deep inside of an entry's content."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in inside:
        yield (*above, name)
        if len(above) < 5:
            yield from places(inner, (*above, name))


def status_of(client: Client, document: Any) -> int:
    status: int = client.post(reverse("verify"), {"file": as_file(document)}).status_code
    return status


def test_what_is_nested_as_deep_as_can_be_read_is_damaged(as_alice: Client, document: dict[str, Any]) -> None:
    for place in (("position", "time"), ("position", "published", "head", "more"), ("log", 0, "reason")):
        changed = copy.deepcopy(document)
        inside: Any = changed
        for name in place[:-1]:
            inside = inside[name]
        # json.dumps of the test itself goes no deeper.
        inside[place[-1]] = "HERE"
        content = json.dumps(changed).replace('"HERE"', "[" * 990 + "]" * 990).encode()
        answer = as_alice.post(reverse("verify"), {"file": SimpleUploadedFile("file.json", content)})
        assert answer.status_code in (200, 400), place


def test_records_of_somebody_else_say_nothing(bob: User, signed_in: SignedIn, document: dict[str, Any]) -> None:
    """Who brings another person's records learns nothing of them."""
    theirs = copy.deepcopy(document)
    theirs |= {"log": [], "revision": 0, "position": None, "account": {"userID": str(bob.pk)}}
    page = signed_in(bob).post(reverse("verify"), {"file": as_file(theirs)})
    assert "is not there as it was" in text_of(page)


def as_file(document: Any) -> SimpleUploadedFile:
    return SimpleUploadedFile("file.json", json.dumps(document).encode())


@pytest.mark.generated
def test_each_value_of_a_download_may_be_anything(as_alice: Client, document: dict[str, Any]) -> None:
    assert status_of(as_alice, document) == 200
    for number, place in enumerate(places(document)):
        for odd in ODD[number % 3 :: 3]:
            changed = copy.deepcopy(document)
            inside = changed
            for name in place[:-1]:
                inside = inside[name]
            inside[place[-1]] = odd
            assert status_of(as_alice, changed) in (200, 400), (place, odd)
