"""A part of the persona that was erased: a piece of evidence, a source or a category. No word of it stays anywhere."""

import uuid
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client

from graph import erasing
from ptfi.accounts.models import User
from tests.conftest import PASSWORD, SignedIn, by, confirmed, confirmed_trait, make_candidate
from tests.decisions import assert_log_whole, decisions
from tests.graph_helpers import cypher, project, trait_node
from tests.persona_marker import check_graph, erased, graph_with, tables_with
from tests.staff import give_reason
from tests.test_erasure import away, suggestion
from tests.test_erasure import word as word
from traits import bars, bulk, erasure_parts, erasure_steps, ingest, log, persona, services, undo
from traits.errors import InvalidError, NotFoundError, NotLatestError
from traits.models import Erasure, ExtractedTraitCandidate, Persona, PersonaTrait, Suppression, UserRefinedTrait
from traits.states import Piece, evidence_id
from traits.validation import Changes, Evidence, Relation

pytestmark = pytest.mark.django_db
SOURCE, OTHER = "diary-2024", "letters-2025"


def piece_of(pk: uuid.UUID, content: str, source: str | None = SOURCE, detail: str = "page 1") -> Piece:
    piece: Piece = {
        "type": "text_snippet",
        "content": content,
        "source_package_id": source,
        "source_detail": detail,
        "start_time": 12.5,
        "end_time": None,
        "relevance_score": 0.5,
        "verdict": "",
    }
    return {"evidence_id": evidence_id(pk, piece), **piece}


def suggested(user: User, name: str, *pieces: tuple[str, str | None], **fields: Any) -> ExtractedTraitCandidate:
    """A suggestion with these pieces of evidence: (content, source)."""
    pk = uuid.uuid4()
    evidence = [piece_of(pk, content, source) for content, source in pieces]
    return make_candidate(user, name, candidate_id=pk, supporting_evidence=evidence, **fields)


def first_piece(candidate: ExtractedTraitCandidate) -> uuid.UUID:
    return uuid.UUID(candidate.supporting_evidence[0]["evidence_id"])


def whole(user: User) -> None:
    assert_log_whole(user)
    assert "0 differ" in check_graph(user)


def persona_with(user: User, word: str) -> dict[str, uuid.UUID]:
    """Every kind of decision about suggestions from a source full of the word, and from another without it."""
    texts: dict[str, Any] = {"trait_description": word, "concepts": [word]}
    open_one = suggested(user, f"Likes {word}", (word, SOURCE), **texts)
    held = suggested(user, f"Hides {word}", (word, SOURCE), held_reason="a ticket", **texts)
    later = suggested(user, f"Sees {word}", (word, SOURCE), **texts)
    services.defer(**by(user), candidate_id=later.pk, until=None)
    rejected = suggested(user, f"Hears {word}", (word, SOURCE), **texts)
    services.reject(**by(user), candidate_id=rejected.pk, code="other", reason=word)
    removed = suggested(user, f"Was {word}", (word, SOURCE), **texts)
    services.confirm(**by(user), candidate_id=removed.pk)
    persona.remove_trait(**by(user), trait_id=removed.pk, reason=word)
    undone = suggested(user, f"Perhaps {word}", (word, SOURCE), **texts)
    undo.undo(**by(user), action_id=services.confirm(**by(user), candidate_id=undone.pk).action_id)
    mixed = suggested(user, "Sails", (word, SOURCE), ("I sail.", OTHER))
    services.confirm(**by(user), candidate_id=mixed.pk)
    persona.edit_trait(**by(user), trait_id=mixed.pk, changes=Changes(notes="Often."))
    only = suggested(user, "Cooks", (word, SOURCE), trait_description="It is said often.")
    services.confirm(**by(user), candidate_id=only.pk, changes=Changes(description="Well."))
    target = confirmed_trait(user, "Knits")
    merged = suggested(user, f"Knits {word}", (word, SOURCE), trait_description=word)
    services.merge(**by(user), candidate_id=merged.pk, into=target.pk)
    bulked = suggested(user, f"Bulk {word}", (word, SOURCE), **texts)
    bulk.bulk(**by(user), candidate_ids=[bulked.pk], decision="rejected", code="other", reason=word)
    gone = (open_one, held, later, rejected, removed, undone, merged, bulked)
    return {"mixed": mixed.pk, "only": only.pk, "target": target.pk} | {f"gone{n}": c.pk for n, c in enumerate(gone)}


