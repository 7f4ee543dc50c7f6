"""An erased persona: nothing of it stays in the tables, in the graph, in sessions or in the log output."""

import datetime as dt
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from graph.errors import GraphUnavailableError
from ptfi.accounts.models import User
from tests.support.attacks import backdate
from tests.support.candidate_files import suggestion
from tests.support.cast import PASSWORD, acting_for_self, confirmed, make_candidate
from tests.support.decisions import assert_log_whole
from tests.support.graph_helpers import cypher, dump, persona, project, trait_node
from tests.support.graph_outage import away
from tests.support.persona_marker import check_graph, erased, graph_with, marked_persona, tables_with
from traits import decisions
from traits.decisions.inputs import Changes
from traits.erasure import persona as erasure
from traits.errors import ErasureExpiredError, InvalidError, NotFoundError
from traits.ingest import batch as ingest
from traits.ingest.rows import Result
from traits.models import Erasure, ExtractedTraitCandidate, PersonaTrait, UserRefinedTrait

pytestmark = [pytest.mark.graph, pytest.mark.django_db]


def suggested(user: User) -> Result:
    """An import of one suggestion for the person."""
    return ingest.apply([suggestion()], owner=user)


@pytest.mark.slow
def test_nothing_personal_stays(alice: User, bob: User, caplog: pytest.LogCaptureFixture, word: str) -> None:
    other = word[::-1]
    ids = marked_persona(alice, word)
    marked_persona(bob, other)
    project(alice)
    project(bob)
    theirs, tables = dump(bob), tables_with(other)
    assert {"traits_userrefinedtrait", "traits_suppression", "traits_communicationstyle"} <= tables_with(word)
    assert graph_with(word)
    caplog.set_level("DEBUG")
    done = erased(alice)
    assert (done.state, done.counts["traits"], done.counts["log_entries"]) == ("erased", 3, 12)
    assert tables_with(word) == set()
    assert not any(tables_with(str(pk)) - {"traits_erasure"} for pk in ids)
    project(alice)
    done.refresh_from_db()
    assert (done.state, done.things) == ("completed", [])
    assert done.graph_cleared_at
    assert graph_with(word) == []
    assert not any(tables_with(str(pk)) or trait_node(pk) for pk in ids)
    assert cypher("MATCH (n) WHERE n.ownerID = $u RETURN labels(n) AS l", u=alice.pk) == [{"l": ["User"]}]
    assert word not in caplog.text
    assert "0 differ" in check_graph(alice)
    assert (dump(bob), tables_with(other)) == (theirs, tables)


def test_the_log_starts_anew(alice: User) -> None:
    confirmed(alice)
    project(alice)
    before = persona(alice)
    erased(alice)
    after = persona(alice)
    assert (after.revision, after.projected_revision, bytes(after.hash)) == (0, 0, bytes(32))
    assert after.generation > before.generation
    assert_log_whole(alice)
    decisions.add_trait(**acting_for_self(alice), changes=Changes(name="New", category="Other"))
    project(alice)
    assert persona(alice).behind == 0
    names = cypher("MATCH (:User {userID: $u})-[:HAS_TRAIT]->(t) RETURN t.name AS n", u=alice.pk)
    assert [row["n"] for row in names] == ["New"]
    assert "0 differ" in check_graph(alice)
    assert_log_whole(alice)


@pytest.mark.slow
def test_the_tables_do_not_wait_for_the_graph(alice: User, settings: Any, word: str) -> None:
    marked_persona(alice, word)
    project(alice)
    with away(settings):
        done = erased(alice)
        assert tables_with(word) == set()
        with pytest.raises(GraphUnavailableError):
            project(alice)
        assert Erasure.objects.get(pk=done.pk).state == "erased"
    assert graph_with(word)
    project(alice)
    done.refresh_from_db()
    assert (done.state, done.attempts) == ("completed", 0)
    assert graph_with(word) == []


def test_suggestions_are_off_until_they_are_turned_on(alice: User, bob: User) -> None:
    suggested(alice)
    erased(alice)
    refused = suggested(alice)
    assert refused.refused == {0: [("user", "this person has turned suggestions off")]}
    assert not ExtractedTraitCandidate.objects.exists()
    assert suggested(bob).created == 1
    erasure.set_suggestions(**acting_for_self(alice), on=True)
    assert suggested(alice).created == 1


def test_the_others_of_a_batch_go_in(alice: User, bob: User) -> None:
    User.objects.filter(pk=alice.pk).update(external_id="test:alice")
    User.objects.filter(pk=bob.pk).update(external_id="test:bob")
    erased(alice)
    people = [{"external_id": f"test:{name}", "display_name": ""} for name in ("bob", "alice", "bob", "alice")]
    result = ingest.apply([suggestion(user=user) for user in people])
    assert (result.created, list(result.refused)) == (2, [1, 3])
    assert ExtractedTraitCandidate.objects.filter(user=bob).count() == 2


