"""One answer file: Markdown with a YAML front matter, one answer in one language."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

from straks.answers import body, front_matter, languages, markdown, variables
from straks.answers.answer import GREETING_TAG, REPLY_TAG, Answer
from straks.answers.body import MAX_BODY, Body
from straks.answers.form import asked
from straks.answers.front_matter import Document, Field, FrontMatterError
from straks.answers.markdown import MarkupError, Rendered
from straks.answers.text import clean
from straks.answers.variables import Variable
from straks.errors import StraksError

__all__ = ["DEFAULT_LANG", "KEYS", "MAX_FILE", "AnswerFileError", "Draft", "parse", "read"]

DEFAULT_LANG: Final = "en"
MAX_FILE: Final = 64 * 1024
MAX_ID: Final = 64
MAX_LINE: Final = 200
MAX_PHRASES: Final = 200
MAX_TAGS: Final = 20
MAX_BUTTONS: Final = 6
MAX_BUTTON: Final = 80

KEYS: Final = frozenset(
    {"author", "buttons", "confirmed", "guide", "lang", "phrases", "tags", "title"}
    | {"ask", "fallback", "lookup", "valid_from", "valid_until"}
)
_SWITCH: Final = {"yes": True, "true": True, "no": False, "false": False}
_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]*(?:/[a-z0-9][a-z0-9_-]*)*")
_LOOKUP: Final = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TAG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")

_Part = TypeVar("_Part")
_Period: TypeAlias = tuple[datetime.date | None, datetime.date | None]
_ALWAYS: Final[_Period] = (None, None)
_Lookup: TypeAlias = tuple[str | None, Rendered | None]
_NO_LOOKUP: Final[_Lookup] = (None, None)


class AnswerFileError(StraksError):
    """An answer file cannot be used.

    ``file`` is relative to the answer folder, ``line`` counts from 1; ``others`` are what else
    is wrong in the file, in the order of their lines.
    """

    def __init__(
        self, file: str, line: int, message: str, others: tuple[AnswerFileError, ...] = ()
    ) -> None:
        super().__init__(f"{file}:{line}: {message}")
        self.file = file
        self.line = line
        self.message = message
        self.others = others


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer that reads well by itself, with where its phrases stand."""

    file: str
    answer: Answer
    lines: tuple[int, ...]


def parse(file: str, raw: bytes) -> Answer:
    """Read one answer file; ``file`` is its path below the answer folder, with ``/``.

    Raises:
        AnswerFileError: the file cannot be used.
    """
    return read(file, raw).answer


def read(file: str, raw: bytes) -> Draft:
    """Read one answer file, with the lines that its phrases stand on.

    Raises:
        AnswerFileError: the file cannot be used.
    """
    answer_id, named_lang = _name(file)
    if len(raw) > MAX_FILE:
        raise AnswerFileError(file, 1, f"larger than {MAX_FILE // 1024} KiB")
    try:
        source = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise AnswerFileError(file, line, "not UTF-8; save the file in that encoding") from error
    try:
        document = front_matter.split(source)
        fields = front_matter.fields(document.front, known=KEYS)
    except FrontMatterError as error:
        raise AnswerFileError(file, error.line, error.message) from error
    mistakes = _Mistakes()
    tags = mistakes.of(lambda: _tags(fields), None)
    optional = tags is None or REPLY_TAG in tags or GREETING_TAG in tags
    phrases: list[tuple[str, int]] = mistakes.of(lambda: _phrases(fields, optional=optional), [])
    period = mistakes.of(lambda: _period(fields), _ALWAYS)
    guide = mistakes.of(lambda: _guide(fields), False)
    text = mistakes.of(lambda: _text(document, guide=guide), None)
    lang = mistakes.of(lambda: _lang(fields, named_lang), DEFAULT_LANG)
    lookup, failed = mistakes.of(lambda: _lookup(fields), _NO_LOOKUP)
    answer = Answer(
        id=answer_id,
        lang=lang,
        title=mistakes.of(lambda: _title(fields), ""),
        text=text.body.text if text else "",
        html=text.body.html if text else "",
        phrases=tuple(phrase for phrase, _ in phrases),
        tags=tags or (),
        file=file,
        author=mistakes.of(lambda: _author(fields), None),
        confirmed=mistakes.of(lambda: _date(fields, "confirmed"), None),
        buttons=mistakes.of(lambda: _buttons(fields), ()),
        guide=text.body.guide if text else None,
        valid_from=period[0],
        valid_until=period[1],
        ask=mistakes.of(lambda: asked(fields.get("ask"), lang), ()),
        lookup=lookup,
        lookup_line=fields["lookup"].line if lookup is not None else 1,
        failed=failed,
        intro=text.intro if text else None,
        variables=text.variables if text else (),
    )
    mistakes.tell(file)
    return Draft(file, variables.templated(answer), tuple(line for _, line in phrases))


