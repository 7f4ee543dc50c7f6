"""import_concepts, and the shared concepts on their way into the graph."""

import io
import json
import threading
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from graph.mapping import concept_id, shared_id
from graph.models import SharedConcept, Vocabulary
from graph.projection import shared_concepts as shared
from graph.projection.projector import Projector
from ptfi.accounts.models import User
from tests.support.cast import acting_for_self, confirmed, confirmed_trait
from tests.support.graph_helpers import concept_names, cypher, project
from traits import decisions

pytestmark = pytest.mark.django_db
DEMO = Path(__file__).resolve().parents[2] / "graph/demo/concepts.csv"


@pytest.fixture(autouse=True)
def _nothing_shared_before() -> None:
    """The graph outlives a test, the tables do not."""
    cypher("MATCH (c:Concept) WHERE c.ownerID IS NULL DETACH DELETE c")


def write(folder: Path, *rows: dict[str, Any] | str, name: str = "concepts.jsonl") -> str:
    path = folder / name
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows))
    return str(path)


def take_in(file: str, **options: Any) -> str:
    """What the command says; its errors too."""
    out = io.StringIO()
    try:
        call_command("import_concepts", file, stdout=out, stderr=out, **options)
    except CommandError as error:
        out.write(str(error))
    return out.getvalue()


def project_all() -> None:
    Projector().drain(threading.Event())


def ties() -> set[tuple[str, str]]:
    """The names at both ends of every tie to a shared concept."""
    found = cypher(
        "MATCH (a:Concept)-[e:IS_A_TYPE_OF]->(b:Concept) WHERE b.ownerID IS NULL RETURN a.name AS a, b.name AS b"
    )
    assert len(found) == len({(row["a"], row["b"]) for row in found})
    return {(row["a"], row["b"]) for row in found}


def shared_nodes() -> dict[str, dict[str, Any]]:
    found = cypher("MATCH (c:Concept) WHERE c.ownerID IS NULL RETURN properties(c) AS p")
    return {row["p"]["name"]: row["p"] for row in found}


def check() -> str:
    out = io.StringIO()
    try:
        call_command("check_graph", stdout=out)
    except CommandError as error:
        out.write(str(error))
    return out.getvalue()


AI = {"name": "AI", "description": "Machines.", "ontologyLink": "https://example.org/ai"}
LEARNING = {"name": "machine learning", "parents": ["ai"]}


def test_a_file_goes_in_once(tmp_path: Path) -> None:
    file = write(tmp_path, LEARNING, "", AI)
    assert take_in(file) == "2 new, 0 changed, 0 as they were, 0 taken out.\n"
    revision = Vocabulary.objects.get().revision
    assert take_in(file) == "0 new, 0 changed, 2 as they were, 0 taken out.\n"
    assert Vocabulary.objects.get().revision == revision
    learning = SharedConcept.objects.get(name="machine learning")
    assert [each.name for each in learning.broader.all()] == ["AI"]
    project_all()
    assert ties() == {("machine learning", "AI")}
    node = shared_nodes()["AI"]
    assert (node["conceptID"], node["managedBy"]) == (str(shared_id("ai")), "ptfi")
    assert (node["description"], node["ontologyLink"]) == ("Machines.", "https://example.org/ai")
    assert "differ." in check()
    assert shared.check() == []


def test_a_new_concept_takes_the_id_of_no_other(tmp_path: Path) -> None:
    """Migration 0004 changed the key of a name with a soft hyphen, whose concept kept the id of its earlier key."""
    earlier = SharedConcept.objects.create(
        pk=shared_id("fuss ball"), name="Fu\u00df\u00adball", name_key="fussball", revision=1
    )
    file = write(tmp_path, {"name": "Fu\u00df Ball", "parents": ["Fu\u00dfball"]}, {"name": "Fu\u00dfball"})
    assert take_in(file) == "1 new, 1 changed, 0 as they were, 0 taken out.\n"
    assert take_in(file) == "0 new, 0 changed, 2 as they were, 0 taken out.\n"
    new = SharedConcept.objects.get(name_key="fuss ball")
    assert list(new.broader.all()) == [earlier]
    assert new.pk == uuid.uuid5(shared_id("fuss ball"), "fuss ball")
    project_all()
    assert ties() == {("Fu\u00df Ball", "Fu\u00dfball")}


def test_csv_says_the_same(tmp_path: Path) -> None:
    rows = ["\ufeffname,description,ontologyLink,parents", '"AI","Of many\nlines",https://example.org/ai,', "ML,,,AI; "]
    assert "2 new" in take_in(write(tmp_path, *rows, name="concepts.CSV"))
    assert SharedConcept.objects.get(name="AI").description == "Of many\nlines"
    assert [each.name for each in SharedConcept.objects.get(name="ML").broader.all()] == ["AI"]


