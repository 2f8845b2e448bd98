"""Answer files: Markdown with a YAML front matter, one answer in one language each.

A folder of them is an answer book. Below the folder, ``returns/how-to.md`` is the answer
``returns/how-to``; ``returns/how-to.da.md`` is the same answer in Danish. Names that start with
``.`` or ``_``, and ``README.md``, are passed over.
"""

from __future__ import annotations

import dataclasses
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from straks.answers import front_matter, languages, markdown
from straks.answers.front_matter import Field, FrontMatterError
from straks.answers.text import clean
from straks.errors import StartError, StraksError
from straks_protocol.kinds import MAX_TEXT

__all__ = ["Answer", "AnswerBook", "AnswerFileError", "fingerprint", "parse"]

DEFAULT_LANG: Final = "en"
REPLY_TAG: Final = "reply"
GREETING_TAG: Final = "greeting"
MAX_FILE: Final = 64 * 1024
MAX_BODY: Final = 4_000
MAX_ID: Final = 64
MAX_LINE: Final = 200
MAX_PHRASES: Final = 200
MAX_TAGS: Final = 20

_KEYS: Final = frozenset({"phrases", "lang", "title", "tags"})
_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]*(?:/[a-z0-9][a-z0-9_-]*)*")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A canned answer in one language; ``(id, lang)`` names it."""

    id: str
    lang: str
    title: str
    text: str
    """The body without markup."""
    html: str
    """The body as HTML that is safe to show on any page."""
    phrases: tuple[str, ...]
    """How visitors ask for it; may be empty for a reply or a greeting."""
    tags: tuple[str, ...]
    file: str = ""
    """Where it was read, below the answer folder."""

    @property
    def is_reply(self) -> bool:
        """A canned reply for agents: never given to a visitor by itself."""
        return REPLY_TAG in self.tags

    @property
    def is_greeting(self) -> bool:
        """What a visitor is told who only says hello."""
        return GREETING_TAG in self.tags and not self.is_reply


@dataclass(frozen=True, slots=True)
class AnswerBook:
    """The answers of a folder, with what is wrong in its broken files."""

    answers: tuple[Answer, ...]
    errors: tuple[AnswerFileError, ...] = ()

    @classmethod
    def load(cls, folder: Path) -> AnswerBook:
        """Read every answer file below ``folder``; a broken one is left out and told of.

        Raises:
            StartError: there is no such folder, or it cannot be read.
        """
        drafts: list[_Draft] = []
        errors: list[AnswerFileError] = []
        for file, path in _walk(folder):
            try:
                drafts.append(_parse(file, _read(file, path)))
            except AnswerFileError as error:
                errors.append(error)
        kept = tuple(_without_clashes(drafts, errors))
        errors.sort(key=lambda error: (error.file, error.line))
        return cls(kept, tuple(errors))

    def keeping(self, before: AnswerBook) -> AnswerBook:
        """Give this book with what ``before`` had from files that are broken now."""
        broken = {error.file for error in self.errors}
        taken = {(answer.id, answer.lang) for answer in self.answers}
        asked = {(each.lang, clean(phrase)) for each in self.answers for phrase in each.phrases}
        kept: list[Answer] = []
        for answer in before.answers:
            if answer.file not in broken or (answer.id, answer.lang) in taken:
                continue
            # What another file has taken over meanwhile is that one's.
            left = [each for each in answer.phrases if (answer.lang, clean(each)) not in asked]
            kept.append(dataclasses.replace(answer, phrases=tuple(left)))
        return AnswerBook((*self.answers, *kept), self.errors)

    def published(self) -> list[Answer]:
        """The answers that anybody may read: what is said by itself, and is more than a hello."""
        return [each for each in self.answers if not (each.is_reply or each.is_greeting)]

    def listed(self, lang: str | None = None) -> list[Answer]:
        """Every answer once, for an agent to pick from: canned replies first, then by title.

        Each is in the language ``lang`` where it exists, else in English, else in any it has.
        """
        wanted = languages.base(lang or DEFAULT_LANG)

        def distance(answer: Answer) -> int:
            language = languages.base(answer.lang)
            return 0 if language == wanted else 1 if language == DEFAULT_LANG else 2

        chosen: dict[str, Answer] = {}
        for answer in self.answers:
            other = chosen.get(answer.id)
            if other is None or distance(answer) < distance(other):
                chosen[answer.id] = answer
        return sorted(chosen.values(), key=lambda a: (not a.is_reply, a.title.casefold(), a.id))


