"""Finds our texts that are not translatable: in templates, and on pages in a language that puts texts in brackets."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages import mofile, pofile
from babel.messages.catalog import Catalog
from django.conf import settings
from django.template.base import Lexer, TokenType
from selectolax.lexbor import LexborHTMLParser, LexborNode

OPEN, CLOSE = "⟦", "⟧"
PSEUDO = "en-xa"
"""The code of that language, whose texts are the English ones in brackets."""
SPOKEN = ("aria-label", "alt", "title", "placeholder", "aria-description", "aria-roledescription", "aria-valuetext")
WORD = re.compile(r"[A-Za-z]{2,}")
TAG = re.compile(r"<(?:!--.*?--|[^<>]*)>", re.DOTALL)
SILENT = re.compile(r"<(script|style|code|kbd|samp)\b[^>]*>.*?</\1>", re.DOTALL)
ATTRIBUTE = re.compile(rf"""\b({"|".join(SPOKEN)})\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.DOTALL)
NOT_OURS = {"bdi", "q", "code", "kbd", "samp", "script", "style"}
"""Elements with people's own or language-independent text, like those with dir="auto", translate="no" or lang."""


def in_template(path: Path) -> list[str]:
    """The template's texts outside of translate and blocktranslate."""
    source = SILENT.sub(" ", _outside_translations(path.read_text()))
    spoken = [first or second for _, first, second in ATTRIBUTE.findall(source)] if path.suffix == ".html" else []
    texts = TAG.split(source) if path.suffix == ".html" else [source]
    return [" ".join(text.split()) for text in (*texts, *spoken) if WORD.search(re.sub(r"&\w+;", " ", text))]


def _outside_translations(source: str) -> str:
    """The template's own text without its tags."""
    kept, inside = list[str](), ""
    for token in Lexer(source).tokenize():
        name = token.contents.split(" ")[0] if token.token_type == TokenType.BLOCK else ""
        if inside:
            inside = "" if name == f"end{inside}" else inside
        elif name in ("blocktranslate", "comment", "verbatim"):
            inside = name
        elif token.contents in ("block bodyclass", "block main_class"):
            inside = "block"
        elif token.token_type == TokenType.TEXT:
            kept.append(token.contents)
    return "".join(kept)


def in_page(markup: str) -> list[str]:
    """The page's words that are neither in brackets nor people's own."""
    tree = LexborHTMLParser(markup)
    assert tree.root
    found, depth = list[str](), 0
    for node in tree.root.traverse(include_text=True):
        if node.is_text_node and node.parent and not _is_not_ours(node.parent):
            outside, depth = _outside_brackets(node.text_content or "", depth)
            found += [outside] if WORD.search(outside) else []
        elif not node.is_text_node and not _is_not_ours(node):
            found += list(_spoken(node))
    return found


def _spoken(node: LexborNode) -> Iterator[str]:
    shows_value = node.tag == "input" and node.attributes.get("type") in ("submit", "button")
    names = [*SPOKEN, *(["value"] if shows_value else [])]
    for name in names:
        outside, _ = _outside_brackets(node.attributes.get(name) or "", 0)
        if WORD.search(outside):
            yield f"{name}: {outside}"


def _is_not_ours(node: LexborNode) -> bool:
    at: LexborNode | None = node
    while at is not None and at.tag != "html":
        said = at.attributes
        # A notice is in the language of the request that made it.
        is_other = said.get("dir") == "auto" or said.get("translate") == "no" or "lang" in said
        if is_other or at.tag in NOT_OURS or said.get("class") == "notice-text":
            return True
        at = at.parent
    return False


def _outside_brackets(text: str, depth: int) -> tuple[str, int]:
    """The text outside of brackets, and the depth of brackets at its end."""
    outside = ""
    for character in text:
        depth += (character == OPEN) - (character == CLOSE)
        outside += character if depth == 0 and character != CLOSE else ""
    return " ".join(outside.replace(settings.PRODUCT_NAME, "").split()), max(depth, 0)


def make_pseudo(folder: Path, *catalogs: Path) -> None:
    """Write a catalog that translates every text of these catalogs by its original in brackets."""
    pseudo = Catalog(locale="en")
    for path in catalogs:
        with path.open("rb") as file:
            known = pofile.read_po(file)
        for message in known:
            forms = message.string if isinstance(message.string, tuple) else (message.string,)
            if message.id and all(forms) and not message.fuzzy:
                pseudo.add(message.id, _bracketed(message.id), context=message.context)
    target = folder / "en_XA" / "LC_MESSAGES" / "django.mo"
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        mofile.write_mo(file, pseudo)


def _bracketed(text: Sequence[str]) -> str | tuple[str, ...]:
    return _marked(text) if isinstance(text, str) else tuple(map(_marked, text))


def _marked(text: str) -> str:
    """The text in brackets, with its surrounding white space outside."""
    inner = text.strip()
    return text.replace(inner, f"{OPEN}{inner}{CLOSE}") if inner else text
