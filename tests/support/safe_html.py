"""Reads HTML as a browser does, and tells what no answer may hold."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Final

__all__ = ["elements", "unsafe"]

_BARE: Final = frozenset(
    [
        "blockquote",
        "br",
        "code",
        "em",
        "h3",
        "h4",
        "hr",
        "li",
        "p",
        "pre",
        "s",
        "strong",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
_WITH: Final = {
    "a": {"href", "rel", "target"},
    "img": {"alt", "loading", "src"},
    "ol": {"start"},
    "video": {"aria-label", "controls", "preload", "src"},
}
_FIXED: Final = {
    ("a", "rel"): "noopener",
    ("a", "target"): "_blank",
    ("img", "loading"): "lazy",
    ("video", "controls"): "",
    ("video", "preload"): "metadata",
}
_SCHEMES: Final = {"href": ("http://", "https://", "mailto:"), "src": ("https://",)}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.other: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    def handle_decl(self, decl: str) -> None:
        self.other.append(decl)

    def unknown_decl(self, data: str) -> None:
        self.other.append(data)

    def handle_pi(self, data: str) -> None:
        self.other.append(data)


def elements(html: str) -> list[tuple[str, dict[str, str]]]:
    """Give the elements in the order that they begin, each with its attributes."""
    return _read(html).found


def unsafe(html: str) -> list[str]:
    """Give all in it that is not on the list of what answers are made of."""
    reader = _read(html)
    wrong = list(reader.other)
    for tag, attributes in reader.found:
        if tag not in _BARE and tag not in _WITH:
            wrong.append(tag)
        for name, value in attributes.items():
            schemes = _SCHEMES.get(name)
            if (
                name not in _WITH.get(tag, set())
                or (schemes and not value.lower().startswith(schemes))
                or _FIXED.get((tag, name), value) != value
            ):
                wrong.append(f"{tag} {name}={value}")
    return wrong


def _read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader
