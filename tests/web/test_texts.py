"""Shortening, isolating and sorting texts, as pages, notices, titles and mails do."""

import random
import re
import time
from pathlib import Path

import pytest
from django.core import mail
from django.template import Context, Template
from django.test import Client
from django.urls import reverse

from ptfi.accounts.mail import send_text
from ptfi.accounts.models import User
from ptfi.texts import isolated, letters, shorten, sort_key
from tests.support.cast import confirmed_trait, make_candidate
from traits.models import Category, PersonaTrait

ROOT = Path(__file__).resolve().parents[2]
FAMILY, ENGLAND, FLAG = "👨\u200d👩\u200d👧", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "🇩🇪"
HEBREW = "אוהבת ג'אז (jazz) 1960"


@pytest.mark.parametrize("letter", [FAMILY, ENGLAND, FLAG, "e\u0301\u0323", "क्षि", "👍🏽", "\r\n", "각"])
def test_a_cut_falls_between_letters(letter: str) -> None:
    text = letter * 50
    for most in range(2, 49):
        cut = shorten(text, most)
        assert cut == (letter * (most - 1)).rstrip() + "…"
    assert shorten(letter * 5, 5) == letter * 5


def test_a_letter_with_endless_marks_is_cut() -> None:
    assert len(shorten("Z" + "\u0301" * 4_000, 60)) <= 60 * 16 + 1
    assert shorten("short", 60) == "short"


@pytest.mark.parametrize("unseen", [" ", "\u200b", "\u2800", "\U000e0061"])
def test_long_runs_of_what_nobody_sees_cost_little(as_alice: Client, alice: User, unseen: str) -> None:
    began = time.monotonic()
    name = f"Likes{unseen * 200_000} jazz"
    as_alice.post(reverse("trait_new"), {"name": name, "category": "Interest"})
    assert time.monotonic() - began < 10


def test_pages_cut_between_letters(as_alice: Client, alice: User) -> None:
    trait = confirmed_trait(alice, f"a{FLAG * 100}", evidence=["e" + "\u0301" * 2, FAMILY * 60])
    page = as_alice.get(reverse("trait", args=[trait.pk])).content.decode()
    title = re.search("<title>(.*?)</title>", page, re.DOTALL)
    assert title
    shown, cut, _ = title[1].partition("…")
    assert cut
    assert set(letters(shown.strip())) == {"a", FLAG}


def test_no_template_cuts_in_another_way() -> None:
    for path in (ROOT / "templates").rglob("*.*"):
        assert not re.search(r"\|truncate|\|slice:\"?:?-?\d{2,}", path.read_text()), path


@pytest.mark.parametrize(
    "text",
    [
        HEBREW,
        "يحب الشاي 50%",
        "Likes \u202elatep esor\u202c, tea",
        "a\u202ebackwards",
        "a\u2067never closed",
        "a\u2069b",
    ],
)
def test_a_text_does_not_turn_what_follows(text: str) -> None:
    found = isolated(text)
    assert (found[0], found[-1]) == ("\u2068", "\u2069")
    depth = 0
    for place, char in enumerate(found):
        depth += (char in "\u2066\u2067\u2068") - (char == "\u2069")
        assert depth > 0 or place == len(found) - 1
    assert depth == 0
    assert isolated("Loves jazz, 日本 🎷") == "Loves jazz, 日本 🎷"


def test_notices_and_titles_isolate_names(as_alice: Client, alice: User) -> None:
    for name in (HEBREW, "Likes \u2066lists"):
        candidate = make_candidate(alice, name)
        page = as_alice.post(f"/review/{candidate.pk}/confirm/", {"version": 1}, follow=True).content.decode()
        assert f"Confirmed “{isolated(name)}”.".replace("'", "&#x27;") in page
        page = as_alice.get(reverse("trait", args=[candidate.pk])).content.decode()
        assert f"<title>{isolated(name)} · ".replace("'", "&#x27;") in page


def test_mails_isolate_names() -> None:
    send_text("app_cut_off", "a@example.com", "en", {"app": "\u202eApp"})
    assert "disconnected \u2068\u202eApp\u2069 from" in " ".join(mail.outbox[0].body.split())


@pytest.mark.parametrize(
    ("language", "tag"),
    [("de", "de"), ("zh-Hant-TW", "zh-Hant-TW"), ("de_DE", ""), ("english", ""), ('"><b', ""), ("en-", ""), ("", "")],
)
def test_lang_is_given_only_for_a_tag(as_alice: Client, alice: User, language: str, tag: str) -> None:
    candidate = make_candidate(alice, language=language)
    page = as_alice.get(f"/review/{candidate.pk}/").content.decode()
    heading = re.search(r'<h2 id="claim".*?>', page, re.DOTALL)
    assert heading
    assert re.findall(r'lang="(.*?)"', heading[0]) == ([tag] if tag else [])
    assert Template("{{ a|language_tag }}").render(Context({"a": language})) == tag


SORTED = [
    *(
        "❤ jazz",
        "10 km",
        "apfel",
        "Apfel",
        "Äpfel",
        "apple",
        "C",
        "C#",
        "cote",
        "coté",
        "côte",
        "côté",
        "dont",
        "eclair",
    ),
    *("éclair", "lodz", "łódź", "Ludo", "oak", "Ökologie", "Østers", "ozon", "Straße", "Strauss", "zebra"),
    *("Ёлка", "ель", "икра", "йод", "яма", "かたかな", "カタカナ", "漢字"),
]


def test_names_are_sorted_as_in_a_dictionary() -> None:
    names = SORTED.copy()
    random.Random(1).shuffle(names)
    assert sorted(names, key=sort_key) == SORTED
    assert sorted(names, key=lambda name: sort_key(name).encode()) == SORTED


def test_sort_keys_are_stored_and_fit(alice: User) -> None:
    for number, name in enumerate((*SORTED, "ﷺ" * 255, "\U0001f600" * 255)):
        # In one category, names that say the same would become one trait.
        confirmed_trait(alice, name, trait_category=Category.values[number % len(Category.values)])
    found = PersonaTrait.objects.filter(user=alice).exclude(name__startswith="ﷺ").exclude(name__startswith="😀")
    assert list(found.order_by("sort_key", "pk").values_list("name", flat=True)) == SORTED
