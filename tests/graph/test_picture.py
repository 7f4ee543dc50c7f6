"""The page with the picture of the graph and its list, the file, and the trait beside it."""

import itertools
import random
import re
import uuid
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from django.test import Client

from graph import connection
from graph.picture.drawing import draw
from graph.picture.layout import Box, Dot, arrange, wrapped
from graph.picture.query import Sketch, SketchConcept, SketchTrait
from ptfi.accounts.models import User
from tests.support.cast import acting_for_self, confirmed, confirmed_trait, make_candidate
from tests.support.graph_helpers import cypher, project
from tests.support.pages import Html, text_of
from tests.support.trait_pages import ARABIC, HTMX, SCRIPT, path, queries_of
from traits import decisions
from traits.decisions.inputs import Changes
from traits.models import Category, PersonaTrait

SVG = "{http://www.w3.org/2000/svg}"


def picture_of(page: Any) -> ET.Element:
    """The picture in a page, or the file, as XML."""
    found = re.search(r'<svg xmlns="http://www.w3.org/2000/svg".*?</svg>', page.content.decode(), re.DOTALL)
    assert found
    return ET.fromstring(found[0])  # noqa: S314 (our own)


def titles(page: Any, kind: str = "") -> list[str]:
    """What the nodes of this kind say, those that lead somewhere or not."""
    return [
        str(node.findtext(f"{SVG}title"))
        for node in picture_of(page).iter()
        if f"node-{kind}" in node.get("class", "").split() or (not kind and node.get("data-node"))
    ]


@pytest.fixture
def some(alice: User) -> PersonaTrait:
    trait = confirmed_trait(alice, "Loves jazz", concepts=["jazz", "music"], confidence_score=0.9)
    confirmed(alice, "Plays the bass", trait_category="Skill", concepts=["music"], confidence_score=0.6)
    confirmed(alice, "Laughs when nervous", trait_category="EmotionalResponsePattern", concepts=[], evidence=[])
    decisions.put_styles(**acting_for_self(alice), context="work", styles={"Pacing": "slow"})
    project(alice)
    return trait


@pytest.mark.slow
def test_the_picture_and_the_list_say_the_same(as_alice: Client, some: PersonaTrait) -> None:
    page = as_alice.get("/persona/graph/")
    assert page.status_code == 200
    assert titles(page, "person") == ["Alice"]
    assert titles(page, "interest") == ["Loves jazz (Interest, strength 90%, 2 pieces of evidence)"]
    assert titles(page, "skill") == ["Plays the bass (Skill, strength 60%, 2 pieces of evidence)"]
    assert titles(page, "emotion") == ["Laughs when nervous (Emotional response pattern, strength 80%)"]
    assert sorted(titles(page, "concept")) == ["Topic: jazz, 1 trait", "Topic: music, 2 traits"]
    assert titles(page, "style") == ["Style: Pace: slow (At work)"]
    assert len(titles(page, "evidence")) == 4
    text = text_of(page).split("List view")[1]
    for part in ("Loves jazz", "90%", "jazz , music", "Plays the bass", "music : 2 traits", "Style: Pace , slow"):
        assert part in text, part
    assert Html(page).has("[aria-current]")


@pytest.mark.slow
def test_in_another_language_only_the_words_differ(as_alice: Client, some: PersonaTrait) -> None:
    english, german = (as_alice.get("/persona/graph/", HTTP_ACCEPT_LANGUAGE=language) for language in ("en", "de"))
    assert sorted(titles(german, "concept")) == ["Thema: jazz, 1 Merkmal", "Thema: music, 2 Merkmale"]
    shapes = [[node.get("d") for node in picture_of(page).iter(f"{SVG}path")] for page in (english, german)]
    assert sorted(map(str, shapes[0])) == sorted(map(str, shapes[1]))
    assert "Stärke 90\N{NO-BREAK SPACE}%" in titles(german, "interest")[0]
    file = as_alice.get("/persona/graph.svg", HTTP_ACCEPT_LANGUAGE="de")
    assert picture_of(file).get("aria-label") == "Persona-Graph: Alice"


