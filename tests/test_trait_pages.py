"""The first page, the list of traits, and a trait's pages, over HTTP and without a script."""

import html
import re
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.db import connection as django_connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from graph import connection
from ptfi.accounts.models import User
from tests.conftest import by, confirmed, make_candidate
from tests.graph_helpers import project
from traits import persona, services
from traits.models import Decision, Persona, PersonaTrait, UserRefinedTrait
from traits.validation import Changes, Evidence

SignedIn = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
LONG = "ü" * 255
ARABIC = "يحب القراءة في الليل"
SCRIPT = "<script>alert('1')</script>"


@pytest.fixture
def client(alice: User, signed_in: SignedIn) -> Client:
    return signed_in(alice)


@pytest.fixture
def jazz(alice: User) -> PersonaTrait:
    return the_trait(confirmed(alice))


def the_trait(outcome: services.Outcome) -> PersonaTrait:
    assert outcome.trait
    return outcome.trait


def text_of(response: Any) -> str:
    """What is read on the page: no tags, single spaces."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def path(trait: PersonaTrait, action: str = "") -> str:
    return f"/traits/{trait.pk}/" + (f"{action}/" if action else "")


def fields(trait: PersonaTrait, **more: Any) -> dict[str, Any]:
    """What the edit form sends when nothing is touched, and what differs."""
    values = {
        "version": trait.version,
        "name": trait.name,
        "description": trait.description,
        "category": trait.category,
        "user_confidence": trait.user_confidence or "",
        "concepts": "\r\n".join(trait.concepts),
        "expression_contexts": "\r\n".join(trait.expression_contexts),
        "notes": trait.notes,
        "own_evidence": "",
    }
    verdicts = {f"verdict-{piece['evidence_id']}": piece["verdict"] for piece in trait.evidence}
    return {**values, **verdicts, **more}


def said(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def log_of(user: User) -> list[str]:
    return list(UserRefinedTrait.objects.filter(user=user).order_by("revision").values_list("user_decision", flat=True))


def queries_of(client: Client, address: str) -> int:
    """How many queries the page itself makes, beside those that find out who is signed in."""
    with CaptureQueriesContext(django_connection) as captured:
        client.get(address)
    return sum('"traits_' in query["sql"] for query in captured.captured_queries)


# The first page


@pytest.mark.django_db
def test_the_first_page_says_what_this_is(client: Client) -> None:
    page = Client().get("/")
    assert page.status_code == 200
    assert "Nothing becomes part of your persona until you confirm it." in text_of(page)
    for address in ("/accounts/login/", "/accounts/signup/"):
        assert f'href="{address}"' in page.content.decode()
    assert client.get("/").headers["Location"] == "/review/"


@pytest.mark.django_db
def test_pages_carry_no_inline_script_or_style(client: Client, jazz: PersonaTrait) -> None:
    edit, new, remove = path(jazz, "edit"), "/traits/new/", path(jazz, "remove")
    for address in ("/traits/", path(jazz), edit, new, remove, f"/traits/{uuid.uuid4()}/"):
        text = client.get(address).content.decode()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|hx-on|<script(?![^>]*\ssrc=)", text), address


# Whose they are


@pytest.mark.django_db
def test_bob_finds_nothing_of_alice(jazz: PersonaTrait, bob: User, signed_in: SignedIn) -> None:
    his = signed_in(bob)
    for action in ("", "edit", "remove"):
        assert his.get(path(jazz, action)).status_code == 404
    for action in ("edit", "remove", "status"):
        answer = his.post(path(jazz, action), fields(jazz, name="Mine", status="dormant"))
        assert answer.status_code == 404
        assert jazz.name not in text_of(answer)
    assert PersonaTrait.objects.get().version == jazz.version
    similar = his.post("/traits/similar/", {"name": jazz.name})
    assert jazz.name not in text_of(similar)


@pytest.mark.django_db
def test_strangers_are_asked_to_sign_in(jazz: PersonaTrait) -> None:
    stranger = Client()
    for address in (
        "/traits/",
        "/traits/new/",
        "/traits/graph-state/",
        path(jazz),
        path(jazz, "edit"),
        path(jazz, "remove"),
    ):
        answer = stranger.get(address)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/accounts/login/?next=")
    for address in (path(jazz, "edit"), path(jazz, "status"), path(jazz, "remove"), "/traits/new/", "/traits/similar/"):
        assert stranger.post(address).status_code == 302
    assert PersonaTrait.objects.get().version == jazz.version


# A trait's page


@pytest.mark.django_db
def test_a_trait_with_everything(client: Client, alice: User) -> None:
    candidate = make_candidate(alice, "Plays jazz", evidence=["One jazz", "Two jazz", "My secret jazz"], language="en")
    one, two, secret = [piece["evidence_id"] for piece in candidate.supporting_evidence]
    services.confirm(
        **by(alice),
        candidate_id=candidate.pk,
        changes=Changes(
            name="Plays jazz badly",
            user_confidence=2,
            notes="Ask my neighbours.",
            expression_contexts=["in the cellar"],
            concepts=["double bass"],
        ),
        evidence=Evidence(verdicts={one: "supports", two: "out_of_context", secret: "too_private"}, own=["I own one."]),
    )
    page = client.get(f"/traits/{candidate.pk}/")
    text = text_of(page)
    for part in (
        "Plays jazz badly",
        "It was suggested as “ Plays jazz ”",
        "2 of 5",
        "likely",
        "80 %",
        "Ask my neighbours.",
        "in the cellar",
        "double bass",
        "Suggested, changed by you",
        "One jazz journal, page 1 Supports it",
        "Two jazz journal, page 2 Out of context",
        "I own one. In your own words",
        "1 too private to show",
        "Confirmed with changes",
        "on its way",
    ):
        assert part in text, part
    before, folded = page.content.decode().split("too private to show", 1)
    assert "My secret jazz" in folded
    assert "My secret jazz" not in before


@pytest.mark.django_db
def test_the_badge_follows_the_graph(client: Client, alice: User, jazz: PersonaTrait) -> None:
    assert "on its way" in text_of(client.get(path(jazz)))
    Persona.objects.filter(user=alice).update(attempts=3)
    assert "waiting" in text_of(client.get(path(jazz)))
    project(alice)
    assert "in your persona" in text_of(client.get(path(jazz)))


@pytest.mark.django_db
def test_the_same_number_of_queries_however_much_there_is(client: Client, alice: User, jazz: PersonaTrait) -> None:
    for number in range(12):
        other = make_candidate(alice, f"Hums {number}", evidence=[f"Hum {number}, {again}" for again in range(5)])
        services.merge(**by(alice), candidate_id=other.pk, into=jazz.pk)
    # The trait, the persona, the suggestion, the history, and which of it can be undone.
    assert queries_of(client, path(jazz)) == 5
    assert "52 more pieces" in text_of(client.get(path(jazz)))
    # The trait, and the concepts and contexts to choose from.
    assert queries_of(client, path(jazz, "edit")) == 3


@pytest.mark.django_db
def test_a_merged_suggestion_can_be_split_off(client: Client, alice: User, jazz: PersonaTrait) -> None:
    merged = make_candidate(alice, "Hums bebop", evidence=["Hum."])
    services.merge(**by(alice), candidate_id=merged.pk, into=jazz.pk)
    persona.set_status(**by(alice), trait_id=jazz.pk, status="dormant")
    page = client.get(path(jazz))
    assert "Merged : Hums bebop" in text_of(page)
    assert f'action="/review/{merged.pk}/reopen/"' in page.content.decode()
    client.post(f"/review/{merged.pk}/reopen/")
    page = client.get(path(jazz))
    assert f'action="/review/{merged.pk}/reopen/"' not in page.content.decode()
    assert "Hum." not in text_of(page)


@pytest.mark.django_db
def test_history_offers_to_undo_what_can_be_undone(client: Client, alice: User, jazz: PersonaTrait) -> None:
    outcome = persona.set_status(**by(alice), trait_id=jazz.pk, status="dormant")
    page = client.get(path(jazz)).content.decode()
    assert re.findall(r'action="/undo/([^/]+)/"', page) == [str(outcome.action_id)]
    assert client.post(f"/undo/{outcome.action_id}/").status_code == 302
    assert PersonaTrait.objects.get().status == "active"
    assert f"/undo/{outcome.action_id}/" not in client.get(path(jazz)).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("name", [LONG, ARABIC, SCRIPT, "Z̸̧a̷l̴go", "𝕁𝕒𝕫𝕫 🎷"])
def test_any_text_is_shown_as_it_is(client: Client, alice: User, name: str) -> None:
    page = client.post(
        "/traits/new/", {"name": name, "category": "Other", "description": name, "own_evidence": name}, follow=True
    )
    assert page.status_code == 200
    assert PersonaTrait.objects.get().name == name
    assert page.content.decode().count(html.escape(name)) >= 3
    assert SCRIPT not in page.content.decode()


@pytest.mark.django_db
def test_a_thousand_pieces_of_evidence(client: Client, alice: User) -> None:
    trait = the_trait(confirmed(alice, evidence=[f"Jazz, {number}" for number in range(1000)]))
    assert "990 more pieces" in text_of(client.get(path(trait)))
    page = client.get(path(trait, "edit"))
    assert page.content.decode().count("<fieldset") >= 1000
    answer = client.post(path(trait, "edit"), fields(trait, name="Loves swing"))
    assert answer.status_code == 302


# Adding


@pytest.mark.django_db
def test_adding_a_trait(client: Client, alice: User, jazz: PersonaTrait) -> None:
    typed = {
        "name": " Sings alto ",
        "category": "Skill",
        "description": "In a choir.\r\nOn Tuesdays.",
        "user_confidence": "5",
        "concepts": "choir\r\n\r\nChoir\r\nParis, France",
        "another_concept": "jazz",
        "expression_contexts": "at work",
        "own_evidence": "Every Tuesday.\r\n\r\nSince 2016.",
        "notes": "Loudly.",
    }
    answer = client.post("/traits/new/", typed)
    trait = PersonaTrait.objects.exclude(pk=jazz.pk).get()
    assert answer.headers["Location"] == path(trait)
    assert said(answer) == ["“Sings alto” is part of your persona now."]
    assert (trait.name, trait.description, trait.user_confidence) == ("Sings alto", "In a choir.\nOn Tuesdays.", 5)
    assert trait.concepts == ["choir", "Paris, France", "jazz"]
    assert [piece["content"] for piece in trait.evidence] == ["Every Tuesday.", "Since 2016."]
    page = client.get(path(trait))
    assert "Added by you" in text_of(page)
    assert re.search(r'data-toast>.*action="/undo/', page.content.decode(), re.DOTALL)


@pytest.mark.django_db
def test_a_refused_trait_keeps_what_was_typed(client: Client, alice: User) -> None:
    typed = {
        "name": "n" * 256,
        "category": "",
        "description": f"Line one\r\n{ARABIC}",
        "concepts": f"{SCRIPT}\r\n{'c' * 300}",
        "expression_contexts": "x" * 101,
        "user_confidence": "4",
        "own_evidence": "Mine alone",
        "notes": "n",
    }
    answer = client.post("/traits/new/", typed)
    page, text = answer.content.decode(), text_of(answer)
    assert answer.status_code == 400
    assert "At most 255 characters, not 256." in text
    assert "Choose a category." in text
    assert "At most 255 characters, not 300." in text
    assert "At most 100 characters, not 101." in text
    for kept in ("n" * 256, ARABIC, html.escape(SCRIPT), "c" * 300, "x" * 101, "Mine alone"):
        assert kept in page
    assert re.search(r'value="4"[^>]*checked', page)
    for field in ("name", "category", "concepts", "expression_contexts"):
        assert f'id="id_{field}_error"' in page
        assert re.search(rf'aria-describedby="[^"]*id_{field}_error', page), field
    assert not PersonaTrait.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["name", "description", "concepts", "expression_contexts", "notes", "own_evidence"])
def test_null_bytes_are_refused_at_their_field(client: Client, alice: User, field: str) -> None:
    answer = client.post("/traits/new/", {"name": "Sings", "category": "Skill", field: "a\x00b"})
    assert answer.status_code == 400
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not PersonaTrait.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["7", "0", "-1", "nan", "4.5", "x" * 5000])
def test_nonsense_choices_are_refused(client: Client, alice: User, value: str) -> None:
    typed = {"name": "Sings", "category": "Skill"}
    assert client.post("/traits/new/", typed | {"user_confidence": value}).status_code == 400
    assert client.post("/traits/new/", typed | {"category": value}).status_code == 400
    assert not PersonaTrait.objects.exists()


@pytest.mark.django_db
def test_a_trait_needs_a_name(client: Client, alice: User) -> None:
    answer = client.post("/traits/new/", {"name": " ", "category": "Skill"})
    assert answer.status_code == 400
    assert "Give it a name." in text_of(answer)


@pytest.mark.django_db
def test_names_that_are_close_are_pointed_out(client: Client, jazz: PersonaTrait) -> None:
    near = client.post("/traits/similar/", {"name": "loves JAZZ!"}, headers=HTMX)
    assert f'href="{path(jazz)}"' in near.content.decode()
    for other in ("Repairs boats", "", "\x00", "x" * 3000):
        assert "href" not in client.post("/traits/similar/", {"name": other}, headers=HTMX).content.decode()


# Editing


@pytest.mark.django_db
def test_editing_a_trait(client: Client, alice: User, jazz: PersonaTrait) -> None:
    first, second = [f"verdict-{piece['evidence_id']}" for piece in jazz.evidence]
    changed = {
        "name": "Loves swing",
        "user_confidence": "3",
        "own_evidence": "Mine.",
        first: "supports",
        second: "not_me",
    }
    answer = client.post(path(jazz, "edit"), fields(jazz, **changed))
    assert answer.headers["Location"] == path(jazz)
    assert said(answer) == ["“Loves swing” is saved."]
    trait = PersonaTrait.objects.get()
    assert (trait.name, trait.user_confidence, trait.origin) == ("Loves swing", 3, "ai_refined_user")
    assert [piece["verdict"] for piece in trait.evidence] == ["supports", "not_me", "supports"]
    assert trait.concepts == ["jazz"]
    assert log_of(alice) == [Decision.CONFIRMED_ASIS, Decision.EDITED]


@pytest.mark.django_db
def test_saving_without_a_change_says_so(client: Client, alice: User) -> None:
    odd = the_trait(confirmed(alice, " Odd  name ", trait_description="a\r\nb ", concepts=["a\nb", " c "]))
    answer = client.post(path(odd, "edit"), fields(odd, concepts="a b\r\nc"))
    assert answer.status_code == 400
    assert "Nothing was changed." in text_of(answer)
    assert PersonaTrait.objects.get().version == odd.version


@pytest.mark.django_db
def test_a_stale_form_keeps_what_was_typed_beside_what_holds(client: Client, alice: User, jazz: PersonaTrait) -> None:
    newer = the_trait(persona.edit_trait(**by(alice), trait_id=jazz.pk, changes=Changes(name="Loves bebop")))
    answer = client.post(path(jazz, "edit"), fields(jazz, name="Loves swing", own_evidence="Mine."))
    page, text = answer.content.decode(), text_of(answer)
    assert answer.status_code == 409
    assert "Name, now Loves bebop" in text
    assert 'value="Loves swing"' in page
    assert "Mine." in page
    assert f'name="version" value="{newer.version}"' in page
    assert PersonaTrait.objects.get().name == "Loves bebop"
    assert client.post(path(jazz, "edit"), fields(newer, name="Loves swing")).status_code == 302


@pytest.mark.django_db
def test_a_refused_edit_stays_stale(client: Client, alice: User, jazz: PersonaTrait) -> None:
    """Correcting a fault must not overwrite, unseen, what another tab saved."""
    persona.edit_trait(**by(alice), trait_id=jazz.pk, changes=Changes(name="Loves bebop"))
    answer = client.post(path(jazz, "edit"), fields(jazz, name=""))
    assert answer.status_code == 400
    assert f'name="version" value="{jazz.version}"' in answer.content.decode()


@pytest.mark.django_db
def test_editing_what_was_removed_keeps_what_was_typed(client: Client, alice: User, jazz: PersonaTrait) -> None:
    persona.remove_trait(**by(alice), trait_id=jazz.pk)
    answer = client.post(path(jazz, "edit"), fields(jazz, name="Loves swing", notes="Kept."))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert 'value="Loves swing"' in page
    assert "Kept." in page
    assert 'action="/traits/new/"' in page
    gone = client.get(path(jazz))
    assert gone.status_code == 409
    assert "no longer part of your persona" in text_of(gone)


@pytest.mark.django_db
def test_a_verdict_that_is_none_is_refused(client: Client, jazz: PersonaTrait) -> None:
    evidence = f"verdict-{jazz.evidence[0]['evidence_id']}"
    assert client.post(path(jazz, "edit"), fields(jazz, **{evidence: "maybe"})).status_code == 400
    assert client.post(path(jazz, "edit"), fields(jazz, **{"verdict-nothing": "not_me"})).status_code == 400


# Status and removal


@pytest.mark.django_db
def test_the_status_is_set_and_undone(client: Client, alice: User, jazz: PersonaTrait) -> None:
    answer = client.post(path(jazz, "status"), {"status": "dormant", "version": jazz.version})
    assert answer.headers["Location"] == path(jazz)
    assert "dormant" in said(answer)[0]
    assert PersonaTrait.objects.get().status == "dormant"
    assert client.post(path(jazz, "status"), {"status": "experimental", "version": jazz.version}).status_code == 409
    for nonsense in ("", "gone", "\x00"):
        assert client.post(path(jazz, "status"), {"status": nonsense}).status_code == 400
    assert client.get(path(jazz, "status")).status_code == 405


@pytest.mark.django_db
def test_a_trait_is_removed_after_a_question(client: Client, alice: User, jazz: PersonaTrait) -> None:
    assert f"Remove “ {jazz.name} ”?" in text_of(client.get(path(jazz, "remove")))
    assert PersonaTrait.objects.exists()
    answer = client.post(path(jazz, "remove"), {"version": jazz.version, "reason": "I was young."})
    assert answer.headers["Location"] == "/traits/"
    assert not PersonaTrait.objects.exists()
    entry = UserRefinedTrait.objects.get(user_decision=Decision.REMOVED)
    assert entry.content["reason"] == "I was young."
    message = next(iter(get_messages(answer.wsgi_request)))
    assert message.extra_tags == f"undo:{entry.pk}"
    assert client.post(f"/undo/{entry.pk}/").status_code == 302
    assert PersonaTrait.objects.get().name == jazz.name


@pytest.mark.django_db
def test_a_refused_reason_is_kept(client: Client, jazz: PersonaTrait) -> None:
    for reason in ("r" * 10_001, "a\x00b"):
        answer = client.post(path(jazz, "remove"), {"version": jazz.version, "reason": reason})
        assert answer.status_code == 400
        assert reason in answer.content.decode()
        assert 'aria-describedby="reason_error"' in answer.content.decode()
    assert PersonaTrait.objects.exists()


# The list, from the graph


@pytest.mark.django_db
def test_the_list_shows_what_the_graph_holds(client: Client, alice: User, bob: User, jazz: PersonaTrait) -> None:
    confirmed(bob, "Bob's own")
    project(bob)
    page = client.get("/traits/")
    assert "Your persona starts with you" in text_of(page)
    assert "1 change is on its way." in text_of(page)
    project(alice)
    page = client.get("/traits/")
    text = text_of(page)
    for part in ("1 trait", jazz.name, "Interest", "likely", "jazz", "2 pieces of evidence"):
        assert part in text, part
    assert "on its way" not in text
    assert "Bob's own" not in text
    assert f'href="{path(jazz)}"' in page.content.decode()


@pytest.mark.django_db
def test_filters_stay_in_the_address(client: Client, alice: User) -> None:
    for name, category in (("Loves jazz", "Interest"), ("Plays jazz", "Skill"), ("Sails", "Skill")):
        confirmed(alice, name, trait_category=category, concepts=[name.split()[-1]])
    project(alice)

    def names(query: str) -> list[str]:
        page = client.get(f"/traits/?{query}").content.decode()
        return re.findall(r'<h2 class="trait-row-name"><a [^>]*>([^<]*)<', page)

    assert names("") == ["Loves jazz", "Plays jazz", "Sails"]
    assert names("q=JAZZ") == ["Loves jazz", "Plays jazz"]
    assert names("q=jazz&category=Skill") == ["Plays jazz"]
    assert names("concept=Sails") == ["Sails"]
    assert names("status=dormant") == []
    for nonsense in ("q=%00", "category=x&status=y", "after=zzz", "after=W10=", "after=%F0%9F%8E%B7", "limit=-1"):
        assert names(nonsense) == ["Loves jazz", "Plays jazz", "Sails"]
    page = client.get("/traits/?q=nothing&category=Skill").content.decode()
    assert 'value="nothing"' in page
    assert re.search(r'<option value="Skill"\s+selected>', page)
    assert "None like that" in page


@pytest.mark.django_db
def test_the_list_is_paged_by_key(client: Client, alice: User) -> None:
    for number in range(60):
        persona.add_trait(**by(alice), changes=Changes(name=f"Trait {number:02}", category="Other"))
    project(alice)
    # The persona, and the page's traits.
    assert queries_of(client, "/traits/?category=Other") == 2
    first = client.get("/traits/?category=Other").content.decode()
    following = re.search(r'href="(\?[^"]*)"\s+rel="next"', first)
    assert following
    assert "category=Other" in following[1]
    assert "Trait" not in following[1]
    second = client.get("/traits/" + html.unescape(following[1])).content.decode()
    seen = re.findall(r"Trait \d\d", first) + re.findall(r"Trait \d\d", second)
    assert list(dict.fromkeys(seen)) == [f"Trait {number:02}" for number in range(60)]
    assert 'rel="next"' not in second


@pytest.mark.django_db
def test_htmx_gets_the_list_alone(client: Client, alice: User, jazz: PersonaTrait) -> None:
    project(alice)
    part = client.get("/traits/?q=jazz", headers=HTMX)
    assert "<html" not in part.content.decode()
    assert jazz.name in text_of(part)
    assert "HX-Request" in part.headers["Vary"]
    restored = client.get("/traits/", headers={**HTMX, "HX-History-Restore-Request": "true"})
    assert "<html" in restored.content.decode()


@pytest.mark.django_db
def test_the_line_about_the_graph(client: Client, alice: User, jazz: PersonaTrait) -> None:
    behind = client.get("/traits/graph-state/", headers=HTMX)
    assert "1 change is on its way." in text_of(behind)
    assert "hx-trigger" in behind.content.decode()
    Persona.objects.filter(user=alice).update(attempts=2)
    assert "kept, and tried again" in text_of(client.get("/traits/graph-state/", headers=HTMX))
    project(alice)
    there = client.get("/traits/graph-state/", headers=HTMX)
    assert there.headers["HX-Trigger"] == "graph-caught-up"
    assert "hx-get" not in there.content.decode()


@pytest.fixture(params=["away", "hung"])
def no_graph(request: pytest.FixtureRequest, settings: Any) -> Iterator[None]:
    """A graph that refuses connections, or takes them and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        if request.param == "hung":
            server.listen()
        settings.NEO4J_URL = f"bolt://127.0.0.1:{server.getsockname()[1]}"
        connection.drop_driver()
        connection._away_until = 0.0
        yield
    connection.drop_driver()
    connection._away_until = 0.0