class _Mistakes:
    """What is wrong in a file, gathered, so that its author learns of all at once."""

    def __init__(self) -> None:
        self._found: list[FrontMatterError] = []

    def of(self, part: Callable[[], _Part], instead: _Part) -> _Part:
        """Read a part; give ``instead`` where something is wrong in it."""
        try:
            return part()
        except FrontMatterError as error:
            self._found.append(error)
            return instead

    def tell(self, file: str) -> None:
        """Raise what was found, if anything was.

        Raises:
            AnswerFileError: the first of it, with the others.
        """
        if self._found:
            found = sorted(self._found, key=lambda error: error.line)
            first, *others = (AnswerFileError(file, each.line, each.message) for each in found)
            raise AnswerFileError(file, first.line, first.message, tuple(others)) from found[0]


def _name(file: str) -> tuple[str, str | None]:
    stem = file.removesuffix(".md")
    head, dot, tail = stem.rpartition(".")
    answer_id, lang = (head, tail) if dot else (stem, None)
    if len(answer_id) > MAX_ID or not _ID.fullmatch(answer_id):
        message = f"a file's name is its answer's id: 1 to {MAX_ID} of a-z, 0-9, - and _"
        raise AnswerFileError(file, 1, message)
    if lang is not None and not languages.is_known(lang):
        raise AnswerFileError(file, 1, f"the name ends in '.{lang}', which is no known language")
    return answer_id, lang


def _lang(fields: dict[str, Field], named: str | None) -> str:
    field = fields.get("lang")
    if field is None:
        return named or DEFAULT_LANG
    lang = field.scalar()
    if not languages.is_known(lang):
        message = f"'lang' is no known language tag, like en or pt-BR: {lang[:40]!r}"
        raise FrontMatterError(field.line, message)
    if named is not None and named != lang:
        raise FrontMatterError(field.line, f"'lang' is {lang} but the file's name says {named}")
    return lang


def _title(fields: dict[str, Field]) -> str:
    if "title" not in fields:
        raise FrontMatterError(1, "no 'title' in the front matter")
    field = fields["title"]
    title = field.scalar().strip()
    if not title.isprintable() or not 1 <= len(title) <= MAX_LINE:
        message = f"'title' must be one line of 1 to {MAX_LINE} characters"
        raise FrontMatterError(field.line, message)
    return title


@dataclass(frozen=True, slots=True)
class _Text:
    """The body of an answer, with its variables marked."""

    body: Body
    variables: tuple[Variable, ...]
    intro: Rendered | None


def _text(document: Document, *, guide: bool) -> _Text | None:
    marked, found = variables.mark(document.body, document.body_line)
    try:
        text = body.read(marked, guide=guide)
    except MarkupError as error:
        line = document.body_line + error.line - 1
        raise FrontMatterError(line, error.message) from error
    if mistake := variables.unfit(found, text.text, text.html):
        raise FrontMatterError(*mistake)
    intro = markdown.render(variables.intro(marked.strip()))
    return _Text(text, found, intro if intro.text else None)


def _lookup(fields: dict[str, Field]) -> _Lookup:
    field, fallback = fields.get("lookup"), fields.get("fallback")
    if field is None:
        if fallback is not None:
            raise FrontMatterError(fallback.line, "'fallback' without 'lookup'")
        return None, None
    name = field.scalar().strip()
    if not _LOOKUP.fullmatch(name):
        message = f"'lookup' is a name with 1 to 32 of a-z, 0-9 and _: {name[:40]!r}"
        raise FrontMatterError(field.line, message)
    if fallback is None:
        return name, None
    rendered = markdown.render(fallback.scalar())
    if not rendered.text or len(fallback.scalar()) > MAX_BODY:
        raise FrontMatterError(fallback.line, f"'fallback' has 1 to {MAX_BODY} characters")
    return name, rendered