def test_a_changed_row_changes_its_concept(tmp_path: Path) -> None:
    take_in(write(tmp_path, AI, LEARNING))
    project_all()
    changed = write(tmp_path, {"name": "Machine Learning"}, {"name": "AI", "parents": ["machine learning"]})
    assert take_in(changed) == "0 new, 2 changed, 0 as they were, 0 taken out.\n"
    project_all()
    assert ties() == {("AI", "Machine Learning")}
    assert shared_nodes().keys() == {"AI", "Machine Learning"}
    assert "description" not in shared_nodes()["AI"]
    assert shared.check() == []


def test_a_circle_is_taken_as_it_is(tmp_path: Path, alice: User) -> None:
    confirmed(alice, concepts=["AI"])
    take_in(write(tmp_path, AI | {"parents": ["machine learning"]}, LEARNING))
    project_all()
    assert ties() == {("AI", "machine learning"), ("machine learning", "AI"), ("AI", "AI")}


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        (["{"], "line 1: this is not JSON"),
        (["[]"], "line 1: this is not a JSON object"),
        ([AI, {"name": " "}], "line 2: name: this is needed"),
        ([AI, {"name": "n" * 256}], "line 2: name: at most 255 characters, not 256"),
        ([AI, {"name": 7}], "line 2: name: not a text"),
        ([{"name": "a\x00b"}], "line 1: name: holds characters that no text has"),
        (['{"name": "\\ud800"}'], "line 1: name: holds characters that no text has"),
        ([AI, "", {"name": "ai!"}], "line 3: this concept is on line 1 already"),
        ([{"name": "AI", "parent": "x"}], "line 1: 'parent' is not a field"),
        ([{"name": "AI", "parents": "x"}], "line 1: parents: not a list of names"),
        ([{"name": "AI", "parents": ["a.i", "Ai"]}], "line 1: parents: a concept is no type of itself"),
        ([AI, {"name": "ML", "parents": ["A I"]}], "line 2: parents: there is no concept “A I”"),
        ([{"name": "AI", "ontologyLink": "javascript:alert(1)"}], "line 1: ontologyLink: not an http"),
    ],
)
def test_a_fault_names_its_line_and_nothing_goes_in(tmp_path: Path, rows: list[Any], fault: str) -> None:
    said = take_in(write(tmp_path, *rows))
    assert fault in said
    assert said.endswith("Nothing was changed.")
    assert not SharedConcept.objects.exists()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("title\nAI", "line 1: the first line must name the columns"),
        ("name,parents\nAI", "line 2: 1 columns, not 2"),
        ("name\n\"AI", "this is not CSV"),
    ],
)  # fmt: skip
def test_a_malformed_csv_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    assert fault in take_in(write(tmp_path, text, name="concepts.csv"))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b'{"name": "caf"}\n{"name": "caf\xe9"}')
    assert "line 2: this is not UTF-8" in take_in(str(tmp_path / "latin"))
    assert "can't be read" in take_in(str(tmp_path / "missing"))
    assert "every concept" in take_in(write(tmp_path, ""), replace=True)


def test_what_a_file_does_not_name_stays_unless_told_otherwise(tmp_path: Path, alice: User) -> None:
    confirmed(alice, concepts=["Machine learning"])
    take_in(write(tmp_path, AI, LEARNING))
    project_all()
    only = write(tmp_path, AI)
    assert "0 taken out" in take_in(only)
    assert take_in(only, replace=True) == "0 new, 0 changed, 1 as they were, 1 taken out.\n"
    assert "no concept" in take_in(write(tmp_path, {"name": "deep learning", "parents": ["machine learning"]}))
    project_all()
    assert shared_nodes().keys() == {"AI"}
    assert (ties(), concept_names(alice)) == (set(), {"Machine learning"})
    assert list(SharedConcept.objects.values_list("name", flat=True)) == ["AI"]
    assert "1 new" in take_in(write(tmp_path, LEARNING))
    project_all()
    assert ties() == {("machine learning", "AI"), ("Machine learning", "machine learning")}


def test_one_that_comes_back_before_it_was_dropped(tmp_path: Path) -> None:
    take_in(write(tmp_path, AI, LEARNING))
    project_all()
    take_in(write(tmp_path, AI), replace=True)
    assert take_in(write(tmp_path, AI, LEARNING)) == "1 new, 0 changed, 1 as they were, 0 taken out.\n"
    project_all()
    assert ties() == {("machine learning", "AI")}
    assert shared.check() == []


