"""Search in traits, which are listed from the graph, finds what search in suggestions finds."""

from itertools import cycle
from urllib.parse import urlencode

import pytest
from django.test import Client

from ptfi.accounts.models import User
from tests.support.api import api_of
from tests.support.cast import confirmed
from tests.support.graph_helpers import project
from tests.support.pages import Html
from tests.support.searches import FOUND
from traits.models import Category

pytestmark = pytest.mark.django_db


def test_traits_are_found_as_suggestions_are(
    as_alice: Client, alice: User, bob: User, subtests: pytest.Subtests
) -> None:
    api = api_of(alice)
    confirmed(bob, "Loves jazz, C++ and 音楽")
    # In categories of their own, since confirming makes one trait of what says the same.
    wanted = zip((text for text, _, found in FOUND if found), cycle(Category.values), strict=False)
    traits = [confirmed(alice, text[0], trait_description=text[1], trait_category=each).trait for text, each in wanted]
    project(alice)
    project(bob)
    for text, some, found in FOUND:
        for words in some:
            query = urlencode({"q": words})
            with subtests.test(text=text, words=words):
                listed = [row["name"] for row in api.get(f"/traits?{query}&limit=100")[1]["data"]]
                assert (text[0] in listed) is found
                assert Html(as_alice.get(f"/traits/?{query}")).texts("h2.trait-row-name a") == listed
    assert len(traits) > len(FOUND) / 2
