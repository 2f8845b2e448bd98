"""Markdown of answers, as HTML that is safe on any page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from straks.answers import media

__all__ = ["MarkupError", "Rendered", "check", "parse", "plain", "render", "rendered"]

_TAGS: Final = frozenset(
    {"a", "blockquote", "br", "code", "em", "h3", "h4", "hr", "img", "li", "ol", "p", "pre", "s"}
    | {"strong", "table", "tbody", "td", "th", "thead", "tr", "ul", "video"}
)
_ATTRIBUTES: Final = {
    "a": {"href", "rel", "target"},
    "img": {"alt", "loading", "src"},
    "ol": {"start"},
    "video": {"aria-label", "controls", "preload", "src"},
}
_SCHEMES: Final = ("http://", "https://", "mailto:")
_HEADINGS: Final = {"h1": "h3"}
_TEXTS: Final = frozenset({"text", "code_inline", "image"})
_BLOCKS: Final = frozenset({"paragraph_close", "heading_close", "tr_close"})


class MarkupError(Exception):
    """There is something in a text that cannot be shown; ``line`` counts from 1 in the text."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


@dataclass(frozen=True, slots=True)
class Rendered:
    """One Markdown text in the two forms that are shown."""

    html: str
    text: str
    """Without markup; links keep their address in brackets."""


def parse(source: str) -> list[Token]:
    """Read Markdown; whatever is in it can be read somehow."""
    tokens = _PARSER.parse(source)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = _HEADINGS.get(token.tag, "h4")
    return tokens


def check(tokens: Sequence[Token]) -> None:
    """See that all can be shown that its author wanted shown.

    Raises:
        MarkupError: an image or a video cannot.
    """
    found = media.mistake(tokens)
    if found is not None:
        raise MarkupError(found[0] + 1, found[1])


def rendered(tokens: Sequence[Token]) -> Rendered:
    """Render what was read, or a part of it that stands by itself.

    Raw HTML shows as text; links lead to http, https or mailto only, images and videos are at
    https, or their description is shown.
    """
    html = _PARSER.renderer.render(tokens, _PARSER.options, {})
    return Rendered(_sanitised(html), plain(tokens))


def render(source: str) -> Rendered:
    """Render Markdown."""
    return rendered(parse(source))


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": False})
    parser.enable(["table", "strikethrough"])
    parser.add_render_rule("image", _shown)
    return parser


def _shown(renderer: RendererHTML, tokens: list[Token], index: int, *_: object) -> str:
    return media.element(tokens[index])


_PARSER: Final = _parser()


def _sanitised(html: str) -> str:
    return nh3.clean(
        html,
        tags=set(_TAGS),
        attributes={tag: names - {"rel"} for tag, names in _ATTRIBUTES.items()},
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    ).strip()


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name not in _ATTRIBUTES.get(tag, ()):
        return None  # a title: nh3 lets it pass on any tag
    # Relative addresses would resolve against whatever page embeds the widget.
    if name == "href" and not value.lower().startswith(_SCHEMES):
        return None
    if name == "src" and not media.is_address(value):
        return None
    return value


def plain(tokens: Sequence[Token]) -> str:
    """Give what was read without markup; links keep their address in brackets."""
    lines = "".join(_pieces(tokens)).split("\n")
    text = "\n".join(line.rstrip() for line in lines)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip()


def _pieces(tokens: Sequence[Token]) -> Iterator[str]:
    counters: list[int | None] = []
    for token in tokens:
        if token.type == "inline":
            yield from _inline(token.children or [])
        elif token.type in {"fence", "code_block"}:
            yield f"{token.content}\n"
        elif token.type == "ordered_list_open":
            counters.append(int(token.attrGet("start") or 1))
        elif token.type == "bullet_list_open":
            counters.append(None)
        elif token.type in {"ordered_list_close", "bullet_list_close"}:
            counters.pop()
            yield "\n"
        elif token.type == "list_item_open":
            yield _bullet(counters)
        elif token.type in {"td_close", "th_close"}:
            yield "  "
        elif token.type in _BLOCKS:
            yield "\n" if token.hidden or token.type == "tr_close" else "\n\n"


def _bullet(counters: list[int | None]) -> str:
    number = counters[-1] if counters else None
    indent = "  " * (len(counters) - 1)
    if number is None:
        return f"{indent}• "
    counters[-1] = number + 1
    return f"{indent}{number}. "


def _inline(tokens: list[Token]) -> Iterator[str]:
    hrefs: list[str] = []
    label: list[str] = []
    for token in tokens:
        piece = "\n" if token.type == "hardbreak" else " " if token.type == "softbreak" else ""
        if token.type in _TEXTS:
            piece = media.description(token) if token.type == "image" else token.content
        elif token.type == "link_open":
            hrefs.append(str(token.attrGet("href") or ""))
            label = []
        elif token.type == "link_close":
            href = hrefs.pop().removeprefix("mailto:")
            if href.lower().startswith(_SCHEMES[:2]) and href != "".join(label):
                piece = f" ({href})"
        if token.type in _TEXTS:
            label.append(piece)
        yield piece
