"""The download: an archive with a page for people and the JSON document, of one moment, streamed."""

import datetime as dt
import tracemalloc
import uuid
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from graph.reads.export_archive import archive
from ptfi.accounts.models import User
from tests.support.archives import files
from tests.support.cast import SignedIn, acting_for_self, confirmed, make_candidate
from tests.support.concurrency import in_transaction, on_own_connection
from tests.support.graph_helpers import project
from tests.support.graph_outage import away
from tests.support.oauth import keep_token, make_client
from tests.support.persona_marker import erased, marked_persona
from traits import decisions
from traits.decisions.inputs import Changes
from traits.erasure import parts as erasure_parts
from traits.ingest import blocklist
from traits.models import AccessEntry, ExtractedTraitCandidate, UserRefinedTrait

# It takes a snapshot, which only a transaction of its own can.
pytestmark = [pytest.mark.graph, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
WORD, OTHER = f"xylophone{uuid.uuid4().hex}", f"glockenspiel{uuid.uuid4().hex}"
VOID = {"meta", "br", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """Tags that are open at the end, everything that would be fetched or run, and the ids."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.fetched, self.ids, self.links = list[str](), list[str](), list[str](), list[str]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        self.fetched += [name for name in given if name.startswith("on") or name in ("src", "style")]
        self.fetched += [tag] if tag in ("script", "link", "img", "iframe") else []
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given["href"] or ""] if "href" in given else []

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_it_holds_both_for_the_person_alone(alice: User, bob: User, signed_in: SignedIn) -> None:
    erased(alice)
    for owner, reason in ((alice, "T-17, she asked"), (bob, OTHER)):
        AccessEntry.objects.create(staff_id=uuid.UUID(int=1), subject_id=owner.pk, kind="account", reason=reason)
    ids = marked_persona(alice, WORD)
    marked_persona(bob, OTHER)
    keep_token(make_client("An app"), ["persona:read_traits"], alice)
    project(alice)
    response = signed_in(alice).get("/persona/data/download/")
    assert response["Content-Type"] == "application/zip"
    assert response["Content-Disposition"].startswith('attachment; filename="persona-')
    assert "no-store" in response["Cache-Control"]
    page, document = files(b"".join(response))
    assert OTHER not in page
    assert OTHER not in str(document)
    assert {str(pk) for pk in ids} <= {each["candidateID"] for each in document["candidates"]} | {
        each["traitID_in_pkg"] for each in document["traits"]
    }
    assert document["graph"]["revision"] == document["revision"] == len(document["log"])
    html = Page(page)
    assert (html.open, html.fetched) == ([], [])
    assert len(html.ids) == len(set(html.ids))
    assert {link for link in html.links if not link.startswith("#")} == set()
    assert {link[1:] for link in html.links} <= set(html.ids)
    bare = page.replace("<bdi>", "").replace("</bdi>", "")
    for said in (
        f"You confirmed “Plays {WORD}” with changes",
        f"You rejected “Hears {WORD}”: other",
        f"You merged “{WORD} again” into “{WORD} of mine”",
        f"You set “{WORD}” to “{WORD}” for “{WORD}”",
        f"You undid confirming “Perhaps {WORD}”",
        f"{WORD} of mine",
        "An app",
        "Whole persona",
        "alice@example.com",
        f"own {WORD}",
        "T-17, she asked",
    ):
        assert said in bare, said
    assert [(look["staffID"], look["reason"]) for look in document["looks"]] == [
        (str(uuid.UUID(int=1)), "T-17, she asked")
    ]
    nodes, edges = len(document["graph"]["nodes"]), len(document["graph"]["edges"])
    assert f"Nodes: {nodes}, connections: {edges}." in page


def test_what_was_erased_since_is_in_neither(alice: User) -> None:
    candidate = make_candidate(alice, "Sails", evidence=[WORD, "I sail."])
    other = confirmed(alice, f"Was {WORD}", trait_category="Skill", evidence=[WORD])
    assert other.trait
    decisions.edit_trait(**acting_for_self(alice), trait_id=other.trait.pk, changes=Changes(notes=WORD))
    piece = candidate.supporting_evidence[0]["evidence_id"]
    erasure_parts.erase_evidence(**acting_for_self(alice), evidence_id=uuid.UUID(piece))
    erasure_parts.erase_category(**acting_for_self(alice), category="Skill")
    page, document = files(b"".join(archive(alice)))
    assert WORD not in page
    assert WORD not in str(document)
    assert "deleted text" in page
    assert "without texts deleted since" in page
    assert "A piece of evidence" in page
    assert document["log"][0]["salt"] == ""
    redacted = document["log"][-1]["redacted"]
    assert set(redacted) == {"1", "2"}
    assert document["erasures"][0]["kind"] == "evidence"


def test_texts_are_shown_as_they_are(alice: User) -> None:
    evil = "<script>alert(1)</script><!-- here -->\f"
    confirmed(alice, evil, evidence=[evil, "我喜欢爵士乐", "أحب الجاز"], trait_description=evil, concepts=[evil])
    User.objects.filter(pk=alice.pk).update(display_name=evil)
    alice.refresh_from_db()
    page, _ = files(b"".join(archive(alice)))
    html = Page(page)
    assert (html.open, html.fetched) == ([], [])
    assert "我喜欢爵士乐" in page


def test_without_the_graph_the_rest_is_complete(alice: User, settings: Any) -> None:
    confirmed(alice)
    with away(settings):
        page, document = files(b"".join(archive(alice)))
    assert "was temporarily unavailable" in page
    assert document["graph"]["error"]["code"] == "graph_unavailable"
    assert len(document["traits"]) == 1
    assert "You confirmed “<bdi>Loves jazz</bdi>”." in page


def test_both_show_one_moment(alice: User) -> None:
    first = make_candidate(alice, "Before", evidence=["x" * 4_000] * 20)
    for number in range(40):
        make_candidate(alice, f"Before {number}", evidence=[uuid.uuid4().hex * 100])
    pieces = archive(alice)
    data = next(pieces)
    assert in_transaction()
    on_own_connection(
        lambda: decisions.add_trait(**acting_for_self(alice), changes=Changes(name="Meanwhile", category="Other"))
    )
    on_own_connection(
        lambda: erasure_parts.erase_source(
            **acting_for_self(alice), source=blocklist.source_bar(alice.pk, source_of(first))
        )
    )
    page, document = files(data + b"".join(pieces))
    assert "Meanwhile" not in page
    assert document["revision"] == 0
    assert page.count("<h3 dir=") == len(document["candidates"]) == 41
    assert not in_transaction()
    assert UserRefinedTrait.objects.count() == 1


def source_of(candidate: ExtractedTraitCandidate) -> str:
    return str(candidate.supporting_evidence[0]["source_package_id"])


def test_a_reader_who_leaves_frees_the_connection(alice: User) -> None:
    for number in range(40):
        make_candidate(alice, f"Before {number}", evidence=[uuid.uuid4().hex * 100])
    pieces = archive(alice)
    next(pieces)
    assert in_transaction()
    pieces.close()
    assert not in_transaction()


def test_it_is_the_persons_alone(alice: User, client: Client, signed_in: SignedIn) -> None:
    assert client.get("/persona/data/download/").status_code == 302
    assert signed_in(alice).post("/persona/data/download/").status_code == 405


@pytest.mark.long
@pytest.mark.memory
def test_its_size_does_not_show_in_memory(alice: User) -> None:
    first = make_candidate(alice, evidence=[uuid.uuid4().hex * 40, uuid.uuid4().hex * 40])
    fields = {
        field.attname: getattr(first, field.attname)
        for field in ExtractedTraitCandidate._meta.concrete_fields
        if field.attname not in ("candidate_id", "search", "evidence_count")
    }
    now = dt.datetime.now(dt.UTC)
    rows = (ExtractedTraitCandidate(**fields | {"candidate_id": uuid.uuid4(), "created_at": now}) for _ in range(4_000))
    ExtractedTraitCandidate.objects.bulk_create(rows, batch_size=1_000)
    for _ in archive(alice):
        break
    tracemalloc.start()
    size = sum(map(len, archive(alice)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 200_000
    assert peak < 5_000_000