def erase_source(user: User, source: str = SOURCE) -> Erasure:
    return erasure_parts.erase_source(**by(user), source=bars.source_bar(user.pk, source))


def test_nothing_of_a_source_stays(
    alice: User, bob: User, client: Client, caplog: pytest.LogCaptureFixture, word: str
) -> None:
    client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    ids = persona_with(alice, word)
    client.post(f"/review/{suggested(alice, 'Says it', (word, SOURCE)).pk}/confirm/")
    theirs = confirmed_trait(bob, word[::-1], evidence=[word[::-1]])
    project(alice)
    project(bob)
    assert graph_with(word)
    assert "Says it" in str(dict(client.session))
    caplog.set_level("DEBUG")
    done = erase_source(alice)
    assert tables_with(word) == set()
    assert "Says it" not in str(dict(client.session))
    assert done.state == "erased"
    wanted = {"candidates": 10, "candidates_less": 1, "traits_less": 4, "evidence": 11}
    assert {name: done.counts[name] for name in wanted} == wanted
    assert SOURCE not in str(Erasure.objects.values())
    held = set(ExtractedTraitCandidate.objects.filter(user=alice).values_list("pk", flat=True))
    assert held == {ids["mixed"], ids["target"]}
    project(alice)
    assert graph_with(word) == []
    done.refresh_from_db()
    assert (done.state, done.things) == ("completed", [])
    assert word not in caplog.text
    whole(alice)
    assert trait_node(theirs.pk)
    assert [piece["content"] for piece in PersonaTrait.objects.get(pk=ids["mixed"]).evidence] == ["I sail."]
    assert PersonaTrait.objects.get(pk=ids["only"]).evidence == []


def test_a_piece_goes_wherever_it_stands(alice: User, word: str) -> None:
    """The same words at the same place are one piece, under whichever suggestion; elsewhere they are another."""
    first = suggested(alice, "Sails", (word, SOURCE), ("I sail.", OTHER))
    again = suggested(alice, "Likes boats", (word, SOURCE), ("I like boats.", SOURCE))
    alone = suggested(alice, f"Only {word}", (word, SOURCE), trait_description=word)
    for candidate in (first, again, alone):
        services.confirm(**by(alice), candidate_id=candidate.pk, changes=Changes(name="Mine", description="x"))
    elsewhere = suggested(alice, "Elsewhere", (word[::-1], SOURCE))
    project(alice)
    done = erasure_parts.erase_evidence(**by(alice), evidence_id=first_piece(first))
    assert tables_with(word) == set()
    assert (done.counts["evidence"], done.counts["candidates"], done.counts["traits_less"]) == (3, 1, 3)
    assert done.kept.keys() == {"traits", "evidence", "decisions", "receipt", "backups"}
    project(alice)
    assert graph_with(word) == []
    whole(alice)
    assert ExtractedTraitCandidate.objects.filter(pk=elsewhere.pk).exists()
    assert not ExtractedTraitCandidate.objects.filter(pk=alone.pk).exists()
    with pytest.raises(NotFoundError):
        erasure_parts.erase_evidence(**by(alice), evidence_id=first_piece(first))