@pytest.mark.django_db
@pytest.mark.usefixtures("no_graph")
def test_without_the_graph_pages_say_so_and_deciding_goes_on(client: Client, jazz: PersonaTrait) -> None:
    started = time.monotonic()
    page = client.get("/traits/?q=jazz&category=Interest")
    assert time.monotonic() - started < 3
    assert page.status_code == 503
    text = text_of(page)
    assert "Your knowledge graph is away for the moment." in text
    assert "Go on reviewing" in text
    assert 'href="/traits/?q=jazz&amp;category=Interest"' in page.content.decode()
    assert 'value="jazz"' in page.content.decode()
    started = time.monotonic()
    assert client.get("/traits/", headers=HTMX).status_code == 503
    assert client.get(path(jazz)).status_code == 200
    assert client.post(path(jazz, "status"), {"status": "dormant"}).status_code == 302
    assert time.monotonic() - started < 1


# Pages for what goes wrong


@pytest.mark.django_db
def test_error_pages(client: Client, jazz: PersonaTrait, settings: Any) -> None:
    missing = client.get("/nowhere/")
    assert missing.status_code == 404
    assert "There is nothing here, or it is not yours." in text_of(missing)
    large = client.post(path(jazz, "edit"), {"name": "x" * 2_000_000})
    assert large.status_code == 413
    assert "more than can be sent at once" in text_of(large)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert strict.post(path(jazz, "status"), {"status": "dormant"}).status_code == 403
    bad = client.get("/", headers={"Host": "elsewhere.example"})
    assert bad.status_code == 400


@pytest.mark.django_db
def test_htmx_gets_an_error_as_a_notice(client: Client) -> None:
    answer = client.post(f"/traits/{uuid.uuid4()}/status/", {"status": "dormant"}, headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (404, "#toasts")
    assert "<html" not in answer.content.decode()


def test_the_page_for_a_broken_server_needs_no_database(rf: Any) -> None:
    """Without the db mark any query would fail the test."""
    from django.contrib.sessions.backends.db import SessionStore
    from django.utils.functional import SimpleLazyObject

    from ptfi.errors import server_error

    request = rf.get("/")
    request.session = SessionStore("a-session-of-the-database")
    request.user = SimpleLazyObject(lambda: User.objects.get())
    answer = server_error(request)
    assert answer.status_code == 500
    assert "Something broke on our side." in text_of(answer)