def _author(fields: dict[str, Field]) -> str | None:
    field = fields.get("author")
    if field is None:
        return None
    author = field.scalar().strip()
    if not author.isprintable() or not 1 <= len(author) <= MAX_LINE:
        message = f"'author' must be one line of 1 to {MAX_LINE} characters"
        raise FrontMatterError(field.line, message)
    return author


def _date(fields: dict[str, Field], name: str) -> datetime.date | None:
    field = fields.get(name)
    if field is None:
        return None
    try:
        written = field.scalar().strip()
        if not _DAY.fullmatch(written):  # the library reads other forms as well
            raise ValueError(written)
        return datetime.date.fromisoformat(written)
    except ValueError:
        message = f"'{name}' is no date like 2026-12-31: {field.scalar()[:40]!r}"
        raise FrontMatterError(field.line, message) from None


def _period(fields: dict[str, Field]) -> _Period:
    first, last = _date(fields, "valid_from"), _date(fields, "valid_until")
    if first is not None and last is not None and last < first:
        message = f"'valid_until' is before 'valid_from': {last} and {first}; give a later day"
        raise FrontMatterError(fields["valid_until"].line, message)
    return first, last


def _guide(fields: dict[str, Field]) -> bool:
    field = fields.get("guide")
    if field is None:
        return False
    said = field.scalar().strip().lower()
    if said not in _SWITCH:
        raise FrontMatterError(field.line, f"'guide' is yes or no: {said[:40]!r}")
    return _SWITCH[said]


def _buttons(fields: dict[str, Field]) -> tuple[str, ...]:
    items = fields["buttons"].items() if "buttons" in fields else []
    if len(items) > MAX_BUTTONS:
        message = f"more than {MAX_BUTTONS} buttons; keep those that are pressed most"
        raise FrontMatterError(items[MAX_BUTTONS][1], message)
    said: set[str] = set()
    for button, line in items:
        if _CONTROL.search(button) or not 1 <= len(button) <= MAX_BUTTON:
            message = f"a button is one line of 1 to {MAX_BUTTON} characters: {button[:40]!r}"
            raise FrontMatterError(line, message)
        if button in said:
            raise FrontMatterError(line, f"the button {button!r} is there twice")
        said.add(button)
    return tuple(button for button, _ in items)


def _body(document: Document, *, guide: bool) -> body.Body | None:
    try:
        return body.read(document.body, guide=guide)
    except MarkupError as error:
        line = document.body_line + error.line - 1
        raise FrontMatterError(line, error.message) from error


def _tags(fields: dict[str, Field]) -> tuple[str, ...]:
    if "tags" not in fields:
        return ()
    items = fields["tags"].items()
    if len(items) > MAX_TAGS:
        raise FrontMatterError(fields["tags"].line, f"more than {MAX_TAGS} tags")
    for tag, line in items:
        if not _TAG.fullmatch(tag):
            raise FrontMatterError(line, f"a tag has small letters, digits, - and _ only: {tag!r}")
    return tuple(dict.fromkeys(tag for tag, _ in items))


def _phrases(fields: dict[str, Field], *, optional: bool) -> list[tuple[str, int]]:
    field = fields.get("phrases")
    items = field.items() if field is not None else []
    if not items and not optional:
        line = field.line if field is not None else 1
        raise FrontMatterError(line, "no 'phrases': at least one way in which visitors ask for it")
    if len(items) > MAX_PHRASES:
        raise FrontMatterError(items[MAX_PHRASES][1], f"more than {MAX_PHRASES} phrases")
    for phrase, line in items:
        if not clean(phrase) or len(phrase) > MAX_LINE:
            raise FrontMatterError(
                line, f"a phrase has words of 1 to {MAX_LINE} characters in all: {phrase[:40]!r}"
            )
    return items