def fingerprint(folder: Path) -> frozenset[tuple[str, int, int, int]]:
    """Tell the answer files below ``folder`` apart from what they were or will be.

    Raises:
        StartError: there is no such folder, or it cannot be read.
    """
    found: set[tuple[str, int, int, int]] = set()
    for file, path in _walk(folder):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue  # removed since the folder was read
        except OSError:
            found.add((file, 0, 0, 0))  # it is told of when it is read
            continue
        found.add((file, status.st_mtime_ns, status.st_size, status.st_ino))
    return frozenset(found)


def parse(file: str, raw: bytes) -> Answer:
    """Read one answer file; ``file`` is its path below the answer folder, with ``/``.

    Raises:
        AnswerFileError: the file cannot be used.
    """
    return _parse(file, raw).answer


@dataclass(frozen=True, slots=True)
class _Draft:
    """An answer that reads well by itself, with where its phrases stand."""

    file: str
    answer: Answer
    lines: tuple[int, ...]


def _walk(folder: Path) -> Iterator[tuple[str, Path]]:
    try:
        if not folder.is_dir():
            raise StartError(f"The answer folder {folder} does not exist; give one that does.")
        found = sorted(_files(folder))
    except OSError as error:
        raise StartError(f"The answer folder {folder} cannot be read: {error}.") from error
    for path in found:
        yield _printable(path.relative_to(folder).as_posix()), path


def _files(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise error

    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        for name in names:
            if name.endswith(".md") and not name.startswith((".", "_")) and name != "README.md":
                yield Path(parent, name)


def _printable(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _read(file: str, path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            # Opening a pipe would wait for a writer that never comes.
            raise AnswerFileError(file, 1, "not a regular file")
        with path.open("rb") as stream:
            return stream.read(MAX_FILE + 1)
    except OSError as error:
        raise AnswerFileError(file, 1, f"cannot be read: {error.strerror}") from error


def _parse(file: str, raw: bytes) -> _Draft:
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
        phrases = _phrases(fields, optional=REPLY_TAG in tags or GREETING_TAG in tags)
        body = document.body.strip()
        if not body:
            raise FrontMatterError(document.body_line, "no text after the front matter")
        if len(body) > MAX_BODY:
            raise FrontMatterError(document.body_line, f"text longer than {MAX_BODY} characters")
        rendered = markdown.render(body)
        if not rendered.text or max(len(rendered.text), len(rendered.html) // 8) > MAX_TEXT:
            raise FrontMatterError(document.body_line, "nothing to read in it, or too much markup")
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
    )
    return _Draft(file, answer, tuple(line for _, line in phrases))


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


def _without_clashes(drafts: Iterable[_Draft], errors: list[AnswerFileError]) -> Iterator[Answer]:
    taken: dict[tuple[str, str], str] = {}
    asked: dict[tuple[str, str], str] = {}
    for draft in drafts:
        answer = draft.answer
        first = taken.setdefault((answer.id, answer.lang), draft.file)
        if first != draft.file:
            message = f"answer '{answer.id}' in language {answer.lang} is already in {first}"
            errors.append(AnswerFileError(draft.file, 1, message))
            continue
        clash = _clash(draft, asked)
        if clash is not None:
            del taken[answer.id, answer.lang]
            errors.append(clash)
            continue
        for phrase in answer.phrases:
            asked[answer.lang, clean(phrase)] = draft.file
        yield answer


def _clash(draft: _Draft, asked: dict[tuple[str, str], str]) -> AnswerFileError | None:
    for phrase, line in zip(draft.answer.phrases, draft.lines, strict=True):
        other = asked.get((draft.answer.lang, clean(phrase)))
        if other is not None:
            message = f"the phrase {phrase!r} is already in {other}; keep it in one of them"
            return AnswerFileError(draft.file, line, message)
    return None