def test_words_of_ones_own_are_erased_too(alice: User, word: str) -> None:
    trait = persona.add_trait(
        **by(alice), changes=Changes(name="Mine", category="Other"), own_evidence=[word, "Still."]
    ).trait
    assert trait
    pk = next(piece["evidence_id"] for piece in trait.evidence if piece["content"] == word)
    erasure_parts.erase_evidence(**by(alice), evidence_id=uuid.UUID(pk))
    assert tables_with(word) == set()
    assert [piece["content"] for piece in PersonaTrait.objects.get().evidence] == ["Still."]
    assert decisions(alice) == ["user_added_confirmed", "evidence_erased"]
    project(alice)
    whole(alice)


def test_nothing_of_a_category_stays(alice: User, word: str) -> None:
    persona_with(alice, word)
    other = confirmed_trait(alice, "Loves jazz", trait_category="Skill")
    moved = make_candidate(alice, f"Moved {word}", evidence=[word])
    services.confirm(
        **by(alice), candidate_id=moved.pk, changes=Changes(name="Moved", description="", category="Other")
    )
    persona.edit_trait(**by(alice), trait_id=moved.pk, changes=Changes(concepts=[]))
    project(alice)
    done = erasure_parts.erase_category(**by(alice), category="Interest")
    project(alice)
    whole(alice)
    assert done.counts["traits"] == 3
    assert done.counts["candidates"] == 12
    assert set(PersonaTrait.objects.values_list("pk", flat=True)) == {other.pk, moved.pk}
    assert not Suppression.objects.filter(category="Interest").exists()
    # What was moved to another category stays there, with its evidence.
    assert tables_with(word) == {"traits_personatrait", "traits_userrefinedtrait"}
    erasure_parts.erase_category(**by(alice), category="Other")
    assert tables_with(word) == set()
    project(alice)
    assert graph_with(word) == []
    whole(alice)
    assert [row["n"] for row in cypher("MATCH (t:Trait {ownerID: $u}) RETURN t.name AS n", u=alice.pk)] == [
        "Loves jazz"
    ]


def test_undo_brings_nothing_back(alice: User, word: str) -> None:
    kept = suggested(alice, "Sails", (word, SOURCE), ("I sail.", OTHER))
    action = services.confirm(**by(alice), candidate_id=kept.pk).action_id
    rejected = suggested(alice, "Knits", (word, SOURCE))
    refusal = services.reject(**by(alice), candidate_id=rejected.pk, code="not_me").action_id
    later = suggested(alice, "Swims", (word, SOURCE), ("I swim.", OTHER))
    put_off = services.defer(**by(alice), candidate_id=later.pk, until=None).action_id
    removed = suggested(alice, "Sings", (word, SOURCE), ("I sing.", OTHER))
    services.confirm(**by(alice), candidate_id=removed.pk)
    removal = persona.remove_trait(**by(alice), trait_id=removed.pk).action_id
    erase_source(alice)
    for stays in (action, refusal):
        with pytest.raises(NotLatestError):
            undo.undo(**by(alice), action_id=stays)
    erasing_entry = UserRefinedTrait.objects.filter(user_decision="evidence_erased").first()
    assert erasing_entry
    with pytest.raises(NotLatestError):
        undo.undo(**by(alice), action_id=erasing_entry.batch_id or erasing_entry.pk)
    undo.undo(**by(alice), action_id=put_off)
    undo.undo(**by(alice), action_id=removal)
    assert tables_with(word) == set()
    assert [piece["content"] for piece in PersonaTrait.objects.get(pk=removed.pk).evidence] == ["I sing."]
    project(alice)
    whole(alice)


def test_a_clash_whose_other_half_went_is_not_undone(alice: User, word: str) -> None:
    old = confirmed_trait(alice, f"Old {word}", trait_category="Skill")
    new = make_candidate(alice, "New", trait_category="Other", evidence=["New."])
    relation = Relation(trait_id=old.pk, kind="both_true", existing_contexts=[word])
    action = services.confirm(
        **by(alice), candidate_id=new.pk, changes=Changes(expression_contexts=["work"]), relation=relation
    ).action_id
    erasure_parts.erase_category(**by(alice), category="Skill")
    with pytest.raises(NotLatestError):
        undo.undo(**by(alice), action_id=action)
    assert tables_with(word) == set()
    project(alice)
    whole(alice)


