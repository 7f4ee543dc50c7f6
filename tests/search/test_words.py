"""The database and Python split texts into the same words: what is found and what is marked agree."""

import json
import random
import re
import time
import unicodedata

import pytest
from django.db import connection

from traits.search.query import Query, read
from traits.search.words import fold, tokens

pytestmark = pytest.mark.django_db
LEXEME = re.compile(r"'((?:[^']|'')*)':([\d,]+)")
# Texts of people, and what breaks parsers of texts.
PARTS = (
    "jazz",
    "Klezmer",
    "node.js",
    ".NET",
    "C++",
    "C#",
    "50%",
    "R&D",
    "a",
    "1e5",
    "3.14",
    "-7",
    "off_season",
    "e-mail",
    "anna@example.org",
    "https://example.org/a?b=c&d#e",
    "/etc/hosts",
    "C:\\Temp",
    "don't",
    "“quoted”",
    "<b>",
    "&amp;",
    "Straße",
    "ÉTÉ",
    "e\u0301te\u0301",
    "ΣΊΣΥΦΟΣ",
    "İstanbul",
    "ﬁne",
    "gui\u200btar",
    "soft\xadhyphen",
    "שָׁלוֹם",
    "हिन्दी",
    "音楽",
    "日本語jazz",
    "ที่บ้าน",
    "ສະບາຍດີ",
    "ភាសាខ្មែរ",
    "မြန်မာ",
    "한국어",
    "ｶﾞｷﾞ",
    "ＡＢＣ",
    "①",
    "½",
    "🎺",
    "👩‍🌾",
    "=1+1",
    "\x01",
    "\u3000",
)
BETWEEN = (" ", "\n", "\t", "\r\n", "/", ".", ",", ";", ":", "-", "_", "", "(", '"', "\xa0")


def stored(*texts: str) -> list[list[tuple[int, str]]]:
    """The lexemes that the database makes of each text, with their positions."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT search_words(each)::text FROM unnest(%s::text[]) AS each", [list(texts)])
        vectors = [row[0] for row in cursor.fetchall()]
    return [
        sorted((int(at), word) for word, places in LEXEME.findall(vector) for at in places.split(","))
        for vector in vectors
    ]


def expected(text: str) -> list[tuple[int, str]]:
    """The same, from the words of Python."""
    found: list[tuple[int, str]] = []
    place = 0
    for part in text.split("\x01"):
        for token in tokens(fold(part).text):
            words = [token.text]
            if token.kind == "run":
                words = [token.text[at : at + 2] for at in range(len(token.text))]
            found += [(place + at, word) for at, word in enumerate(words, 1)]
            found += [(place + 1, f".{token.text}")] if token.begun else []
            place += len(words)
        place += 1
    return sorted(found)


def test_every_character_is_of_the_same_kind_on_both_sides() -> None:
    # Of the large blocks of Chinese and Korean, the beginning is enough.
    codes = [*range(1, 0x3600), *range(0x4DB0, 0x5000), *range(0xA000, 0xAC80), *range(0xF900, 0x10500),
             *range(0x1D000, 0x1D100), *range(0x1F000, 0x1FB80), *range(0x20000, 0x20010)]  # fmt: skip
    # Letters on both sides show whether a character separates, joins or stands alone.
    texts = [f"x{chr(code)}y" for code in codes if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Co")]
    there = stored(*(text for text in texts))
    wrong = [(text, found) for text, found in zip(texts, there, strict=True) if found != expected(text)]
    assert [(hex(ord(text[1])), found, expected(text)) for text, found in wrong] == []


@pytest.mark.parametrize("seed", range(40))
def test_texts_have_the_same_words_on_both_sides(seed: int) -> None:
    chance = random.Random(seed)
    text = "".join(chance.choice(PARTS) + chance.choice(BETWEEN) for _ in range(40))
    plain = "".join(chance.choice(PARTS[:22]) + chance.choice(BETWEEN[:-1]) for _ in range(chance.randrange(1, 9)))
    assert stored(text, plain) == [expected(text), expected(plain)]


@pytest.mark.parametrize(
    "text",
    [
        "x" * 100_000,
        "音" * 100_000,
        "".join(chr(0x20000 + at) for at in range(40_000)) * 2,
        "\ufdfa" * 100_000,
        "+" * 100_000,
        "".join(f".{chr(0x10330 + at % 25)}" for at in range(50_000)),
        "\u200b" * 100_000,
        "",
        "\n",
    ],
    ids=["word", "run", "pairs", "long forms", "symbols", "stops", "invisible", "empty", "blank"],
)
def test_no_text_is_too_much(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT candidate_search_vector(%s, '', '[]')", [text])
        cursor.execute("SELECT candidate_search_vector('', '', %s)", [json.dumps([{"content": text}])])


def test_equal_words_count_once_and_not_too_many_count() -> None:
    assert read("c a b a c").tsquery == read("c a b c").tsquery == "('c') & ('a') & ('b')"
    assert read("a b or a b or c or a").tsquery == "('a') & ('b') | ('c') | ('a')"
    words = [f"word{at}" for at in range(40)]
    assert read(" ".join(words)).tsquery == " & ".join(f"('{word}')" for word in words[:32])


def test_marking_many_words_takes_hardly_longer_than_marking_one() -> None:
    text = "some plain words of a long diary, which go on and on " * 4_000

    def seconds(typed: str) -> float:
        started = time.process_time()
        assert "".join(piece for piece, _ in read(typed).mark(text)) == text
        return time.process_time() - started

    letters = [chr(ord("b") + at % 25) + "x" * (at // 25) for at in range(100)]
    assert seconds(" ".join(letters)) < 12 * seconds("jazz or rock")


@pytest.mark.parametrize("seed", range(40))
def test_what_is_found_is_marked(seed: int) -> None:
    chance = random.Random(seed)
    text = "".join(chance.choice(PARTS) + chance.choice(BETWEEN) for _ in range(12)).replace("\x01", " ")
    for typed in (*PARTS, text[3:9], text[5:7], f'"{text[:12]}"'):
        for term in (term for group in read(typed).groups for term in group if not term.without):
            one = Query([[term]])
            with connection.cursor() as cursor:
                cursor.execute("SELECT search_words(%s) @@ %s::tsquery", [text, one.tsquery])
                found = cursor.fetchone()[0]
            pieces = one.mark(text)
            assert "".join(piece for piece, _ in pieces) == text
            assert found == any(is_marked for _, is_marked in pieces), (typed, text)
