"""A database of an earlier release, whose texts were stored as they were sent, after the migrations."""

import io
import json
import uuid

import pytest
from django.core.management import call_command

from ptfi.accounts.models import User
from tests.support.cast import acting_for_self
from tests.support.decisions import assert_log_whole
from tests.support.earlier_texts import INPUT, TABLES
from tests.support.frozen_logs import load
from tests.support.graph_helpers import cypher, project
from tests.support.persona_marker import check_graph
from traits import decisions
from traits.decisions.inputs import Changes, Evidence
from traits.evidence import evidence_id
from traits.ingest import batch
from traits.ingest.parsing import CandidateRecord, parse_line
from traits.ingest.rows import Result
from traits.models import ExtractedTraitCandidate, Persona, PersonaTrait, Suppression, UserRefinedTrait
from traits.text import name_key

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.graph]


@pytest.fixture
def earlier(db: None) -> User:
    """The person, as the migrations leave them."""
    person = load(TABLES)
    User.objects.filter(pk=person.pk).update(external_id="notes:rene\u0301 ")
    assert update() > 0
    return person


def update() -> int:
    out = io.StringIO()
    call_command("update_name_keys", stdout=out)
    return int(out.getvalue().split()[0])


def send_again(person: User, **changes: object) -> Result:
    """Import what was imported before."""
    rows = [json.loads(line) | changes for line in INPUT.read_text().splitlines()]
    records = [parse_line(json.dumps(row).encode()) for row in rows]
    return batch.apply_within([record for record in records if isinstance(record, CandidateRecord)], person)


def held(person: User) -> dict[uuid.UUID, tuple[str, list[str]]]:
    """Suggestion → status and the ids of its evidence."""
    rows = ExtractedTraitCandidate.objects.filter(user=person)
    return {row.pk: (row.status, [piece["evidence_id"] for piece in row.supporting_evidence]) for row in rows}


def test_keys_are_new_and_a_repeat_changes_nothing(earlier: User) -> None:
    for row in ExtractedTraitCandidate.objects.filter(user=earlier):
        assert row.name_key == name_key(row.trait_name)
    keys = list(Suppression.objects.filter(user=earlier).order_by("name_key").values_list("name_key", flat=True))
    # The two spellings of "Plays piano" are one; of "Reads no\u00advels" no name is left from which to make the key.
    assert keys == ["i \u2764 jazz", "plays guitar", "plays piano", "reads no vels"]
    assert len(Suppression.objects.get(user=earlier, name_key="plays piano").sources) == 2
    assert update() == 0


def test_nothing_doubles_and_nothing_blocked_comes_back(earlier: User) -> None:
    before = held(earlier)
    result = send_again(earlier)
    assert (result.created, result.suppressed, result.returned) == (0, 0, 0)
    assert held(earlier) == before
    again = send_again(earlier)
    assert (again.created, again.updated, again.returned) == (0, 0, 0)


def test_what_was_rejected_stays_so_under_every_spelling(earlier: User) -> None:
    lines = [json.loads(line) for line in INPUT.read_text().splitlines()]
    names = [
        "Plays piano",
        "Plays gui\u200btar",
        "PLAYS GUITAR",
        "I \u2764 jazz",
        "I \u2764\ufe0f jazz",
        "Reads no\u00advels",
    ]
    for name in names:
        row = lines[0] | {"candidate_id": str(uuid.uuid4()), "trait_name": name}
        record = parse_line(json.dumps(row).encode())
        assert isinstance(record, CandidateRecord)
        assert batch.apply_within([record], earlier).suppressed == 1, name


def test_erased_evidence_does_not_come_back_in_another_form(earlier: User) -> None:
    lines = [json.loads(line) for line in INPUT.read_text().splitlines()]
    swims = next(line for line in lines if line["trait_name"] == "Swims")
    hikes = next(line for line in lines if line["trait_name"] == "Hikes")
    for row, content, source in (
        (swims, "I swam to the Cafe\u0301.", "p2"),
        (swims, "I swam to the Caf\u00e9.", "p2"),
        (hikes, "New.", "note-e\u0301te\u0301"),
        (hikes, "New.", "note-\u00e9t\u00e9"),
    ):
        piece = row["supporting_evidence"][0] | {"content": content, "source_package_id": source}
        new = row | {"candidate_id": str(uuid.uuid4()), "supporting_evidence": [piece]}
        record = parse_line(json.dumps(new).encode())
        assert isinstance(record, CandidateRecord)
        assert list(batch.apply_within([record], earlier).refused) == [0], (content, source)


def test_a_piece_keeps_its_id(earlier: User) -> None:
    candidate = ExtractedTraitCandidate.objects.get(user=earlier, trait_name__startswith="Bakes")
    (piece, _) = candidate.supporting_evidence
    send_again(earlier)
    candidate.refresh_from_db()
    found = candidate.supporting_evidence[0]
    assert found["content"] == "Cake from the Caf\u00e9."
    assert found["evidence_id"] == piece["evidence_id"] != evidence_id(candidate.pk, found)


def test_log_and_graph_are_whole(earlier: User) -> None:
    before = list(UserRefinedTrait.objects.filter(user=earlier).order_by("revision").values())
    project(earlier)
    assert_log_whole(earlier)
    assert "0 differ" in check_graph(earlier)
    send_again(earlier)
    assert list(UserRefinedTrait.objects.filter(user=earlier).order_by("revision").values()) == before
    names = cypher("MATCH (c:Concept {ownerID: $id}) RETURN c.name AS name", id=earlier.pk)
    # Spellings that look the same are one concept.
    assert len(names) == len({name_key(row["name"]) for row in names}) == 3


def test_decisions_go_on(earlier: User) -> None:
    trait = PersonaTrait.objects.get(user=earlier, name__endswith="hopper")
    pieces = len(trait.evidence)
    changes = Changes(name=trait.name)
    evidence = Evidence(own=["Every Caf\u00e9 knows me."])
    decisions.edit_trait(**acting_for_self(earlier), trait_id=trait.pk, changes=changes, evidence=evidence)
    trait.refresh_from_db()
    assert (trait.name, len(trait.evidence)) == ("Caf\u00e9 hopper", pieces)
    newest = UserRefinedTrait.objects.filter(user=earlier).latest("revision")
    decisions.undo(**acting_for_self(earlier), action_id=newest.pk)
    trait.refresh_from_db()
    assert trait.name == "Cafe\u0301 hopper"
    project(earlier)
    assert_log_whole(earlier)
    assert "0 differ" in check_graph(earlier)


def test_the_graph_of_an_earlier_release_is_made_again(earlier: User) -> None:
    project(earlier)
    generation = Persona.objects.get(user=earlier).generation
    cypher("MATCH (u:User {userID: $id}) REMOVE u.mapping", id=earlier.pk)
    cypher("MATCH (t:Trait {ownerID: $id}) REMOVE t.sortKey", id=earlier.pk)
    cypher("MATCH (c:Concept {ownerID: $id}) SET c.conceptID = c.conceptID + '-old'", id=earlier.pk)
    project(earlier)
    assert Persona.objects.get(user=earlier).generation > generation
    assert "0 differ" in check_graph(earlier)
    standing = Persona.objects.get(user=earlier).generation
    project(earlier)
    assert Persona.objects.get(user=earlier).generation == standing