def test_a_repeat_of_the_import_brings_nothing_back(alice: User, bob: User) -> None:
    barred, free = "first-source", "second-source"

    def batch(user: User) -> ingest.Result:
        return ingest.apply([one, both, other, interest], owner=user)

    def row(name: str, category: str, *sources: str) -> Any:
        pk = uuid.uuid4()
        pieces = [{**piece_of(pk, f"{name} {source}", source)} for source in sources]
        for piece in pieces:
            del piece["evidence_id"], piece["verdict"]
        return suggestion(
            candidate_id=str(pk), trait_name=name, trait_category=category, supporting_evidence=pieces, supersedes=[]
        )

    one, both, other, interest = (
        row("One", "Skill", barred),
        row("Both", "Skill", barred, free),
        row("Other", "Skill", free),
        row("Interest", "Interest", "third-source"),
    )
    assert batch(alice).created == 4
    erase_source(alice, barred)
    piece = ExtractedTraitCandidate.objects.get(pk=other.candidate_id).supporting_evidence[0]["evidence_id"]
    erasure_parts.erase_evidence(**by(alice), evidence_id=uuid.UUID(piece))
    erasure_parts.erase_category(**by(alice), category="Interest")
    held = set(ExtractedTraitCandidate.objects.values_list("trait_name", "evidence_count"))
    assert held == {("Both", 1)}
    again = batch(alice)
    assert again.refused == {0: [bars.ERASED], 2: [bars.ERASED], 3: [bars.CATEGORY_OFF]}
    assert (again.created, again.updated, again.unchanged) == (0, 0, 1)
    assert set(ExtractedTraitCandidate.objects.values_list("trait_name", "evidence_count")) == held
    assert_log_whole(alice)


def test_what_only_the_source_wanted_is_suppressed_no_more(alice: User) -> None:
    """A suppression is named like what was erased; it stays only where a suggestion of that name stays."""
    rejected = suggested(alice, "Knits", ("I knit.", SOURCE))
    services.reject(**by(alice), candidate_id=rejected.pk, code="not_me")
    other = suggested(alice, "Sings", ("I sing.", SOURCE))
    services.reject(**by(alice), candidate_id=other.pk, code="not_me")
    key = Suppression.objects.get(name_key="sings")
    kept_away = suggested(alice, "Sings", ("La.", OTHER), status="archived_auto_superseded", suppressed_by=key)
    erase_source(alice)
    assert list(Suppression.objects.values_list("name_key", "sources")) == [("sings", [])]
    erase_source(alice, OTHER)
    assert not Suppression.objects.exists()
    assert not ExtractedTraitCandidate.objects.filter(pk=kept_away.pk).exists()


def test_the_tables_do_not_wait_for_the_graph(alice: User, settings: Any, word: str) -> None:
    persona_with(alice, word)
    project(alice)
    with away(settings):
        done = erase_source(alice)
        assert tables_with(word) == set()
        assert done.state == "erased"
        assert erasing.claim(30, alice.pk) is None
    assert graph_with(word)
    project(alice)
    done.refresh_from_db()
    assert done.state == "completed"
    assert graph_with(word) == []
    whole(alice)


