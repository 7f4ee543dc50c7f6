"""Search finds a word as a person types it, whatever stands next to it, in the pages, the API and the staff's list."""

import importlib
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client

from ptfi.accounts.models import User
from tests.support.api import Api, api_of
from tests.support.cast import SignedIn, Suggest, confirmed
from tests.support.graph_helpers import project
from tests.support.pages import Html, text_of
from tests.support.review_pages import HTMX, names, path
from tests.support.staff import give_reason, staff_of
from traits.models import ExtractedTraitCandidate

LIST = "/admin/traits/extractedtraitcandidate/"
pytestmark = pytest.mark.django_db
DIARY = "Sunday\nbandoneon with Ilse\n\tharmonica after supper\r\nzither, out of tune"
LISTS = "to do:\n- varnish the skiff\n- quinces"
# What a suggestion says (its name, then its evidence) · what people type · whether it is found.
FOUND = [
    (("Keeps a rehearsal diary", DIARY), ("bandoneon", "harmonica", "zither", "Sunday bando"), True),
    (("Keeps a rehearsal diary", DIARY), ("nbandoneon", "tharmonica", "content"), False),
    (("Writes lists", LISTS), ("varnish", "skiff", "quinces", "to do"), True),
    (
        ("Jazz/klezmer clarinettist", "Plays weddings/funerals."),
        ("klezmer", "jazz", "funerals", "jazz/klezmer", "klez", "weddings/fun"),
        True,
    ),
    (
        ("Programs in node.js", "ported it to deno.land"),
        ("js", "node", "land", "node.js", "deno.la", "programs land", ".js"),
        True,
    ),
    (("Programs in node.js", "ported it to deno.land"), ("js.node", "odeno", ".ported", "#node"), False),
    (("Likes C++ and C#", "F# too"), ("C++", "c#", "F#", "c", '"C++ and"'), True),
    (("Likes C, chess and cats", "Codes in COBOL"), ("C++", "C#", "c+"), False),
    (("100%_sure about “quotes”", "50% off_season"), ("100%", "%", "50%", "sure", "off", "season", "quotes"), True),
    (("R&D in .NET", "ASP.NET, not dot net"), ("R&D", "&", ".net", ".NET", "asp.net", "asp net"), True),
    (("Net worth & C", "a net."), (".net", "R&D"), False),
    (
        ("Writes to anna.lee@example.org", "see https://www.example.org/a_page?q=tuba#horn"),
        ("anna", "lee", "example", "anna.lee@example.org", "www.example.org", "tuba", "horn", "page", "org/a_page"),
        True,
    ),
    (("Well-known e-mail writer", "C:\\Temp\\notes 12:30 a::b"), ("known", "mail", "well-known", "temp", "30"), True),
    (("Café crème", "crème brûlée"), ("cafe\u0301", "CAFÉ", "cre\u0300me", "bru\u0302l"), True),
    (("Cafe\u0301 cre\u0300me", "cre\u0300me"), ("café", "CRÈME"), True),
    (("Plays gui\u200btar", "soft\xadhyphen"), ("guitar", "softhyphen", "gui\u200dtar"), True),
    (("Ὀδυσσεύς reader", "ΟΔΥΣΣΕΑΣ"), ("οδυσσεασ", "ΟΔΥΣΣΕΑΣ"), True),
    (("ชอบดนตรีแจ๊ส", "ฟังทุกวันที่บ้าน"), ("ดนตรี", "แจ๊ส", "บ้าน", "ชอบดน", "บ"), True),
    (("ชอบดนตรีแจ๊ส", "ฟังทุกวันที่บ้าน"), ("บ้านดนตรี", "แจ๊สฟัง"), False),
    (("ມັກດົນຕີ", "ຟັງທຸກມື້"), ("ດົນຕີ", "ທຸກ"), True),
    (("ចូលចិត្តតន្ត្រី", "រាល់ថ្ងៃ"), ("តន្ត្រី", "ថ្ងៃ"), True),
    (("ဂျက်ဇ်ကိုကြိုက်တယ်", "နေ့တိုင်း"), ("ကြိုက်", "တိုင်း"), True),
    (("喜欢爵士乐", "每天听音乐"), ("爵士", "喜欢", "乐", "音乐", "喜欢 音乐"), True),
    (("喜欢爵士乐", "每天听音乐"), ("士爵", "爵乐", '"乐每"'), False),
    (("ジャズが好き", "ｼﾞｬｽﾞを聴く"), ("ジャズ", "好き", "ｼﾞｬｽﾞ", "聴く"), True),
    (("재즈를 좋아한다", "매일 듣는다"), ("재즈", "좋아", "듣는"), True),
    (("Speaks עִבְרִית and हिन्दी", "🎺 every day"), ("עִבְרִית", "हिन्दी", "🎺"), True),
    (("Loves jazz", "x"), ('"loves ja', "-jazz", "jazz -loves", "law or polka", "law -polka or xylo"), False),
    (("Loves jazz", "x"), ("law or ja", "“loves jazz”", "loves -law", "polka or jazz -law"), True),
    (("Loves jazz", "because of it"), ('"jazz because"',), False),
    (("WWW" * 60, "d" * 4_000), ("www", "d" * 200), True),
]
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
def api(alice: User) -> Api:
    return api_of(alice)


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


@pytest.mark.graph
def test_traits_are_found_as_suggestions_are(
    as_alice: Client, api: Api, alice: User, bob: User, subtests: pytest.Subtests
) -> None:
    confirmed(bob, "Loves jazz, C++ and 音楽")
    traits = [confirmed(alice, text[0], trait_description=text[1]).trait for text, _, found in FOUND if found]
    project(alice)
    project(bob)
    for text, some, found in FOUND:
        for words in some:
            query = urlencode({"q": words})
            with subtests.test(text=text, words=words):
                listed = [row["name"] for row in api.get(f"/traits?{query}&limit=100")[1]["data"]]
                assert (text[0] in listed) is found
                assert Html(as_alice.get(f"/traits/?{query}")).texts("h2.trait-row-name a") == listed
    assert len(traits) > len(FOUND) / 2


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
