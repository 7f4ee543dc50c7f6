"""Search finds a word as a person types it, whatever stands next to it, in the pages, the API and the staff's list."""

import importlib
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client

from ptfi.accounts.models import User
from tests.support.api import Api, api_of
from tests.support.cast import SignedIn, Suggest
from tests.support.pages import Html, text_of
from tests.support.review_pages import HTMX, names, path
from tests.support.searches import DIARY, FOUND
from tests.support.staff import give_reason, staff_of
from traits.models import ExtractedTraitCandidate

LIST = "/admin/traits/extractedtraitcandidate/"
pytestmark = pytest.mark.django_db
NONSENSE = (
    "\x00",
    "\x00jazz\x00",
    "!&|<->:*'\"\\",
    "'",
    '"',
    "\\",
    "-" * 200,
    "-a " * 80,
    '"' * 99,
    "(" * 200,
    "a or " * 50,
    "or",
    "or or",
    "-",
    "- -",
    "<->",
    ":*",
    "jazz:*",
    "jazz & !rock | (",
    "'jazz' <2> 'rock'",
    "%",
    "%s",
    "%(x)s",
    "é" * 255,
    "\ufdfa" * 255,
    "音" * 255,
    "\ud800",
    "x" * 10_000,
    "🎺" * 100,
    "\u202e\u200b",
    "\n\t\r",
    "' OR 1=1 --",
    "$$",
    "\x1b",
)


@pytest.fixture
def api(as_alice: Client) -> Api:
    """The API, for a script of Alice's own pages."""
    api = Api()
    api.client = as_alice
    return api


def test_words_are_found_as_they_are_typed(
    as_alice: Client, api: Api, suggest: Suggest, alice: User, subtests: pytest.Subtests
) -> None:
    for text, some, found in FOUND:
        candidate = suggest(alice, text[0], evidence=list(text[1:]), trait_description="")
        for words in some:
            query = urlencode({"q": words})
            with subtests.test(text=text, words=words):
                assert names(as_alice.get(f"/review/?{query}")) == ([text[0]] if found else [])
                assert api.get(f"/traits/candidates?{query}")[1]["pagination"]["total"] == found
                marks = Html(as_alice.get(f"{path(candidate)}?{query}", headers=HTMX)).texts("mark")
                assert bool(marks) is found or "-" in words or " or " in words
        candidate.delete()


def test_apps_find_names_and_descriptions_but_nothing_by_its_evidence(suggest: Suggest, alice: User) -> None:
    suggest(alice, "Plays the tuba", evidence=["at the harbour"], trait_description="On Sundays.")
    app = api_of(alice)
    found = {
        words: app.get(f"/traits/candidates?q={words}")[1]["pagination"]["total"]
        for words in ("tub", "sund", "harbour")
    }
    assert found == {"tub": 1, "sund": 1, "harbour": 0}


@pytest.mark.parametrize(
    ("typed", "hits"),
    [
        ("jazz", ["Jazz", "jazz"]),
        ("klez", ["klezmer"]),
        ("jazz/klezmer", ["Jazz/klezmer"]),
        ("c++", ["C++"]),
        ("cre\u0300me", ["cr\xe8me", "cre\u0300me"]),
        ("音", ["音", "音"]),
        ("音楽", ["音楽"]),
        ("tuba -law", ["tuba"]),
        ("tuba or law", ["tuba"]),
        ("ffi", []),
        ("fin", ["ﬁne"]),
    ],
)
def test_marks_are_exactly_what_was_found(
    as_alice: Client, suggest: Suggest, alice: User, typed: str, hits: list[str]
) -> None:
    name = "Jazz/klezmer, C++ and c, cr\xe8me 音楽"
    candidate = suggest(alice, name, evidence=["cre\u0300me, jazz and <b>tuba</b>: ﬁne 音"], trait_description="")
    query = urlencode({"q": typed})
    page = as_alice.get(f"/review/?{query}")
    assert names(page) == ([name] if hits else [])
    card = as_alice.get(f"{path(candidate)}?{query}", headers=HTMX)
    assert Html(card).texts("#claim mark, .quote mark") == hits
    assert "<b>tuba" not in card.content.decode()
    if hits:
        listed = [hit for hit in hits if hit in name]
        assert Html(page).texts(".row-name mark") == listed[: len(Html(page).texts("#claim mark"))]
        assert Html(page).texts("#claim mark, .quote mark") == hits


@pytest.mark.parametrize("typed", NONSENSE, ids=range(len(NONSENSE)))
def test_nothing_that_is_typed_breaks_a_search(
    as_alice: Client, api: Api, signed_in: SignedIn, suggest: Suggest, alice: User, typed: str
) -> None:
    candidate = suggest(alice)
    query = urlencode({"q": typed.encode(errors="surrogatepass")})
    assert as_alice.get(f"/review/?{query}").status_code == 200
    assert as_alice.get(f"{path(candidate)}?{query}").status_code == 200
    assert as_alice.get(f"{path(candidate)}?{query}", headers=HTMX).status_code == 200
    assert api.get(f"/traits/candidates?{query}")[0] in (200, 400)
    assert api.get(f"/traits?{query}")[0] != 500
    support = signed_in(staff_of("support"))
    assert support.post(f"{LIST}?{query}", {"access_reason": "Complaint 118"}).status_code in (200, 302, 400)
    assert support.get(f"{LIST}?{query}").status_code in (200, 400)


def test_staff_find_words_with_and_without_evidence(signed_in: SignedIn, suggest: Suggest, alice: User) -> None:
    suggest(alice, "Jazz/klezmer, C++", evidence=[DIARY], trait_description="")
    support, analyst = signed_in(staff_of("support")), signed_in(staff_of("moderator", name="Mo"))
    for words in ("klezmer", "c++", "klez"):
        address = f"{LIST}?{urlencode({'q': words})}"
        for client in (support, analyst):
            give_reason(client, address)
            assert "Jazz/klezmer" in text_of(client.get(address)), words


@pytest.mark.owner
def test_words_of_an_older_release_are_recomputed(as_alice: Client, suggest: Suggest, alice: User) -> None:
    first = importlib.import_module("traits.migrations.0001_initial")
    newest = importlib.import_module("traits.migrations.0027_search_words")
    with connection.cursor() as cursor:
        cursor.execute(first.SEARCH_VECTOR.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))
        old = suggest(alice, "Keeps a diary", evidence=[DIARY])
        cursor.execute(newest.CANDIDATE_SEARCH_VECTOR)
    new = suggest(alice, "Keeps a log", evidence=[DIARY])
    assert names(as_alice.get("/review/?q=bandoneon")) == ["Keeps a log"]
    assert len(names(as_alice.get("/review/?q=keeps"))) == 2
    for _ in range(2):
        with connection.schema_editor(atomic=False) as editor:
            newest.recompute(None, editor)
        assert len(names(as_alice.get("/review/?q=bandoneon"))) == 2
    versions = ExtractedTraitCandidate.objects.filter(pk__in=[old.pk, new.pk]).values_list("version", flat=True)
    assert set(versions) == {1}