def test_nodes_that_the_pipeline_made_lose_it(alice: User, word: str) -> None:
    candidate = suggested(alice, f"Likes {word}", (word, SOURCE))
    private = suggested(alice, "Sails", (word, SOURCE), ("I sail.", OTHER))
    for pk in (first_piece(candidate), first_piece(private)):
        cypher("CREATE (:SourceDataReferenceNode {referenceID: $r, extra: 'theirs', snippet: $w})", r=pk, w=word)
    cypher("CREATE (:Trait {traitID: $t, extra: 'theirs'})", t=candidate.pk)
    services.confirm(**by(alice), candidate_id=candidate.pk)
    persona.remove_trait(**by(alice), trait_id=candidate.pk)
    verdict = Evidence(verdicts={str(first_piece(private)): "too_private"})
    services.confirm(**by(alice), candidate_id=private.pk, evidence=verdict)
    project(alice)
    done = erase_source(alice)
    project(alice)
    assert graph_with(word) == []
    done.refresh_from_db()
    assert set(done.things) == {candidate.pk, first_piece(candidate), first_piece(private)}
    assert done.kept["pipelineNodes"].startswith("3 nodes")
    whole(alice)
    # A backup of the graph comes back, older than the erasure.
    cypher("MATCH (u:User {userID: $u}) SET u.revision = 1", u=alice.pk)
    cypher("MATCH (n:SourceDataReferenceNode {referenceID: $r}) SET n.snippet = $w", r=first_piece(private), w=word)
    project(alice)
    assert graph_with(word) == []
    whole(alice)


