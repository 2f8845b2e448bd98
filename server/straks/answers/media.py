"""Images and short videos in the Markdown of answers.

``![what it shows](https://…)`` is an image, and a video where the address ends in ``.mp4`` or
``.webm``. Only https: a page that is secure shows nothing else, and an address without a host
would lead to whatever page embeds the widget.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token

__all__ = ["description", "element", "is_address", "mistake"]

MAX_ADDRESS: Final = 2_048

_ADDRESS: Final = re.compile(r"https://[^\s/?#\\@]+(?:[/?#][^\s\\]*)?", re.IGNORECASE)
_VIDEO: Final = re.compile(r"[^?#]+\.(?:mp4|webm)(?:[?#].*)?", re.IGNORECASE)
_BEGINS: Final = re.compile(r"(?<!\\)(?:\\\\)*!\[")
_FORM: Final = "![what it shows](https://…)"
_BREAKS: Final = frozenset({"softbreak", "hardbreak"})


def is_address(address: str) -> bool:
    """Tell whether an image or a video may be at an address."""
    return len(address) <= MAX_ADDRESS and _ADDRESS.fullmatch(address) is not None


def description(image: Token) -> str:
    """Give what an image or a video shows, without the markup that its author may have put in."""
    return "".join(_words(image.children or ())).strip()


def element(image: Token) -> str:
    """Give the HTML that shows an image or a video; only its description where that cannot be."""
    address = _address(image)
    alt = escapeHtml(description(image))
    if not alt or not is_address(address):
        return alt
    src = escapeHtml(address)
    if _is_video(address):
        return f'<video src="{src}" controls preload="metadata" aria-label="{alt}"></video>'
    return f'<img src="{src}" alt="{alt}" loading="lazy">'


def mistake(tokens: Sequence[Token]) -> tuple[int, str] | None:
    """Find the first image or video that cannot be shown: its line, from 0, and what to do."""
    return next(_mistakes(tokens), None)


def _mistakes(tokens: Sequence[Token]) -> Iterator[tuple[int, str]]:
    for token in tokens:
        if token.type != "inline":
            continue
        line = token.map[0] if token.map else 0
        children = token.children or []
        unread = _unread(token.content, children)
        links = 0
        for child in children:
            links += child.nesting if child.type in {"link_open", "link_close"} else 0
            line += child.type in _BREAKS
            if child.type == "image":
                wrong = _wrong(child, linked=links > 0)
                if wrong is not None:
                    yield line, wrong
            elif child.type == "text" and unread and "![" in child.content:
                yield line, f"an image that cannot be read; write {_FORM}, no space in the address"


def _wrong(image: Token, *, linked: bool) -> str | None:
    address = _address(image)
    kind = "a video" if _is_video(address) else "an image"
    if not description(image):
        return f"{kind} without a description, for who cannot see it; write {_FORM}"
    if not is_address(address):
        return f"the address of {kind} must begin with https:// and a host: {address[:80]!r}"
    if linked and kind == "a video":
        return "a video cannot stand in a link; put it beside"
    return None


def _words(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "image":
            yield description(token)
        else:
            yield " " if token.type in _BREAKS else token.content


def _address(image: Token) -> str:
    return str(image.attrGet("src") or "")


def _is_video(address: str) -> bool:
    return _VIDEO.fullmatch(address) is not None


def _unread(source: str, children: Sequence[Token]) -> bool:
    """Tell whether an image begins in a source that was read as something else."""
    begun = len(_BEGINS.findall(source))
    if not begun:
        return False
    in_code = "".join(child.content for child in children if child.type == "code_inline")
    return begun > _images(children) + in_code.count("![")


def _images(tokens: Sequence[Token]) -> int:
    return sum((token.type == "image") + _images(token.children or []) for token in tokens)