def test_who_has_not_just_signed_in_confirms(alice: User) -> None:
    confirmed(alice)
    ask = {**acting_for_self(alice), "confirm_email": " Alice@Example.com ", "recently_authenticated": False}
    asked = erasure.request_erasure(**ask)
    assert asked.state == "awaiting_confirmation"
    assert erasure.request_erasure(**ask).pk == asked.pk
    assert PersonaTrait.objects.exists()
    assert erasure.confirm_erasure(**acting_for_self(alice), erasure_id=asked.pk).state == "erased"
    assert not PersonaTrait.objects.exists()
    assert erasure.confirm_erasure(**acting_for_self(alice), erasure_id=asked.pk).pk == asked.pk
    assert erased(alice).pk == asked.pk
    decisions.add_trait(**acting_for_self(alice), changes=Changes(name="New", category="Other"))
    assert erased(alice).pk != asked.pk
    assert not PersonaTrait.objects.exists()


def test_what_was_not_confirmed_in_a_day_is_void(alice: User) -> None:
    confirmed(alice)
    ask = {**acting_for_self(alice), "confirm_email": "alice@example.com", "recently_authenticated": False}
    asked = erasure.request_erasure(**ask)
    backdate(requested_at=timezone.now() - dt.timedelta(hours=24))
    assert erasure.receipt(alice, asked.pk).state == "expired"
    with pytest.raises(ErasureExpiredError):
        erasure.confirm_erasure(**acting_for_self(alice), erasure_id=asked.pk)
    assert PersonaTrait.objects.exists()
    again = erasure.request_erasure(**ask)
    assert (again.state, again.pk != asked.pk) == ("awaiting_confirmation", True)


@pytest.mark.parametrize("email", ["", "bob@example.com", "alice@example.com.evil"])
def test_the_address_must_be_the_accounts(alice: User, email: str) -> None:
    with pytest.raises(InvalidError) as refused:
        erasure.request_erasure(**acting_for_self(alice), confirm_email=email, recently_authenticated=True)
    assert "confirm" in refused.value.details
    assert not Erasure.objects.exists()


def test_nobody_confirms_anothers(alice: User, bob: User) -> None:
    ask = {**acting_for_self(alice), "confirm_email": "alice@example.com", "recently_authenticated": False}
    asked = erasure.request_erasure(**ask)
    with pytest.raises(NotFoundError):
        erasure.confirm_erasure(**acting_for_self(bob), erasure_id=asked.pk)
    with pytest.raises(NotFoundError):
        erasure.receipt(bob, asked.pk)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM traits_userrefinedtrait WHERE user_id = %s",
        "SELECT erase_persona_log(%s)",
        "UPDATE traits_userrefinedtrait SET salt = NULL WHERE user_id = %s",
    ],
)
def test_the_log_goes_only_with_a_receipt(alice: User, bob: User, statement: str) -> None:
    confirmed(alice)
    confirmed(bob)
    erased(bob)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [alice.pk])
    assert UserRefinedTrait.objects.filter(user=alice).count() == 1


def test_notices_go_from_every_session(alice: User, bob: User, word: str) -> None:
    clients = [Client(), Client(), Client()]
    for client, user in zip(clients, (alice, alice, bob), strict=True):
        client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
        client.get("/review/")
        client.post(f"/review/{make_candidate(user, word).pk}/confirm/")
    assert "django_session" in tables_with(word)
    erased(alice)
    assert [word in str(dict(client.session)) for client in clients] == [False, False, True]
    assert clients[0].get("/review/").status_code == 200


def test_operators_erase_with_a_reference(
    alice: User, bob: User, capsys: pytest.CaptureFixture[str], word: str
) -> None:
    other = word[::-1]
    marked_persona(alice, word)
    confirmed(bob, other)
    with pytest.raises(CommandError):
        call_command("erase_persona", "alice@example.com", yes=True)
    with pytest.raises(CommandError, match="No person"):
        call_command("erase_persona", "nobody@example.com", reference="T-1", yes=True)
    call_command("erase_persona", "alice@example.com", reference="T-1", yes=True)
    assert tables_with(word) == set()
    done = Erasure.objects.get()
    assert (done.subject_id, done.actor_kind, done.reference, done.state) == (alice.pk, "staff", "T-1", "erased")
    assert str(done.pk) in capsys.readouterr().out
    call_command("erase_persona", str(bob.pk), reference="T-2", yes=True)
    assert tables_with(other) == set()


def test_operators_are_asked_once_more(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    confirmed(alice)
    monkeypatch.setattr("builtins.input", lambda _: "no")
    with pytest.raises(CommandError, match="Nothing was erased"):
        call_command("erase_persona", "alice@example.com", reference="T-1")
    assert PersonaTrait.objects.exists()
    monkeypatch.setattr("builtins.input", lambda _: "erase")
    call_command("erase_persona", "alice@example.com", reference="T-1")
    assert not PersonaTrait.objects.exists()
