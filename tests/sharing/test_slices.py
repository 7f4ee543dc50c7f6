"""Whatever the persona and the grant: an app never sees anything outside its slice, at any address of /v1."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.idp.oidc.models import Client as OAuthClient
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from hypothesis import HealthCheck, Phase, given, settings

from ptfi.accounts.models import User
from ptfi.api.views import PersonView
from ptfi.oauth.scopes import EXPORT, MANAGE_TRAITS, READ_TRAITS
from tests.support.api import Api
from tests.support.cast import acting_for_self, confirmed_trait
from tests.support.graph_helpers import project
from tests.support.oauth import keep_grant, keep_token
from tests.support.slices import Drawn, things
from tests.support.slices import terms as drawn_terms
from traits import decisions
from traits.api.views import SharedView
from traits.decisions.inputs import Changes
from traits.sharing.grants import Terms

pytestmark = [pytest.mark.slow, pytest.mark.graph, pytest.mark.django_db(transaction=True)]

# A persona takes a second, so a failing one is shown as it was drawn.
DRAWN: dict[str, Any] = {
    "deadline": None,
    "phases": [Phase.explicit, Phase.generate],
    "suppress_health_check": list(HealthCheck),
}
LISTS = [
    "/traits",
    "/traits?q=w&status=active",
    "/traits/history?limit=100",
    "/traits/candidates?limit=100",
    "/traits/candidates?q=w&limit=100",
    "/graph",
    "/concepts",
    "/communication-styles",
    "/export",
]
STATUSES = "&".join(
    f"status={status}"
    for status in ("candidate", "awaiting_refinement", "confirmed_by_user", "refined_by_user", "rejected_by_user")
)
EVERY = f"/traits/candidates?limit=100&{STATUSES}"


def app_of(drawn: Drawn, terms: Terms) -> Api:
    """An app with this grant and a token with all scopes."""
    client = OAuthClient.objects.create(id=uuid.uuid4().hex, name="App")
    keep_grant(drawn.user, client, terms)
    return Api(keep_token(client, (READ_TRAITS, MANAGE_TRAITS, EXPORT), drawn.user))


def writes(pk: str, other: str) -> list[tuple[str, str, Any]]:
    """What an app could try on an id."""
    decide = f"/traits/candidates/{pk}/actions"
    waiting = f"/traits/candidates/{other}/actions"
    return [
        ("POST", decide, {"userDecision": "confirmed_asis"}),
        ("POST", decide, {"userDecision": "rejected"}),
        ("POST", decide, {}),
        ("POST", f"/traits/candidates/{pk}/reopen", None),
        ("POST", f"/traits/refinements/{pk}/undo", None),
        ("PATCH", f"/traits/{pk}", {"refinedTraitName": "Taken over"}),
        ("POST", f"/traits/{pk}/status", {"status": "dormant"}),
        ("DELETE", f"/traits/{pk}", None),
        ("POST", waiting, {"userDecision": "merged", "mergeInto": pk}),
        (
            "POST",
            waiting,
            {"userDecision": "confirmed_asis", "relation": {"traitID": pk, "kind": "replaces"}},
        ),
        ("POST", "/traits/candidates/bulk-actions", {"candidateIDs": [pk], "userDecision": "rejected"}),
    ]


def tried(api: Api, method: str, path: str, body: Any, pk: str) -> tuple[int, str, int]:
    """Status, answer without ids and the number of queries."""
    with CaptureQueriesContext(connection) as queries:
        api.call(method, f"users/me/persona{path}", body)
    text = b"".join(api.response) if api.response.streaming else api.response.content
    plain = text.decode().replace(pk, "ID")
    return api.response.status_code, plain.partition('"requestID"')[0].partition('"batchID"')[0], len(queries)


@settings(max_examples=10, **DRAWN)
@given(what=things, terms=drawn_terms)
def test_nothing_outside_the_slice_is_seen(what: list[Any], terms: Terms) -> None:
    drawn = Drawn(what)
    project(drawn.user)
    api, secrets, hidden = app_of(drawn, terms), drawn.secrets(terms), drawn.ids(terms, inside=False)
    answers = {path: api.get(path) for path in (*LISTS, EVERY)}
    for pk in drawn.ids(terms, inside=True):
        answers |= {path: api.get(path) for path in (f"/traits/{pk}", f"/traits/candidates/{pk}")}
    for state in [state for thing in drawn.things for state in thing.states]:
        path = f"/graph?concept={state.word}&depth=3"
        answers[path] = api.get(path)
        answers[f"/traits?concept={state.word}"] = api.get(f"/traits?concept={state.word}")
    for path, (status, found) in answers.items():
        text = str(found)
        assert status < 500, path
        assert not [word for word in secrets if word in text], path
        assert not [pk for pk in hidden if pk in text], path
    assert answers["/traits"][1]["pagination"]["total"] == drawn.traits(terms)
    assert len(answers["/export"][1]["traits"]) == drawn.traits(terms)
    if terms.write:
        assert answers["/traits/candidates?limit=100"][1]["pagination"]["total"] == drawn.waiting_ones(terms)
    else:
        assert answers["/traits/candidates?limit=100"][0] == answers[EVERY][0] == 403
    history = answers["/traits/history?limit=100"][1]
    assert history["pagination"]["total"] == len(history["data"])


@override_settings(API_USER_REQUESTS_PER_MINUTE=0, API_CLIENT_REQUESTS_PER_MINUTE=0)
@settings(max_examples=4, **DRAWN)
@given(what=things, terms=drawn_terms)
def test_an_id_outside_is_like_an_unknown_one(what: list[Any], terms: Terms) -> None:
    drawn = Drawn([*what, ("waiting", "Interest", [], "Skill")])
    api = app_of(drawn, terms)
    unknown, waiting = str(uuid.uuid4()), str(drawn.things[-1].pk)
    api.get("/traits/history")
    for pk in drawn.never_seen(terms):
        for path in (f"/traits/{pk}", f"/traits/candidates/{pk}", f"/erasures/{pk}"):
            there = tried(api, "GET", path, None, pk)
            assert there == tried(api, "GET", path.replace(pk, unknown), None, unknown), path
        for (method, path, body), (_, path_of_unknown, same) in zip(
            writes(pk, waiting), writes(unknown, waiting), strict=True
        ):
            if pk == waiting and "waiting" in path:
                continue
            there = tried(api, method, path, body, pk)
            assert there == tried(api, method, path_of_unknown, same, unknown), (method, path, body)


def test_a_graph_that_lags_shows_nothing_that_has_moved(alice: User) -> None:
    """A trait that is outside by now, and one that was outside when the graph was written."""
    out = confirmed_trait(alice, "Lovesjazz", concepts=["saxophone"])
    inwards = confirmed_trait(alice, "Deepbelief", trait_category="PhilosophicalStance", concepts=["stoa"])
    project(alice)
    mine = acting_for_self(alice)
    decisions.edit_trait(**mine, trait_id=out.pk, changes=Changes(category="EmotionalResponsePattern"))
    changes = Changes(category="Interest", name="Reads", description="", concepts=["books"])
    decisions.edit_trait(**mine, trait_id=inwards.pk, changes=changes)
    client = OAuthClient.objects.create(id=uuid.uuid4().hex, name="App")
    keep_grant(alice, client, Terms(categories=["Interest"], contexts=["everywhere"], evidence=True))
    api = Api(keep_token(client, (READ_TRAITS,), alice))
    for path in ("/traits", "/graph", "/concepts", "/graph?concept=stoa&depth=3", "/graph?concept=saxophone"):
        found = str(api.get(path)[1])
        assert not [word for word in ("Lovesjazz", "saxophone", "Deepbelief", "stoa", str(out.pk)) if word in found], (
            path
        )
    project(alice)
    assert "Reads" in str(api.get("/graph")[1])
    assert api.get("/traits")[1]["pagination"]["total"] == 1


def test_every_view_of_a_persona_goes_through_the_selector() -> None:
    views = [pattern.callback.cls for pattern in patterns(get_resolver()) if hasattr(pattern.callback, "cls")]
    of_people = [view for view in views if issubclass(view, PersonView)]
    assert len(of_people) > 15
    assert [view for view in of_people if not issubclass(view, SharedView)] == []


def patterns(resolver: Any) -> Iterator[Any]:
    for each in resolver.url_patterns:
        yield from patterns(each) if hasattr(each, "url_patterns") else [each]
