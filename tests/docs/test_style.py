"""Phrases that readers stumble over, in docs and on pages. Each has an example, and what to write instead."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UNIT = "(?:second|minute|hour|day|week|month|year|row|person|connection|request|core)"
BANNED = {
    r"\banew\b": ("It is read anew.", "again"),
    r"\bbeside\b": ("Two more stand beside it.", "besides, in addition to, next to"),
    r"\bat once\b": ("It ends at once.", "immediately, at the same time"),
    r"\bmeanwhile\b": ("It has ended meanwhile.", "in the meantime"),
    r"\bfor ever\b": ("It stays for ever.", "permanently, forever"),
    r"\bfor good\b": ("It is deleted for good.", "permanently"),
    r"\bso many\b": ("It has so many a minute.", "the number: at most 10"),
    r"\bbut for\b": ("All pages but for one.", "except for"),
    r"\bsome (?:\d+|two|three|five|ten|twelve|hundred|thousand)\b": ("It takes some ten minutes.", "about"),
    r"\b(?:whereof|wherein|whereby|thereof|therein)\b": ("The row and the words thereof.", "of it, in which, by which"),
    r"\bearns? (?:its|their) place\b": ("Each package earns its place.", "say what it is for"),
    r"\bway into the graph\b": ("The way into the graph is slow.", "the projection"),
    r"\bt(?:akes?|aken|ook) along\b": ("Your data can be taken along.", "download, take with you"),
    r"\bone's own\b": ("A trait of one's own.", "say whose: a trait that the person added"),
    r"\b(?:who|one) of (?:the )?staff\b": ("It says who of the staff looked.", "which staff member"),
    r"\b(?:follows?|goes on|starts?|ends?) by (?:itself|themselves)\b": ("It follows by itself.", "automatically"),
    # Relative clauses without a word to which they belong.
    r"\b(?:what|who|which|that) (?:is|are) none\b": ("Codes that are none.", "not a …, invalid"),
    r"\bof (?:whom|which) (?:no|none|each|one|some|any|every)\b": (
        "Two of which each has one.",
        "a sentence of its own",
    ),
    r"(?:^|[.!?:|] )Who\b[^.?!|]*\.": ("Who is not found has left.", "a user who; or a question mark"),
    rf"(?:\d|requests|rows|entries|times|decisions|queries) an? {UNIT}\b(?! time)": ("10 rows a second.", "per"),
    r"\bonce an? (?:row|person|connection|request|core)\b": ("It is prepared once a connection.", "once per"),
}
"""Pattern → an example of the phrase, and what to write instead."""

MARKDOWN = [
    path
    for part in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/**/*.md", "examples/**/*.md")
    for path in ROOT.glob(part)
]
TEMPLATES = [path for path in (ROOT / "templates").rglob("*") if path.suffix in (".html", ".txt")]
TEXTS = sorted(str(path.relative_to(ROOT)) for path in MARKDOWN + TEMPLATES)
TRANSLATED = re.compile(r'(?:translate |_\()"(.*?)"')
"""A text in a template's tag."""


def prose(name: str) -> str:
    """The sentences of a file without code and markup; a bar stands between paragraphs, cells and elements."""
    text = (ROOT / name).read_text()
    if name.endswith(".md"):
        text = re.sub(r"^ *```.*?^ *```$|`[^`]*`", "…", text, flags=re.MULTILINE | re.DOTALL)
    else:
        text = re.sub(r"\{#.*?#\}|\{% comment.*?endcomment %\}", "", text, flags=re.DOTALL)
        text = re.sub(r"\{%.*?%\}", lambda tag: " ".join(TRANSLATED.findall(tag[0])), text, flags=re.DOTALL)
        text = re.sub(r"<[^>]*>", " | ", text)
    return re.sub(r"\s+", " ", re.sub(r"\n\s*\n", " | ", text))


def found(text: str) -> Iterator[str]:
    """What is wrong with a text, and what to write instead."""
    for pattern, (_, instead) in BANNED.items():
        for match in re.finditer(pattern, text):
            around = text[max(0, match.start() - 40) : match.end() + 40]
            yield f"“…{around}…”: instead of “{match[0]}” write {instead}"


def test_no_text_has_such_a_phrase() -> None:
    assert [f"{name}: {each}" for name in TEXTS for each in found(prose(name))] == []


@pytest.mark.parametrize("pattern", BANNED)
def test_each_phrase_is_noticed(pattern: str) -> None:
    example, instead = BANNED[pattern]
    assert any(each.endswith(f"write {instead}") for each in found(example))


def test_plain_sentences_pass() -> None:
    assert list(found("Who decides? The person, once per suggestion. It is twice as fast a second time.")) == []