@pytest.mark.slow
def test_own_concepts_are_tied_whichever_comes_first(tmp_path: Path, alice: User, bob: User) -> None:
    confirmed(alice, concepts=["ai ", "my divorce"])
    project(alice)
    take_in(write(tmp_path, AI, LEARNING))
    project_all()
    assert ties() == {("ai ", "AI"), ("machine learning", "AI")}
    confirmed(bob, concepts=["Machine Learning"])
    project(bob)
    assert ("Machine Learning", "machine learning") in ties()
    assert check().endswith("2 people compared, 0 still behind, 0 differ.\n")
    call_command("rebuild_graph", stdout=io.StringIO())
    assert ties() == {("ai ", "AI"), ("machine learning", "AI"), ("Machine Learning", "machine learning")}
    assert shared_nodes().keys() == {"AI", "machine learning"}


def test_check_names_what_differs_and_mends_it(tmp_path: Path, alice: User) -> None:
    confirmed(alice, concepts=["AI"])
    take_in(write(tmp_path, AI, LEARNING))
    project_all()
    stray = uuid.uuid4()
    cypher("MATCH (c:Concept {conceptID: $id}) SET c.name = 'other'", id=shared_id("ai"))
    cypher("MATCH (c:Concept {conceptID: $id}) DETACH DELETE c", id=shared_id("machine learning"))
    cypher("CREATE (:Concept {conceptID: $id, managedBy: 'ptfi', name: 'stray'})", id=stray)
    cypher("MATCH (c:Concept {conceptID: $id})-[e]->() DELETE e", id=concept_id(alice.pk, "AI"))
    said = check()
    assert f"shared: Concept {shared_id('ai')}: name is not as in PostgreSQL" in said
    assert f"shared: Concept {shared_id('machine learning')}: missing in the graph" in said
    assert f"shared: Concept {stray}: should not be in the graph" in said
    assert f"IS_A_TYPE_OF {concept_id(alice.pk, 'AI')} → {shared_id('ai')}: missing in the graph" in said
    call_command("check_graph", repair=True, stdout=io.StringIO())
    assert ties() == {("AI", "AI"), ("machine learning", "AI")}
    assert shared_nodes().keys() == {"AI", "machine learning"}


def test_a_graph_that_lost_them_gets_them_back(tmp_path: Path, alice: User) -> None:
    confirmed(alice, concepts=["AI"])
    take_in(write(tmp_path, AI, LEARNING))
    project_all()
    cypher("MATCH (c:Concept) WHERE c.ownerID IS NULL DETACH DELETE c")
    project_all()
    assert ties() == {("AI", "AI"), ("machine learning", "AI")}


def test_an_older_revision_is_never_written_over_a_newer_one(tmp_path: Path) -> None:
    """As by a projector that slept through an import; and PostgreSQL may come back from the past."""
    take_in(write(tmp_path, AI))
    project_all()
    newer = {"id": shared_id("ai"), "revision": SharedConcept.objects.get().revision + 5}
    cypher("MATCH (c:Concept {conceptID: $id}) SET c.name = 'newer', c.revision = $revision", **newer)
    shared._write_nodes(shared._batch([shared_id("ai")]))
    assert shared_nodes().keys() == {"newer"}
    project_all()
    assert shared_nodes().keys() == {"AI"}


def test_deciding_never_touches_what_is_shared(tmp_path: Path, alice: User) -> None:
    """Not even a shared concept that the pipeline tied a trait to, which PTFI then takes over and drops."""
    take_in(write(tmp_path, AI))
    project_all()
    trait = confirmed_trait(alice, concepts=["jazz"])
    project(alice)
    cypher(
        "MATCH (t:Trait {traitID: $t}), (c:Concept {conceptID: $c}) CREATE (t)-[:ASSOCIATED_WITH_CONCEPT]->(c)",
        t=trait.pk, c=shared_id("ai"),
    )  # fmt: skip
    decisions.remove_trait(**acting_for_self(alice), trait_id=trait.pk)
    project(alice)
    assert shared_nodes().keys() == {"AI"}


def test_only_one_projector_is_at_it(tmp_path: Path) -> None:
    take_in(write(tmp_path, AI))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE graph_vocabulary SET claimed_until = clock_timestamp() + interval '1 minute'")
    assert not shared.project()
    assert shared.waiting()
    Vocabulary.objects.update(claimed_until=None)
    assert shared.project()
    assert not shared.waiting()


def test_the_demos_concepts_can_be_imported() -> None:
    assert "0 taken out" in take_in(str(DEMO))
    assert SharedConcept.objects.get(name="machine learning").broader.get().name == "AI"
