"""My data in the browser: what is held, what is kept away, sources, and deleting a part or the account."""

import re
import uuid
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from ptfi.accounts.models import User
from tests.support.account_pages import sign_in
from tests.support.candidate_files import suggestion
from tests.support.cast import PASSWORD, SignedIn, acting_for_self, confirmed, confirmed_trait, make_candidate
from tests.support.decisions import assert_log_whole
from tests.support.erasure_parts import OTHER, SOURCE, erase_source, first_piece, suggested
from tests.support.graph_helpers import cypher, project
from tests.support.graph_outage import away
from tests.support.oauth import access_token, make_client
from tests.support.persona_marker import graph_with, marked_persona, tables_with
from tests.support.staff import give_reason
from traits import decisions
from traits.decisions.inputs import Evidence
from traits.erasure import account as erasure_account
from traits.erasure import parts as erasure_parts
from traits.erasure import suppressions
from traits.errors import InvalidError, NotFoundError
from traits.ingest import batch as ingest
from traits.ingest import blocklist
from traits.models import Erasure, ExtractedTraitCandidate, Persona, PersonaTrait, Suppression
from traits.privacy import selectors as my_data

pytestmark = [pytest.mark.graph, pytest.mark.django_db]


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, response.content
    return " ".join(response.content.decode().split())


@pytest.fixture
def fresh(alice: User, client: Client) -> Client:
    """Alice, who has just signed in."""
    sign_in(client, "alice@example.com")
    return client


