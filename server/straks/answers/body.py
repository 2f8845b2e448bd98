"""The text of an answer file, below its front matter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from straks.answers import markdown
from straks.answers.answer import Guide
from straks.answers.guide import guide_of
from straks.answers.markdown import MarkupError
from straks_protocol.kinds import MAX_TEXT

__all__ = ["MAX_BODY", "Body", "read"]

MAX_BODY: Final = 4_000
MAX_GUIDE: Final = 10_000

_MOST_CELLS: Final = 20_000
"""Cells that there may be if all is one table: short lines are filled up to the widest."""
_TOO_MUCH: Final = "nothing to read in it, or too much markup"


@dataclass(frozen=True, slots=True)
class Body:
    """A text in the forms that are shown: plain, as HTML, and in steps if it is a guide."""

    text: str
    html: str
    guide: Guide | None


def read(source: str, *, guide: bool) -> Body:
    """Read the text of an answer; ``guide``: in steps.

    Raises:
        MarkupError: it cannot be used; its line counts from 1 in ``source``.
    """
    text = source.strip()
    if not text:
        raise MarkupError(1, "no text after the front matter")
    skipped = source[: source.index(text)].count("\n")
    most = MAX_GUIDE if guide else MAX_BODY
    if len(text) > most:
        raise MarkupError(skipped + 1, f"text longer than {most} characters")
    try:
        return _read(text, guide=guide)
    except MarkupError as error:
        raise MarkupError(skipped + error.line, error.message) from error


def _read(text: str, *, guide: bool) -> Body:
    lines = text.split("\n")
    if len(lines) * max(line.count("|") for line in lines) > _MOST_CELLS:
        raise MarkupError(1, _TOO_MUCH)
    tokens = markdown.parse(text)
    markdown.check(tokens)
    rendered = markdown.rendered(tokens)
    # A text and its steps are said in one entry, which no page of a history may be too small for.
    if not rendered.text or max(len(rendered.text), len(rendered.html) // 8) > MAX_TEXT:
        raise MarkupError(1, _TOO_MUCH)
    return Body(rendered.text, rendered.html, guide_of(tokens) if guide else None)