def test_another_process_goes_on(alice: User, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that ends before all is done leaves the rest to the projector, also when one is killed in between."""
    monkeypatch.setattr(erasure_steps, "THINGS", 3)
    monkeypatch.setattr(erasure_steps, "ENTRIES", 3)
    persona_with(alice, word)
    project(alice)
    done = erase_source(alice)
    assert (done.state, done.erased_at) == ("erasing", None)
    assert tables_with(word)
    assert_log_whole(alice)
    steps = 0
    while done.state == "erasing":
        savepoint = transaction.savepoint()
        erasure_parts.go_on(erasure_id=done.pk)
        transaction.savepoint_rollback(savepoint)
        done = erasure_parts.go_on(erasure_id=done.pk)
        assert_log_whole(alice)
        steps += 1
    # How many depends on which ids come first.
    assert steps > 1
    assert tables_with(word) == set()
    assert (done.counts["candidates"], done.counts["traits_less"], done.target) == (9, 3, {})
    project(alice)
    whole(alice)
    assert graph_with(word) == []


def test_the_projector_takes_the_steps(alice: User, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure_steps, "THINGS", 2)
    persona_with(alice, word)
    done = erase_source(alice)
    assert done.state == "erasing"
    project(alice)
    done.refresh_from_db()
    assert done.state == "completed"
    assert tables_with(word) == set()
    assert graph_with(word) == []
    whole(alice)


def test_the_whole_persona_goes_while_a_part_is_under_way(
    alice: User, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure_steps, "THINGS", 2)
    persona_with(alice, word)
    project(alice)
    part = erase_source(alice)
    all_of_it = erased(alice)
    assert tables_with(word) == set()
    project(alice)
    for done in (part, all_of_it):
        done.refresh_from_db()
        assert done.state == "completed"
    assert graph_with(word) == []
    whole(alice)


def test_the_log_says_how_much_was_redacted(alice: User, word: str) -> None:
    candidate = suggested(alice, "Sails", (word, SOURCE), ("I sail.", OTHER))
    services.confirm(**by(alice), candidate_id=candidate.pk)
    before = UserRefinedTrait.objects.get()
    erase_source(alice)
    after = UserRefinedTrait.objects.get(revision=1)
    assert (bytes(after.digest), bytes(after.hash), bytes(after.salt)) == (
        bytes(before.digest),
        bytes(before.hash),
        b"",
    )
    assert log.redactions(alice.pk).keys() == {1}
    erase_source(alice, OTHER)
    # The entry about the first erasure quoted the trait as it was then.
    assert log.redactions(alice.pk).keys() == {1, 2}
    assert_log_whole(alice)


@pytest.mark.parametrize(
    "change", ["content = jsonb_set(content, '{erased}', '\"x\"')", "salt = 'x'", "content = content - 'erased'"]
)
def test_a_redacted_entry_that_was_touched_is_found(alice: User, change: str) -> None:
    candidate = suggested(alice, "Sails", ("Private.", SOURCE), ("I sail.", OTHER))
    services.confirm(**by(alice), candidate_id=candidate.pk)
    erase_source(alice)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE traits_userrefinedtrait DISABLE TRIGGER log_is_insert_only")
        cursor.execute(f"UPDATE traits_userrefinedtrait SET {change} WHERE revision = 1")  # noqa: S608
    assert "revision 1: the content was changed" in list(log.verify(Persona.objects.get(user=alice)))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT redact_log(%s, ARRAY[1]::bigint[], ARRAY['{}']::jsonb[])",
        "UPDATE traits_userrefinedtrait SET content = '{}', salt = '' WHERE user_id = %s",
        "SELECT set_config('ptfi.redacting', %s, true); UPDATE traits_userrefinedtrait SET reference = 'x', salt = ''",
    ],
)
def test_the_log_is_redacted_by_an_erasure_alone(alice: User, bob: User, statement: str) -> None:
    confirmed(alice)
    Erasure.objects.create(subject_id=bob.pk, state="erasing", kind="source")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [str(alice.pk)])
    assert_log_whole(alice)


def test_what_is_not_there_is_not_erased(alice: User, bob: User) -> None:
    theirs = suggested(bob, "Sails", ("I sail.", SOURCE))
    with pytest.raises(NotFoundError):
        erasure_parts.erase_evidence(**by(alice), evidence_id=first_piece(theirs))
    with pytest.raises(NotFoundError):
        erase_source(alice)
    with pytest.raises(InvalidError):
        erasure_parts.erase_category(**by(alice), category="Nonsense")
    assert not Erasure.objects.exists()


def test_operators_erase_a_part_or_the_account(
    alice: User, sam: User, capsys: pytest.CaptureFixture[str], word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure_steps, "THINGS", 2)
    persona_with(alice, word)
    interest = confirmed_trait(alice, "Loves jazz")
    piece = interest.evidence[0]["evidence_id"]

    def erase(*what: str, who: str = "alice@example.com") -> Erasure:
        call_command("erase_persona", who, *what, reference="T-1", yes=True)
        done = Erasure.objects.order_by("-requested_at").first()
        assert done
        return done

    assert erase("--source", SOURCE).state == "erased"
    assert tables_with(word) == set()
    assert UserRefinedTrait.objects.filter(user_decision="evidence_erased", actor_kind="staff", reference="T-1")
    assert_log_whole(alice)
    assert erase("--evidence", piece).counts["evidence"] == 1
    assert erase("--category", "Interest").counts["traits"] == 4
    assert not PersonaTrait.objects.exists()
    for what, who in (
        (["--source", "nothing"], "alice@example.com"),
        (["--evidence", piece], "alice@example.com"),
        (["--account"], "sam@example.com"),
    ):
        with pytest.raises(CommandError, match="Nothing was erased"):
            erase(*what, who=who)
    assert erase("--account").subject_id == alice.pk
    assert not User.objects.filter(pk=alice.pk).exists()
    assert "the receipt is" in capsys.readouterr().out


def test_staff_do_not_read_what_is_being_erased(
    alice: User, sam: User, signed_in: SignedIn, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure_steps, "THINGS", 1)
    persona_with(alice, word)
    piece = ExtractedTraitCandidate.objects.exclude(evidence_count=2).order_by("?").first()
    assert piece
    done = erasure_parts.erase_evidence(**by(alice), evidence_id=first_piece(piece))
    assert done.state == "erasing"
    staff, address = signed_in(sam), f"/admin/traits/erasure/{done.pk}/change/"
    give_reason(staff, address)
    page = staff.get(address).content.decode()
    assert str(done.pk) in page
    assert word not in page
    assert done.bar not in page
