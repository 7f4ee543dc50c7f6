"""Traits that were removed are gone at once wherever the persona is read, also while the projector stands still."""

import time

import pytest
from django.test import Client

from ptfi.accounts.models import User
from tests.support.api import Api, api_of
from tests.support.cast import confirmed_trait
from tests.support.graph_helpers import project
from tests.support.pages import text_of
from tests.support.trait_pages import path
from traits.models import PersonaTrait

THEREMIN, AXOLOTLS = "Plays the theremin", "Breeds axolotls"


@pytest.fixture
def api(alice: User) -> Api:
    return api_of(alice)


@pytest.fixture
def traits(alice: User) -> dict[str, PersonaTrait]:
    """Two skills, each with a piece of evidence of its name and a concept of its last word; the graph has them."""
    found = {
        name: confirmed_trait(alice, name, trait_category="Skill", concepts=[name.split()[-1]], evidence=[name])
        for name in (THEREMIN, AXOLOTLS)
    }
    project(alice)
    return found


def nodes(api: Api, query: str, label: str) -> set[str]:
    part = api.get(f"/graph{query}")[1]["nodes"]
    return {node.get("snippet") or node["name"] for node in part if node["label"] == label}


def read(api: Api) -> dict[str, set[str]]:
    """The names of the traits that each read shows."""
    concepts = {row["name"] for row in api.get("/concepts")[1]["data"]}
    return {
        "list": {row["name"] for row in api.get("/traits")[1]["data"]},
        "search": {row["name"] for row in api.get("/traits?q=plays%20or%20breeds")[1]["data"]},
        "graph": nodes(api, "", "Trait"),
        "skills": nodes(api, "", "Skill"),
        "evidence": nodes(api, "", "SourceDataReferenceNode"),
        "about concepts": {
            name for each in ("theremin", "AXOLOTLS") for name in nodes(api, f"?concept={each}&depth=3", "Trait")
        },
        "concepts": {name for name in (THEREMIN, AXOLOTLS) if name.split()[-1] in concepts},
        "export": {row["name"] for row in api.get("/export")[1]["traits"]},
    }


def remove(client: Client, trait: PersonaTrait) -> None:
    trait.refresh_from_db()
    assert client.post(path(trait, "remove"), {"version": trait.version, "reason": ""}).status_code == 302


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_removed_in_a_second_are_gone_and_come_back_one_by_one(
    alice: User, as_alice: Client, api: Api, traits: dict[str, PersonaTrait]
) -> None:
    def check(names: set[str]) -> None:
        behind = read(api)
        assert {where: found - names for where, found in behind.items() if found - names} == {}
        project(alice)
        assert read(api) == dict.fromkeys(behind, names)

    check({THEREMIN, AXOLOTLS})
    for _ in range(2):
        started = time.monotonic()
        remove(as_alice, traits[THEREMIN])
        remove(as_alice, traits[AXOLOTLS])
        assert time.monotonic() - started < 1
        check(set())
        assert AXOLOTLS in text_of(as_alice.post("/undo/", follow=True))
        check({AXOLOTLS})
        assert THEREMIN in text_of(as_alice.post("/undo/", follow=True))
        check({THEREMIN, AXOLOTLS})
