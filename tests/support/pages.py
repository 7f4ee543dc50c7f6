"""Reading responses as a browser or a person would."""

import re
from typing import Any

from django.contrib.messages import get_messages
from selectolax.lexbor import LexborHTMLParser, LexborNode


def text_of(response: Any) -> str:
    """The text on the page: without tags, with single spaces."""
    return Html(response).text


def markup_of(response: Any) -> str:
    """The page's markup with single spaces, so that line breaks in templates do not matter."""
    return re.sub(r"\s+", " ", response.content.decode())


def said(response: Any) -> list[str]:
    """The messages that the next page shows."""
    return [str(message) for message in get_messages(response.wsgi_request)]


class Html:
    """A page, or a part of one, as a browser reads it: texts, links, fields, and what a form would send."""

    def __init__(self, source: Any) -> None:
        """Parse a response or its text."""
        self.tree = LexborHTMLParser(source if isinstance(source, str) else source.content.decode())

    @property
    def text(self) -> str:
        assert self.tree.root
        return _text(self.tree.root, " ")

    def all(self, selector: str) -> list[LexborNode]:
        return self.tree.css(selector)

    def has(self, selector: str) -> bool:
        return bool(self.all(selector))

    def one(self, selector: str) -> LexborNode:
        """The first such element; fails if there is none."""
        found = self.all(selector)
        assert found, f"nothing on the page is {selector}"
        return found[0]

    def texts(self, selector: str) -> list[str]:
        """The text of each such element."""
        return [_text(node) for node in self.all(selector)]

    def part(self, selector: str) -> "Html":
        return Html(self.one(selector).html or "")

    def attribute(self, selector: str, name: str) -> str:
        return self.one(selector).attributes.get(name) or ""

    def link(self, text: str) -> str:
        """The address of the link with this text."""
        found = [node.attributes.get("href") or "" for node in self.all("a[href]") if _text(node) == text]
        assert found, f"no link says {text}"
        return found[0]

    def links(self) -> set[str]:
        return {node.attributes.get("href") or "" for node in self.all("a[href]")}

    def next_page(self) -> str:
        """The address of the list's next page; "" on the last one."""
        found = self.all("a[rel=next]")
        return (found[0].attributes.get("href") or "") if found else ""

    def values(self, name: str) -> list[str]:
        """The values of all fields with this name, chosen or not."""
        return [_value(node) for node in self.all(f'input[name="{name}"], textarea[name="{name}"]')]

    def chosen(self, name: str) -> list[str]:
        """The values of the boxes, radio buttons and options that are chosen in fields of this name."""
        return [_value(node) for node in self.all(f'input[name="{name}"][checked], select[name="{name}"] [selected]')]

    def actions(self) -> list[str]:
        """The addresses to which the forms are sent."""
        return [node.attributes.get("action") or "" for node in self.all("form")]

    def fields(self, selector: str = "form") -> dict[str, str]:
        """What the unchanged form sends, without a button; for several fields of one name, the last."""
        return {
            node.attributes["name"] or "": _value(node)
            for node in self.one(selector).css("input[name], textarea[name], select[name]")
            if "disabled" not in node.attributes
            and (node.attributes.get("type") not in ("checkbox", "radio", "submit") or "checked" in node.attributes)
        }

    def inline_code(self) -> list[str]:
        """What a strict Content-Security-Policy blocks: styles and scripts in the page itself."""
        refused = [*self.all("style"), *self.all('script:not([src]):not([type="application/json"])')]
        attributes = [(node, *pair) for node in self.all("*") for pair in node.attributes.items()]
        return [str(node.tag) for node in refused] + [
            f"{node.tag} {name}"
            for node, name, value in attributes
            if name == "style" or name.startswith(("on", "hx-on")) or (value or "").startswith("javascript:")
        ]


def _text(node: LexborNode, separator: str = "") -> str:
    return " ".join(node.text(separator=separator).split())


def _value(node: LexborNode) -> str:
    """The value that a form sends for the field, or of an option."""
    if node.tag == "textarea":
        return node.text().removeprefix("\n")
    if node.tag == "select":
        options = [*node.css("option[selected]"), *node.css("option")]
        return _value(options[0]) if options else ""
    if node.tag == "option" and "value" not in node.attributes:
        return _text(node)
    return node.attributes.get("value") or ""