def test_it_says_what_is_held(alice: User, as_alice: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    empty = text(as_alice, "/persona/data/")
    assert "Nothing yet. Each deletion leaves a receipt" in empty
    assert "Suggestions are on" in empty
    confirmed(alice)
    suggested(alice, "Knits", ("I knit.", SOURCE), trait_category="Skill")
    erase_source(alice)
    page = text(as_alice, "/persona/data/")
    assert '<span class="number">1</span> trait' in page
    assert "All evidence from a source" in page
    assert "/persona/categories/Interest/erase/" in page
    with django_assert_num_queries(18):
        as_alice.get("/persona/data/")


def test_what_is_never_suggested_again(
    alice: User, as_alice: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert "Nothing is blocked" in text(as_alice, "/persona/suppressions/")
    decisions.reject(**acting_for_self(alice), candidate_id=make_candidate(alice, "Plays C++!").pk, code="outdated")
    decisions.remove_trait(**acting_for_self(alice), trait_id=confirmed_trait(alice, "Sails").pk)
    row = Suppression.objects.get(name_key="sails")
    kept_away = make_candidate(alice, "Sails", status="archived_auto_superseded", suppressed_by=row)
    page = text(as_alice, "/persona/suppressions/")
    assert "Plays C++!" in page
    assert re.search(r"You rejected it on [^<]+\. Reason: Outdated\.", page)
    assert re.search(r"You removed it on [^<]+\.", page)
    assert "1 suggestion held back since" in page
    with django_assert_num_queries(5):
        as_alice.get("/persona/suppressions/")
    answer = as_alice.post(f"/persona/suppressions/{row.pk}/lift/", headers={"HX-Request": "true"})
    assert "Review 1 suggestion" in " ".join(answer.content.decode().split())
    kept_away.refresh_from_db()
    assert (kept_away.status, kept_away.suppressed_by) == ("candidate", None)
    assert as_alice.post(f"/persona/suppressions/{row.pk}/lift/").status_code == 404
    other = Suppression.objects.get()
    assert as_alice.post(f"/persona/suppressions/{other.pk}/lift/")["Location"] == "/persona/suppressions/"
    assert "can be suggested again" in text(as_alice, "/persona/suppressions/")
    assert ingest.apply([suggestion(trait_name="Plays C++!", trait_category="Interest")], owner=alice).created == 1


def test_a_lifted_suppression_comes_back_with_the_next_reject(alice: User) -> None:
    decisions.reject(**acting_for_self(alice), candidate_id=make_candidate(alice, "Sails").pk, code="not_me")
    suppressions.lift_suppression(**acting_for_self(alice), suppression_id=Suppression.objects.get().pk)
    decisions.reject(**acting_for_self(alice), candidate_id=make_candidate(alice, "sails").pk, code="not_me")
    assert Suppression.objects.get().name_key == "sails"
    assert_log_whole(alice)


@pytest.mark.slow
def test_long_lists_go_page_by_page(alice: User, as_alice: Client) -> None:
    rows = [Suppression(user=alice, name_key=f"name {n:03}", category="Skill") for n in range(65)]
    Suppression.objects.bulk_create(rows)
    suggested(alice, "Much", *((f"Said {n}.", f"source {n:03}") for n in range(65)))
    receipts = [Erasure(user=alice, subject_id=alice.pk, kind="source", state="erasing") for _ in range(65)]
    Erasure.objects.bulk_create(receipts)
    for address, found in (
        ("/persona/suppressions/", r"name \d{3}(?=</span> <span class=\"facts)"),
        ("/persona/sources/", r">source \d{3}</span>"),
        ("/persona/erasures/", r"/persona/erasures/[0-9a-f-]{36}/"),
    ):
        seen = list[str]()
        following = address
        while following:
            page = text(as_alice, following)
            seen += re.findall(found, page)
            more = re.search(r'href="(\?after=[^"]+)" rel="next"', page)
            following = address + more[1] if more else ""
        assert (len(seen), len(set(seen))) == (65, 65), address
        assert text(as_alice, address + "?after=nonsense")
        assert text(as_alice, address + f"?after={2**70}")


def test_sources_are_named_and_deleted(alice: User, fresh: Client) -> None:
    assert "None of your evidence names a source" in text(fresh, "/persona/sources/")
    suggested(alice, "Sails", ("I sail.", SOURCE), ("Again.", OTHER))
    trait = decisions.confirm(
        **acting_for_self(alice), candidate_id=suggested(alice, "Knits", ("I knit.", SOURCE)).pk
    ).trait
    assert trait
    page = text(fresh, "/persona/sources/")
    assert "2 suggestions · 1 trait · 2 pieces of evidence" in page
    address = re.search(
        r'href="(/persona/sources/\w{64}/erase/)"[^>]*>Delete…<[^>]*> <bdi>page 1</bdi>, <bdi>diary', page
    )
    assert address
    assert 'dir="auto">page 1</span>' in page
    assert re.findall(f">({SOURCE}|{OTHER})</span>", page) == [SOURCE, OTHER]
    preview = text(fresh, address[1])
    assert "Delete all evidence from “<bdi>page 1</bdi>”?" in preview
    assert "I knit." in preview
    assert "I sail." in preview
    assert "Again." not in preview
    assert "2 pieces of evidence" in preview
    less = preview.split("These remain, without the deleted text:")[1]
    assert re.findall("<li>([^<]+)</li>", less) == ["1 suggestion", "1 trait", "1 decision in your log"]
    assert "This source is blocked unless you allow it again." in preview
    assert "1 suggestion with no other evidence is deleted too." in preview
    receipt = fresh.post(address[1])["Location"]
    page = text(fresh, receipt)
    assert "The source’s evidence was deleted" in page
    assert "Traits that you confirmed" in page
    assert fresh.get(address[1]).status_code == 404
    assert "Allow it again" in page
    fresh.post(f"{receipt}let-in/")
    assert Erasure.objects.get().bar == ""
    assert fresh.post(f"{receipt}let-in/").status_code == 404


def test_the_sources_with_most_come_first_and_some_pieces_are_shown(alice: User, fresh: Client) -> None:
    suggested(alice, "Sails", ("I sail.", OTHER), *((f"Said {n}.", SOURCE) for n in range(7)))
    suggested(alice, "Steers", ("Said 1.", SOURCE))
    rows = my_data.sources(alice).rows
    assert [(row.name, row.pieces) for row in rows] == [(SOURCE, 8), (OTHER, 1)]
    preview = text(fresh, f"/persona/sources/{rows[0].key}/erase/")
    assert re.findall(r"Said \d\.", preview) == [f"Said {n}." for n in range(5)]
    assert "and 2 more" in preview


@pytest.mark.parametrize("kind", ["evidence", "source", "category"])
def test_erasing_a_part_looks_nothing_up_in_vain(alice: User, fresh: Client, kind: str) -> None:
    piece = first_piece(suggested(alice, "Sails", ("I sail.", SOURCE), ("Again.", OTHER)))
    source = my_data.sources(alice).rows[0].key
    part = {"evidence": f"evidence/{piece}", "source": f"sources/{source}", "category": "categories/Interest"}[kind]
    with CaptureQueriesContext(connection) as captured:
        assert fresh.post(f"/persona/{part}/erase/").status_code == 302
    asked = [query["sql"] for query in captured.captured_queries]

    def number(mark: str) -> int:
        return sum(bool(re.search(mark, query)) for query in asked)

    # All sources by name, to find that of the address.
    assert number("SELECT DISTINCT name") == (kind == "source")
    # The suggestion that has the piece.
    assert number(r"""@> '\[{"evidence_id":""") == (kind == "evidence")
    # What only the page before shows: the first pieces of a source, and how much would go.
    assert number("ORDER BY detail|nullif\\(detail") == 0
    assert number('SELECT COUNT.* FROM "traits_(extractedtraitcandidate|personatrait|userrefinedtrait)"') == 0
    assert number("count.DISTINCT piece->>'evidence_id'") == 1


def test_who_has_not_just_signed_in_proves_it(alice: User, as_alice: Client) -> None:
    piece = first_piece(suggested(alice, "Sails", ("I sail.", SOURCE)))
    address = f"/persona/evidence/{piece}/erase/"
    preview = text(as_alice, address)
    assert "I sail." in preview
    assert "1 suggestion with no other evidence is deleted too." in preview
    assert "This piece is blocked unless you allow it again." in preview
    asked = as_alice.post(address)
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert ExtractedTraitCandidate.objects.exists()
    answer = as_alice.post(asked["Location"], {"password": PASSWORD, "next": address})
    assert answer["Location"].startswith("/persona/erasures/")
    assert not ExtractedTraitCandidate.objects.exists()


def test_too_private_evidence_can_be_erased_where_it_is_seen(alice: User, as_alice: Client) -> None:
    candidate = suggested(alice, "Sails", ("I sail.", SOURCE), ("Again.", OTHER))
    piece = first_piece(candidate)
    link = f"/persona/evidence/{piece}/erase/"
    assert link in text(as_alice, f"/review/{candidate.pk}/")
    verdict = Evidence(verdicts={str(piece): "too_private"})
    decisions.confirm(**acting_for_self(alice), candidate_id=candidate.pk, evidence=verdict)
    assert link in text(as_alice, f"/traits/{candidate.pk}/")
    assert link in text(as_alice, f"/review/{candidate.pk}/")


@pytest.mark.parametrize(
    "address",
    ["evidence/nonsense", f"evidence/{uuid.UUID(int=5)}", "sources/nonsense", "categories/Nonsense", "categories/%00"],
)
def test_an_unknown_part_cannot_be_erased(alice: User, fresh: Client, address: str) -> None:
    assert fresh.get(f"/persona/{address}/erase/").status_code == 404
    assert fresh.post(f"/persona/{address}/erase/").status_code == 404


def test_a_category_is_kept_away_until_it_is_let_in(alice: User, fresh: Client) -> None:
    make_candidate(alice, trait_category="Skill")
    preview = text(fresh, "/persona/categories/Skill/erase/")
    assert "Nothing in this category is suggested again unless you allow it." in preview
    receipt = fresh.post("/persona/categories/Skill/erase/")["Location"]
    assert "Everything in “Skill” was deleted" in text(fresh, receipt)
    assert "Blocked </span>" in text(fresh, "/persona/data/")
    row = suggestion(trait_category="Skill")
    assert ingest.apply([row], owner=alice).refused == {0: [blocklist.CATEGORY_OFF]}
    fresh.post(f"{receipt}let-in/")
    assert ingest.apply([row], owner=alice).created == 1
    assert "Everything in that category was deleted" in text(fresh, receipt)


def end_account(client: Client, email: str = "alice@example.com") -> Any:
    return client.post("/persona/erasures/account/", {"confirm": email})


@pytest.mark.slow
def test_the_account_goes_with_everything(
    alice: User, bob: User, sam: User, fresh: Client, signed_in: SignedIn, word: str
) -> None:
    User.objects.filter(pk=alice.pk).update(external_id=f"name-{word}", display_name=word)
    alice.refresh_from_db()
    marked_persona(alice, word)
    access_token(alice, make_client())
    project(alice)
    elsewhere = Client()
    sign_in(elsewhere, "alice@example.com")
    form = {"display_name": f"{word}!", "time_zone": "UTC", "is_active": "on", "keys_enabled": "on"}
    staff, page = signed_in(sam), f"/admin/accounts/user/{alice.pk}/change/"
    give_reason(staff, page, f"About {word}")
    # Followed, so that staff were shown the notice that names her.
    assert staff.post(page, form, follow=True).status_code == 200
    assert User.objects.get(pk=alice.pk).display_name == f"{word}!"
    part = erasure_parts.erase_category(**acting_for_self(alice), category="Skill")
    answer = end_account(fresh)
    assert answer["Location"] == "/accounts/deleted/"
    page = text(fresh, "/accounts/deleted/")
    assert "Your account was deleted" in page
    assert "2 active sessions" in page
    assert 'hx-get="/accounts/deleted/"' in page
    assert "Sign in" in page
    assert not User.objects.filter(pk=alice.pk).exists()
    assert not Persona.objects.filter(pk=alice.pk).exists()
    assert tables_with(word) == set()
    assert tables_with("alice@example.com") == set()
    # The receipts, what staff did and saw, and until they sign out that they said why.
    kept = {
        "traits_erasure",
        "traits_logintervention",
        "traits_logattestation",
        "django_admin_log",
        "traits_accessentry",
        "django_session",
    }
    assert tables_with(str(alice.pk)) <= kept
    assert elsewhere.get("/review/").status_code == 302
    done = Erasure.objects.get(kind="account")
    assert done.kept.keys() == {"receipt", "looks", "moderation", "imports", "graphUser", "backups", "barred"}
    assert end_account(fresh)["Location"].startswith("/accounts/login/")
    project(alice)
    assert graph_with(word) == []
    nodes = cypher("MATCH (n {ownerID: $u}) RETURN labels(n) AS l, keys(n) AS k", u=alice.pk)
    assert [(node["l"], {"createdAt", "projectedAt"} & set(node["k"])) for node in nodes] == [(["User"], set())]
    for erasure in (done, part):
        erasure.refresh_from_db()
        assert erasure.state == "completed"
    assert "Your graph was cleared on" in text(fresh, "/accounts/deleted/")
    person = {"external_id": f"name-{word}", "display_name": word}
    assert ingest.apply([suggestion(user=person)]).refused == {0: [blocklist.OFF]}
    assert not User.objects.filter(display_name=word).exists()


@pytest.mark.slow
def test_the_graph_of_an_account_that_went_may_be_away_and_come_back_old(
    alice: User, fresh: Client, settings: Any, word: str
) -> None:
    marked_persona(alice, word)
    project(alice)
    generation = Persona.objects.get(user=alice).generation
    with away(settings):
        end_account(fresh)
        assert "Your graph is being cleared" in text(fresh, "/accounts/deleted/")
    project(alice)
    assert graph_with(word) == []
    cypher("MATCH (u:User {userID: $u}) SET u.generation = $g, u.revision = 1", u=alice.pk, g=generation)
    cypher("CREATE (:Concept {conceptID: $c, ownerID: $u, managedBy: 'ptfi', name: $w})", c=word, u=alice.pk, w=word)
    project(alice)
    assert graph_with(word) == []
    # A graph that is ahead of all that PostgreSQL knows.
    cypher("MATCH (u:User {userID: $u}) SET u.generation = $g, u.revision = 1", u=alice.pk, g=2**50)
    Erasure.objects.update(state="erased")
    project(alice)
    assert Erasure.objects.get().state == "completed"


def test_the_account_is_asked_for_by_its_address(alice: User, sam: User, fresh: Client) -> None:
    answer = end_account(fresh, "bob@example.com\x00")
    assert answer.status_code == 400
    assert "not the e-mail address" in answer.content.decode()
    assert User.objects.filter(pk=alice.pk).exists()
    with pytest.raises(InvalidError, match="could not be accepted"):
        erasure_account.erase_account(**acting_for_self(sam), confirm_email="sam@example.com")
    assert Client().get("/accounts/deleted/").status_code == 404
    assert UserSession.objects.filter(user=alice).exists()
    assert Session.objects.exists()


def test_nothing_is_left_out_of_the_sources_of_others(alice: User, bob: User) -> None:
    suggested(alice, "Sails", ("I sail.", SOURCE))
    assert my_data.sources(bob).rows == []
    with pytest.raises(NotFoundError):
        erasure_parts.erase_source(**acting_for_self(bob), source=blocklist.source_bar(bob.pk, SOURCE))
    assert PersonaTrait.objects.count() == 0
