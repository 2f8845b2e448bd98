"""A text in steps: every heading of the second level begins one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from markdown_it.token import Token

from straks.answers import markdown
from straks.answers.answer import Guide, Step
from straks.answers.markdown import MarkupError

__all__ = ["MAX_STEPS", "guide_of"]

MAX_STEPS: Final = 20
MAX_TITLE: Final = 200

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_SECOND: Final = frozenset({"##", "-"})
"""How headings of the second level are marked: before them, or with a line below."""
_HEADING: Final = 3
"""The tokens of a heading: it opens, its text, it closes."""


def guide_of(tokens: Sequence[Token]) -> Guide:
    """Part a text that was read into its steps; what stands before the first is introduction.

    Raises:
        MarkupError: it has no step, too many, or one with nothing in it.
    """
    starts = [number for number, token in enumerate(tokens) if _begins(token)]
    if not starts:
        raise MarkupError(1, "a guide without steps; begin each with a line like '## First, …'")
    if len(starts) > MAX_STEPS:
        line = _line(tokens[starts[MAX_STEPS]])
        raise MarkupError(line, f"more than {MAX_STEPS} steps; put some of them together")
    introduction = markdown.rendered(tokens[: starts[0]])
    ends = [*starts[1:], len(tokens)]
    return Guide(
        text=introduction.text,
        html=introduction.html if introduction.text else "",
        steps=tuple(_step(tokens[start:end]) for start, end in zip(starts, ends, strict=True)),
    )


def _begins(token: Token) -> bool:
    return token.type == "heading_open" and token.level == 0 and token.markup in _SECOND


def _step(tokens: Sequence[Token]) -> Step:
    line = _line(tokens[0])
    title = " ".join(markdown.plain(tokens[1:2]).split())
    if _CONTROL.search(title) or len(title) > MAX_TITLE:
        raise MarkupError(line, f"a step's heading has at most {MAX_TITLE} characters")
    body = markdown.rendered(tokens[_HEADING:])
    if body.text:
        return Step(title=title or None, text=body.text, html=body.html)
    if not title:
        raise MarkupError(line, "a step with nothing in it; write what is to be done")
    # All that is to be done is said by the heading.
    return Step(title=None, text=title, html=markdown.rendered(_paragraph(tokens[1])).html)


def _paragraph(inline: Token) -> list[Token]:
    return [Token("paragraph_open", "p", 1), inline, Token("paragraph_close", "p", -1)]


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 1