@pytest.mark.slow
def test_every_node_but_the_person_and_styles_leads_somewhere(as_alice: Client, some: PersonaTrait) -> None:
    picture = picture_of(as_alice.get("/persona/graph/"))
    links = {node.get("href") for node in picture.iter(f"{SVG}a")}
    assert {path(some), f"{path(some)}#evidence-heading", "/persona/graph/?concept=music"} <= links
    plain = [node.get("class") for node in picture.iter(f"{SVG}g") if node.get("data-node")]
    assert [str(name).split()[1] for name in plain] == ["node-style", "node-person"]
    for link in links:
        assert as_alice.get(str(link)).status_code == 200


@pytest.mark.slow
def test_it_is_the_same_at_each_load(as_alice: Client, some: PersonaTrait) -> None:
    first, again = (ET.tostring(picture_of(as_alice.get("/persona/graph/"))) for _ in range(2))
    assert first == again


def rows_of(count: int) -> Sketch:
    """Traits of all categories about a few concepts, with styles."""
    ids = [str(uuid.UUID(int=n)) for n in range(count)]
    return Sketch(
        traits=[
            SketchTrait(pk, Category.values[n % len(Category)], n % 7 / 7, f"Asks clarifying questions {n}",
                        about=[f"c{n % 9}", f"c{n % 5}"], emotions=["s1"])
            for n, pk in enumerate(ids)
        ],
        concepts=[SketchConcept(f"c{n}", f"concept {n}", 1 + n // 3) for n in range(9)],
        broader={"c1": {"c2", "c3"}, "c4": {"c1"}},
        others=[{"kind": "style", "id": f"s{n}", "name": "Pacing", "value": "", "context": ""} for n in range(6)],
        evidence=[{"id": ids[n], "evidence": f"e{n}", "name": "x", "snippet": ""} for n in range(5)],
    )  # fmt: skip


def test_it_is_the_same_in_whatever_order_the_rows_come() -> None:
    first, again = rows_of(40), rows_of(40)
    chance = random.Random(5)
    for rows in (again.traits, again.concepts, again.others, again.evidence, *(t.about for t in again.traits)):
        chance.shuffle(rows)  # type: ignore[arg-type]
    again.broader = dict(reversed(again.broader.items()))
    assert draw(first, "Alice", {}) == draw(again, "Alice", {})


def test_every_one_of_the_usual_traits_has_its_name() -> None:
    picture = draw(rows_of(60), "Alice", {})
    traits = [node for node in picture.nodes if node.panel]
    assert len(traits) == 60
    assert all(node.written for node in traits)
    boxes = [
        (node.label_x - half, node.label_y - 12, node.label_x + half, node.label_y + 14)
        for node in traits
        for half in [3.2 * max(map(len, node.lines))]
    ]
    assert sum(overlap(a, b) for a, b in itertools.combinations(boxes, 2)) < 8


@pytest.mark.slow
def test_the_picture_shows_what_the_filters_let_through(as_alice: Client, alice: User, some: PersonaTrait) -> None:
    decisions.set_status(**acting_for_self(alice), trait_id=some.pk, status="dormant")
    project(alice)

    def shown(query: str) -> set[str]:
        return set(Html(as_alice.get(f"/persona/graph/?{query}")).texts(".picture-table a[href^='/traits/'][dir=auto]"))

    assert shown("") == {"Loves jazz", "Plays the bass", "Laughs when nervous"}
    assert shown("category=Skill") == {"Plays the bass"}
    assert shown("status=dormant") == {"Loves jazz"}
    assert shown("strength=80") == {"Loves jazz", "Laughs when nervous"}
    assert shown("kind=skill&kind=concept") == {"Plays the bass"}
    assert shown("concept=MUSIC") == {"Loves jazz", "Plays the bass"}
    assert shown("concept=MUSIC&category=Skill&status=active&strength=40") == {"Plays the bass"}
    for nonsense in ("category=x&status=y&strength=7&kind=z&show=9", "strength=%F0%9F%8E%B7", "concept=%00", "kind="):
        assert len(shown(nonsense)) == 3, nonsense
    page = as_alice.get("/persona/graph/?kind=skill&category=Skill&concept=music&strength=40")
    assert Html(page).chosen("category") == ["Skill"]
    assert Html(page).has("details.picture-more[open]")
    assert not titles(page, "concept")
    assert "Nothing matches" in text_of(as_alice.get("/persona/graph/?concept=chess"))


def many(user: User, count: int) -> None:
    rows = [
        make_candidate(
            user, f"Trait {n}", confidence_score=n / count, concepts=[f"c {n % 7}", f"only {n}"], evidence=["x"],
            trait_category="Skill" if n % 2 else "KnowledgeDomain",
        )
        for n in range(count)
    ]  # fmt: skip
    for start in range(0, count, 200):
        ids = [row.pk for row in rows[start : start + 200]]
        decisions.decide_many(**acting_for_self(user), candidate_ids=ids, decision="confirmed_asis")
    project(user)


@pytest.mark.slow
def test_many_traits_are_folded_and_it_says_so(as_alice: Client, alice: User) -> None:
    many(alice, 100)
    page = as_alice.get("/persona/graph/")
    text = text_of(page)
    assert "The picture shows the 60 strongest of 100 traits" in text
    assert "60 topics that only one trait mentions are left out" in text
    assert "60 pieces of evidence are only counted in the list" in text
    assert len(titles(page, "trait")) + len(titles(page, "skill")) == 60
    assert titles(page, "group") == ["20 more: Knowledge domain", "20 more: Skill"]
    assert {"/persona/graph/?category=Skill", "/persona/graph/?show=150"} <= Html(page).links()
    assert "Trait 99 (Skill" in titles(page, "skill")[0]
    whole = as_alice.get("/persona/graph/?show=150")
    assert len(titles(whole, "trait")) + len(titles(whole, "skill")) == 100
    assert not titles(whole, "group")
    assert queries_of(as_alice, "/persona/graph/") == 2


def test_what_the_pipeline_alone_found(as_alice: Client, alice: User, some: PersonaTrait) -> None:
    cypher(
        "MATCH (u:User {userID: $u}), (t:Trait {traitID: $t}) "
        "CREATE (u)-[:HAS_INTEREST_IN]->(:Interest {interestID: $t + 'i', name: 'chess'}) "
        "CREATE (t)-[:CAN_INFLUENCE_EMOTION]->(:Emotion {emotionID: $t + 'e', name: 'joy'}) "
        "CREATE (u)-[:HAS_TRAIT {strength: 1.0}]->(:Trait {traitID: $t + 't', name: 'Unconfirmed'})",
        u=alice.pk, t=str(some.pk),
    )  # fmt: skip
    page = as_alice.get("/persona/graph/")
    assert "Interest: chess" in titles(page, "interest")
    assert "Feeling: joy" in titles(page, "emotion")
    assert "Unconfirmed" not in text_of(page)


@pytest.mark.usefixtures("some")
def test_nobody_sees_anothers(bob: User, signed_in: Any, client: Client) -> None:
    text = text_of(signed_in(bob).get("/persona/graph/?concept=music"))
    assert "0 traits related to music" in text
    assert "jazz" not in text
    assert "Nothing to draw yet" in text_of(signed_in(bob).get("/persona/graph/"))
    assert client.get("/persona/graph/").status_code == 302


def test_a_trait_beside_the_picture(as_alice: Client, bob: User, signed_in: Any, some: PersonaTrait) -> None:
    address = f"/persona/graph/traits/{some.pk}/"
    beside = as_alice.get(address, headers=HTMX)
    text = text_of(beside)
    assert "<html" not in beside.content.decode()
    for part in ("Loves jazz", "Because it is said often.", "I love jazz.", "music", "Edit"):
        assert part in text, part
    assert as_alice.get(address).headers["Location"] == path(some)
    assert signed_in(bob).get(address, headers=HTMX).status_code == 404
    assert queries_of(as_alice, address) == 1


def test_the_file_stands_alone(as_alice: Client, alice: User, some: PersonaTrait) -> None:
    confirmed(alice, SCRIPT, concepts=[])
    project(alice)
    answer = as_alice.get("/persona/graph.svg?category=Interest")
    assert answer.headers["Content-Type"] == "image/svg+xml; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    root = ET.fromstring(answer.content)  # noqa: S314 (our own)
    assert root.tag == f"{SVG}svg"
    text = answer.content.decode()
    assert "Loves jazz" in text
    assert "Plays the bass" not in text
    assert "<script" not in text
    assert not re.search(r"var\(|href=|url\(", text)
    assert as_alice.get("/persona/graph.svg?concept=nothing").status_code == 200


def test_odd_names_are_drawn_as_they_are(as_alice: Client, alice: User) -> None:
    for name in (SCRIPT, ARABIC, "喜欢在安静的图书馆里阅读古典文学作品和现代诗歌", "x" * 255, "é́" * 100, "a\nb"):
        confirmed(alice, name, concepts=[name])
    project(alice)
    page = as_alice.get("/persona/graph/")
    assert ARABIC in str(titles(page))
    assert "<script>alert" not in page.content.decode()


def test_an_empty_graph_and_one_that_follows(as_alice: Client, alice: User) -> None:
    assert "Nothing to draw yet" in text_of(as_alice.get("/persona/graph/"))
    confirmed(alice)
    page = as_alice.get("/persona/graph/")
    assert "1 change is on its way to your graph." in text_of(page)
    project(alice)
    part = as_alice.get("/persona/graph/", headers=HTMX)
    assert "<html" not in part.content.decode()
    assert 'id="picture-part"' in part.content.decode()
    assert as_alice.head("/persona/graph/").status_code == 200


@pytest.mark.slow
@pytest.mark.usefixtures("no_graph")
def test_without_the_graph_the_page_says_so(as_alice: Client, jazz: PersonaTrait) -> None:
    page = as_alice.get("/persona/graph/?concept=jazz")
    assert page.status_code == 503
    assert "Your graph is temporarily unavailable" in text_of(page)
    assert 'value="jazz"' in page.content.decode()
    assert as_alice.get("/persona/graph.svg").status_code == 503
    assert as_alice.get(f"/persona/graph/traits/{jazz.pk}/", headers=HTMX).status_code == 200


@pytest.mark.slow
def test_what_cannot_be_read_in_time_is_said_to_be_missing(
    as_alice: Client, some: PersonaTrait, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph.reads.concepts.TIME_SHARE", 0)
    assert "something may be missing" in text_of(as_alice.get("/persona/graph/"))
    assert connection._away_until == 0.0


def overlap(first: Box, second: Box) -> bool:
    return first[0] < second[2] and second[0] < first[2] and first[1] < second[3] and second[1] < first[3]


def test_names_that_are_written_never_meet() -> None:
    dots = [Dot(8.0, f"A trait of number {n}", n / 200, n / 200, 0.5) for n in range(200)]
    width, height = arrange(dots, [(0, n, 0.3) for n in range(1, 200)])
    boxes = []
    for dot in (dot for dot in dots if dot.written):
        half = 3.2 * max(map(len, dot.lines))
        boxes.append((dot.label_x - half, dot.label_y - 12, dot.label_x + half, dot.label_y + 14 * len(dot.lines) - 14))
    assert len(boxes) > 60
    assert not any(overlap(a, b) for a, b in itertools.combinations(boxes, 2))
    near = [a for a, b in itertools.combinations(dots, 2) if abs(a.x - b.x) < 8 and abs(a.y - b.y) < 8]
    assert len(near) < 5
    assert all(0 <= dot.x <= width and 0 <= dot.y <= height for dot in dots)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("Loves jazz", ["Loves jazz"]),
        ("Asks clarifying questions before answering", ["Asks clarifying", "questions before …"]),
        ("x" * 40, ["x" * 19 + "…"]),
        ("喜欢在安静的图书馆里阅读", ["喜欢在安静的图书馆…"[:9] + "…"]),
        ("", [""]),
    ],
)
def test_long_names_are_shortened(name: str, lines: list[str]) -> None:
    assert wrapped(name) == lines


def test_the_picture_of_a_single_trait(as_alice: Client, alice: User) -> None:
    decisions.add_trait(**acting_for_self(alice), changes=Changes(name="Sails", category="Skill"))
    project(alice)
    assert len(titles(as_alice.get("/persona/graph/"))) == 2


def test_the_file_shows_pictures_of_controls_and_is_xml(as_alice: Client, alice: User) -> None:
    name = "Bell \x07, escape \x1b[31m, tab \x0b, \ufffe\uffff \U0010ffff \U0001f3b7 \ue000"
    confirmed(alice, name, concepts=[])
    project(alice)
    root = ET.fromstring(as_alice.get("/persona/graph.svg").content)  # noqa: S314 (our own)
    said = " ".join(str(node.text) for node in root.iter(f"{SVG}title"))
    assert "Bell ␇, escape ␛[31m, tab ␋, \ufffd\ufffd \U0010ffff \U0001f3b7 \ue000" in said
