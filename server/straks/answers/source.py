"""One answer file: Markdown with a YAML front matter, one answer in one language."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import Final

from straks.answers import front_matter, languages, markdown, variables
from straks.answers.answer import GREETING_TAG, REPLY_TAG, Answer
from straks.answers.form import asked
from straks.answers.front_matter import Document, Field, FrontMatterError
from straks.answers.markdown import Rendered
from straks.answers.text import clean
from straks.answers.variables import Variable
from straks.errors import StraksError
from straks_protocol.kinds import MAX_TEXT

__all__ = ["DEFAULT_LANG", "MAX_FILE", "AnswerFileError", "Draft", "parse", "read"]

DEFAULT_LANG: Final = "en"
MAX_FILE: Final = 64 * 1024
MAX_BODY: Final = 4_000
MAX_ID: Final = 64
MAX_LINE: Final = 200
MAX_PHRASES: Final = 200
MAX_TAGS: Final = 20

_KEYS: Final = frozenset(
    {"ask", "author", "confirmed", "fallback", "lang", "lookup", "phrases", "tags", "title"}
)
_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]*(?:/[a-z0-9][a-z0-9_-]*)*")
_LOOKUP: Final = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
_TAG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


class AnswerFileError(StraksError):
    """An answer file cannot be used.

    ``file`` is relative to the answer folder, ``line`` counts from 1.
    """

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}")
        self.file = file
        self.line = line
        self.message = message


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
        fields = front_matter.fields(document.front, known=_KEYS)
        title = _title(fields)
        tags = _tags(fields)
        lang = _lang(fields, named_lang)
        author, confirmed = _author(fields), _date(fields, "confirmed")
        phrases = _phrases(fields, optional=REPLY_TAG in tags or GREETING_TAG in tags)
        fields_asked = asked(fields.get("ask"), lang)
        lookup, failed = _lookup(fields)
        body, marked = _body(document)
        rendered = markdown.render(body)
        if not rendered.text or max(len(rendered.text), len(rendered.html) // 8) > MAX_TEXT:
            raise FrontMatterError(document.body_line, "nothing to read in it, or too much markup")
        if mistake := variables.unfit(marked, rendered.text, rendered.html):
            raise FrontMatterError(*mistake)
    except FrontMatterError as error:
        raise AnswerFileError(file, error.line, error.message) from error
    answer = Answer(
        id=answer_id,
        lang=lang,
        title=title,
        text=rendered.text,
        html=rendered.html,
        phrases=tuple(phrase for phrase, _ in phrases),
        tags=tags,
        file=file,
        author=author,
        confirmed=confirmed,
        ask=fields_asked,
        lookup=lookup,
        lookup_line=fields["lookup"].line if lookup is not None else 1,
        failed=failed,
        intro=_intro(body),
        variables=marked,
    )
    return Draft(file, variables.templated(answer), tuple(line for _, line in phrases))


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


def _body(document: Document) -> tuple[str, tuple[Variable, ...]]:
    """Give the text with its variables marked."""
    body, marked = variables.mark(document.body, document.body_line)
    if not document.body.strip():
        raise FrontMatterError(document.body_line, "no text after the front matter")
    if len(document.body.strip()) > MAX_BODY:
        raise FrontMatterError(document.body_line, f"text longer than {MAX_BODY} characters")
    return body.strip(), marked


def _intro(body: str) -> Rendered | None:
    rendered = markdown.render(variables.intro(body))
    return rendered if rendered.text else None


def _lookup(fields: dict[str, Field]) -> tuple[str | None, Rendered | None]:
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
        return datetime.date.fromisoformat(field.scalar().strip())
    except ValueError:
        message = f"'{name}' is no date like 2026-12-31: {field.scalar()[:40]!r}"
        raise FrontMatterError(field.line, message) from None


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
