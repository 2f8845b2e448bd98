"""Variables in the text of answers: ``{{name}}`` and ``{{name|what stands there without it}}``.

Before the Markdown of an answer is read, each becomes a mark that Markdown leaves alone; what it
stands for is put in after that, escaped as its place demands. So no value is ever read as markup.
"""

from __future__ import annotations

import dataclasses
import html
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from straks.answers.front_matter import FrontMatterError
from straks_protocol.kinds import MAX_TEXT

if TYPE_CHECKING:
    from straks.answers.answer import Answer

__all__ = [
    "MAX_VALUE",
    "Variable",
    "filled",
    "intro",
    "mark",
    "missing",
    "shown",
    "templated",
    "unfit",
]

MAX_VALUE: Final = 300
"""Characters of a value; as those of a fact."""
MAX_IN_ADDRESS: Final = 100
"""Characters of a value that an address takes."""
MAX_VARIABLES: Final = 20
"""In one answer."""

_OPEN, _CLOSE = "\ue000", "\ue001"
"""Characters for private use: no keyboard has them, and Markdown takes them for letters."""
_WRITTEN: Final = re.compile(r"(?<!\\)\{\{(.*?)\}\}|(?<!\\)\{\{")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
_PRIVATE: Final = re.compile(f"[{_OPEN}{_CLOSE}]|%EE%80%8[01]", re.IGNORECASE)
_MARK: Final = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_IN_ADDRESS: Final = re.compile("%EE%80%80([0-9]+)%EE%80%81")
_UNKNOWN: Final = "…"
_ESCAPED: Final = 6
"""Characters that one may become in HTML."""
_QUOTED: Final = 12
"""Characters that one may become in an address."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A place in an answer's text where a value is put in."""

    name: str
    fallback: str | None
    """What stands there when there is no value; None: there must be one."""
    line: int
    """Where it is in the file."""


def mark(body: str, line: int) -> tuple[str, tuple[Variable, ...]]:
    """Put marks in place of the variables of a Markdown text that begins on a line of its file.

    Raises:
        FrontMatterError: one is not written as it should be, or there are too many.
    """
    if private := _PRIVATE.search(body):
        raise FrontMatterError(_line(body, line, private.start()), "a character for private use")
    found: list[Variable] = []

    def put(match: re.Match[str]) -> str:
        found.append(_variable(match.group(1), _line(body, line, match.start())))
        return f"{_OPEN}{len(found) - 1}{_CLOSE}"

    marked = _WRITTEN.sub(put, body)
    if len(found) > MAX_VARIABLES:
        raise FrontMatterError(found[MAX_VARIABLES].line, f"more than {MAX_VARIABLES} variables")
    return marked, tuple(found)


def intro(body: str) -> str:
    """Give the paragraphs of a marked text before the first with a variable."""
    first = body.find(_OPEN)
    return "" if first < 0 else body[: max(body.rfind("\n\n", 0, first), 0)].strip()


def unfit(variables: Sequence[Variable], text: str, html: str) -> tuple[int, str] | None:
    """Tell line and mistake of what Markdown has made of marks, if there is any."""
    for number, variable in enumerate(variables):
        pattern = f"{_OPEN}{number}{_CLOSE}", f"%EE%80%80{number}%EE%80%81"
        if not any(each in html for each in pattern):
            return variable.line, f"{{{{{variable.name}}}}} cannot stand here"
    for written, size in ((text, 1), (html, 8)):
        most = _ESCAPED if size > 1 else 1
        room = len(_MARK.findall(written)) * MAX_VALUE * most
        room += len(_IN_ADDRESS.findall(written)) * MAX_IN_ADDRESS * _QUOTED
        if len(written) + room > size * MAX_TEXT:
            return variables[0].line, "the text could become too long with its variables filled in"
    return None


def templated(answer: Answer) -> Answer:
    """Give an answer with marks in its text as it is shown to who nothing is known of."""
    if not answer.variables:
        return answer
    return dataclasses.replace(shown(answer, {}), template=answer, variables=())


def missing(answer: Answer, known: Collection[str]) -> Iterator[Variable]:
    """Give the variables that need a value and have none among those ``known``."""
    for variable in answer.variables:
        if variable.fallback is None and variable.name not in known:
            yield variable


def filled(answer: Answer, values: Mapping[str, str]) -> Answer:
    """Put values in, and leave the marks of all others."""

    def value(number: int) -> str | None:
        return values.get(answer.variables[number].name)

    # The numbers of those that are left stay as they are.
    left = (
        dataclasses.replace(v, fallback="") if v.name in values else v for v in answer.variables
    )
    return dataclasses.replace(_with(answer, value), variables=tuple(left))


def shown(answer: Answer, values: Mapping[str, str]) -> Answer:
    """Put values in, and elsewhere what stands where there is none; without a fallback, dots."""

    def value(number: int) -> str | None:
        variable = answer.variables[number]
        fallback = _UNKNOWN if variable.fallback is None else variable.fallback
        return values.get(variable.name, fallback)

    return _with(answer, value)


def _with(answer: Answer, value: Callable[[int], str | None]) -> Answer:
    def text(said: str) -> str:
        return _put(said, value, str)

    def markup(said: str) -> str:
        return _put(said, value, html.escape)

    guide = answer.guide
    if guide is not None:
        steps = [
            dataclasses.replace(
                step,
                title=None if step.title is None else text(step.title),
                text=text(step.text),
                html=markup(step.html),
            )
            for step in guide.steps
        ]
        guide = dataclasses.replace(
            guide, text=text(guide.text), html=markup(guide.html), steps=tuple(steps)
        )
    return dataclasses.replace(
        answer, text=text(answer.text), html=markup(answer.html), guide=guide
    )


def _put(text: str, value: Callable[[int], str | None], escape: Callable[[str], str]) -> str:
    def put(match: re.Match[str], escape: Callable[[str], str]) -> str:
        found = value(int(match.group(1)))
        return match.group() if found is None else escape(_PRIVATE.sub("", found)[:MAX_VALUE])

    # Addresses first: what was put elsewhere may look like a mark in one.
    text = _IN_ADDRESS.sub(lambda match: put(match, _quoted), text)
    return _MARK.sub(lambda match: put(match, escape), text)


def _quoted(value: str) -> str:
    return quote(value[:MAX_IN_ADDRESS], safe="", errors="replace")


def _variable(written: str | None, line: int) -> Variable:
    if written is None:
        raise FrontMatterError(line, "'{{' without '}}' on its line; write \\{{ for the signs")
    name, bar, fallback = written.partition("|")
    if not _NAME.fullmatch(name.strip()):
        message = f"a variable's name has 1 to 32 of a-z, 0-9 and _: {name.strip()[:40]!r}"
        raise FrontMatterError(line, message)
    fallback = fallback.strip()
    if len(fallback) > MAX_VALUE or not (fallback.isprintable() or not fallback):
        raise FrontMatterError(line, f"what stands after | has at most {MAX_VALUE} characters")
    return Variable(name.strip(), fallback if bar else None, line)


def _line(body: str, first: int, at: int) -> int:
    return first + body.count("\n", 0, at)
