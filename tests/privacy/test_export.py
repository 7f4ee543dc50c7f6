"""The export: all of a person's data and nobody else's, of one moment, and never more than a little in memory."""

import datetime as dt
import json
import tracemalloc
import uuid
from typing import Any

import orjson
import pytest
from django.db import connection
from django.utils import translation

from graph.reads.export import export
from ptfi.accounts.models import User
from tests.support.cast import acting_for_self, confirmed, make_candidate
from tests.support.concurrency import in_transaction, on_own_connection
from tests.support.graph_helpers import cypher, project
from tests.support.graph_outage import away
from tests.support.oauth import keep_token, make_client
from tests.support.persona_marker import erased, marked_persona
from traits import decisions
from traits.decisions.inputs import Changes
from traits.erasure import persona as erasure
from traits.log.chain import digest_of
from traits.models import ExtractedTraitCandidate, Persona, UserRefinedTrait

# It takes a snapshot, which only a transaction of its own can.
pytestmark = [pytest.mark.graph, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
WORD, OTHER = f"xylophone{uuid.uuid4().hex}", f"glockenspiel{uuid.uuid4().hex}"


def exported(user: User) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads(b"".join(export(user)))
    return document


def test_everything_is_in_it_and_nothing_of_others(alice: User, bob: User) -> None:
    erasure.set_suggestions(**acting_for_self(alice), on=False)
    erased(alice)
    ids = marked_persona(alice, WORD)
    marked_persona(bob, OTHER)
    for user in (alice, bob):
        keep_token(make_client(str(user.email)), ["persona:read_traits"], user)
    project(alice)
    project(bob)
    document = exported(alice)
    assert (document["format"], document["version"]) == ("ptfi-export", 1)
    assert OTHER not in json.dumps(document)
    assert str(bob.pk) not in json.dumps(document)
    assert document["account"]["email"] == "alice@example.com"
    assert document["account"]["suggestionsOffAt"]
    counts = {name: len(document[name]) for name in ("candidates", "traits", "log", "suppressions", "erasures")}
    held = erasure.counts(alice)
    wanted = {"candidates": held["candidates"], "traits": held["traits"], "log": held["log_entries"]}
    assert counts == wanted | {"suppressions": held["suppressions"], "erasures": 1}
    assert document["styles"] == {WORD: {WORD: WORD}}
    assert document["erasures"][0]["requestedTimestamp"]
    assert [app["name"] for app in document["connectedApps"]] == [alice.email]
    named = {each["candidateID"] for each in document["candidates"]} | {t["traitID_in_pkg"] for t in document["traits"]}
    assert {str(pk) for pk in ids} <= named
    nodes = {node["id"] for node in document["graph"]["nodes"]}
    assert {f"Trait:{trait['traitID_in_pkg']}" for trait in document["traits"]} <= nodes
    assert document["graph"]["revision"] == document["revision"] == len(document["log"])


def test_the_log_can_be_checked_from_it(alice: User) -> None:
    marked_persona(alice, WORD)
    for entry, row in zip(exported(alice)["log"], UserRefinedTrait.objects.order_by("revision"), strict=True):
        content = {name: entry[name] for name in ("v", "before", "after", "reason", "notes", "relation")}
        assert digest_of(bytes.fromhex(entry["salt"]), content).hex() == entry["digest"]
        assert entry["hash"] == bytes(row.hash).hex()


def test_the_graph_is_whole_and_the_persons_own(alice: User, bob: User) -> None:
    marked_persona(alice, WORD)
    confirmed(alice, "Feels calm", trait_category="EmotionalResponsePattern")
    joy, shared = uuid.uuid4(), uuid.uuid4()
    project(alice)
    theirs = confirmed(bob, OTHER).trait
    assert theirs
    project(bob)
    cypher("CREATE (:Emotion {emotionID: $e, name: 'joy'}), (:Concept {conceptID: $c, name: 'music'})", e=joy, c=shared)
    for user in (alice, bob):
        cypher(
            "MATCH (:User {userID: $u})-[:HAS_TRAIT]->(t:Trait), (e:Emotion {emotionID: $e}) "
            "CREATE (t)-[:CAN_INFLUENCE_EMOTION]->(e)", u=user.pk, e=joy,
        )  # fmt: skip
        cypher(
            "MATCH (c:Concept {ownerID: $u}), (s:Concept {conceptID: $c}) CREATE (c)-[:IS_A_TYPE_OF]->(s)",
            u=user.pk, c=shared,
        )  # fmt: skip
    part = exported(alice)["graph"]
    nodes, edges = [n["id"] for n in part["nodes"]], [e["id"] for e in part["edges"]]
    assert (len(set(nodes)), len(set(edges))) == (len(nodes), len(edges))
    assert all({edge["source"], edge["target"]} <= set(nodes) for edge in part["edges"])
    owned = cypher("MATCH (n) WHERE n.ownerID = $u RETURN count(n) AS n", u=alice.pk)[0]["n"]
    assert len(nodes) == owned + 2
    assert {f"Emotion:{joy}", f"Concept:{shared}"} <= set(nodes)
    assert OTHER not in json.dumps(part)
    assert str(theirs.pk) not in json.dumps(part)


def test_without_the_graph_the_rest_is_complete(alice: User, settings: Any) -> None:
    confirmed(alice)
    with away(settings), translation.override("de"):
        document = exported(alice)
    error = document["graph"]["error"]
    assert error["code"] == "graph_unavailable"
    assert error["message"].startswith("Your knowledge graph is temporarily unavailable.")
    assert len(document["traits"]) == 1


def test_a_graph_that_goes_away_half_way_leaves_valid_json(alice: User, settings: Any) -> None:
    confirmed(alice)
    project(alice)
    pieces, document = export(alice), b""
    while b'"nodes":[' not in document:
        document += next(pieces)
    document += next(pieces)
    with away(settings):
        document += b"".join(pieces)
    read = orjson.loads(document)
    assert read["graph"]["nodes"]
    assert read["graph"]["error"]["code"] == "graph_unavailable"
    assert len(read["traits"]) == 1


def test_it_shows_one_moment(alice: User) -> None:
    confirmed(alice, "Before")
    pieces, document = export(alice), b""
    while b'"candidates":' not in document:
        document += next(pieces)
    on_own_connection(
        lambda: decisions.add_trait(**acting_for_self(alice), changes=Changes(name="Meanwhile", category="Other"))
    )
    on_own_connection(lambda: make_candidate(alice, "Meanwhile"))
    read = orjson.loads(document + b"".join(pieces))
    assert "Meanwhile" not in json.dumps(read)
    assert (read["revision"], len(read["log"]), len(read["traits"]), len(read["candidates"])) == (1, 1, 1, 1)
    assert Persona.objects.get(user=alice).revision == 2


@pytest.mark.parametrize("until", [b'"account":', b'"candidates":[', b'"log":['])
def test_a_reader_who_leaves_frees_the_connection(alice: User, until: bytes) -> None:
    confirmed(alice)
    pieces, document = export(alice), b""
    while until not in document:
        document += next(pieces)
    assert in_transaction()
    pieces.close()
    assert not in_transaction()
    assert connection.connection is None
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%%' AND pid <> pg_backend_pid()")
        assert cursor.fetchone()[0] == 0


def test_somebody_without_a_persona(alice: User) -> None:
    Persona.objects.all().delete()
    document = exported(alice)
    assert (document["candidates"], document["graph"]["nodes"], document["styles"]) == ([], [], {})


@pytest.mark.long
@pytest.mark.memory
def test_its_size_does_not_show_in_memory(alice: User) -> None:
    now = dt.datetime.now(dt.UTC)
    first = make_candidate(alice, evidence=["x" * 1_000, "y" * 1_000])
    fields = {
        field.attname: getattr(first, field.attname)
        for field in ExtractedTraitCandidate._meta.concrete_fields
        if field.attname not in ("candidate_id", "search", "evidence_count")
    }
    rows = (
        ExtractedTraitCandidate(**fields | {"candidate_id": uuid.uuid4(), "created_at": now}) for _ in range(20_000)
    )
    ExtractedTraitCandidate.objects.bulk_create(rows, batch_size=1_000)
    tracemalloc.start()
    size = sum(map(len, export(alice)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 50_000_000
    assert peak < 10_000_000
