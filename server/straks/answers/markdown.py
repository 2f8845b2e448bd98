"""Markdown of answers, as HTML that is safe on any page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

__all__ = ["Rendered", "render"]

_TAGS: Final = frozenset(
    {"a", "blockquote", "br", "code", "em", "h3", "h4", "hr", "li", "ol", "p", "pre", "s"}
    | {"strong", "table", "tbody", "td", "th", "thead", "tr", "ul"}
)
_ATTRIBUTES: Final = frozenset({("a", "href"), ("a", "rel"), ("a", "target"), ("ol", "start")})
_SCHEMES: Final = ("http://", "https://", "mailto:")
_HEADINGS: Final = {"h1": "h3"}
_TEXTS: Final = frozenset({"text", "code_inline", "image"})
_BLOCKS: Final = frozenset({"paragraph_close", "heading_close", "tr_close"})


@dataclass(frozen=True, slots=True)
class Rendered:
    """One Markdown text in the two forms that are shown."""

    html: str
    text: str
    """Without markup; links keep their address in brackets."""


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": False})
    parser.enable(["table", "strikethrough"])
    parser.add_render_rule("image", _alternative)
    return parser


def _alternative(renderer: RendererHTML, tokens: list[Token], index: int, *_: object) -> str:
    return escapeHtml(tokens[index].content)


_PARSER: Final = _parser()


def render(source: str) -> Rendered:
    """Render Markdown.

    Raw HTML shows as text, images as their description; links lead to http, https or mailto only.
    """
    tokens = _PARSER.parse(source)
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = _HEADINGS.get(token.tag, "h4")
    html = _PARSER.renderer.render(tokens, _PARSER.options, {})
    return Rendered(_sanitised(html), _plain(tokens))


def _sanitised(html: str) -> str:
    return nh3.clean(
        html,
        tags=set(_TAGS),
        attributes={"a": {"href", "target"}, "ol": {"start"}},
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    ).strip()


def _attribute(tag: str, name: str, value: str) -> str | None:
    if (tag, name) not in _ATTRIBUTES:
        return None
    # Relative addresses would resolve against whatever page embeds the widget.
    if name == "href" and not value.lower().startswith(_SCHEMES):
        return None
    return value


def _plain(tokens: list[Token]) -> str:
    lines = "".join(_pieces(tokens)).split("\n")
    text = "\n".join(line.rstrip() for line in lines)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip()


def _pieces(tokens: list[Token]) -> Iterator[str]:
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
            piece = token.content
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
