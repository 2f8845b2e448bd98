"""Answer files: Markdown with a YAML front matter, one answer in one language each.

A folder of them is an answer book. Below the folder, ``returns/how-to.md`` is the answer
``returns/how-to``; ``returns/how-to.da.md`` is the same answer in Danish. Names that start with
``.`` or ``_``, and ``README.md``, are passed over.
"""

from __future__ import annotations

import dataclasses
import datetime
import os
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from straks.answers import languages
from straks.answers.answer import Answer
from straks.answers.source import DEFAULT_LANG, MAX_FILE, AnswerFileError, Draft, read
from straks.answers.text import clean
from straks.errors import StartError

__all__ = ["AnswerBook", "clash", "fingerprint", "read_folder"]

_AT_ONCE: Final = 32
"""Files that are looked at before whoever waits for the interpreter gets their turn."""
_BREATH: Final = 0.001
"""Seconds."""


@dataclass(frozen=True, slots=True)
class AnswerBook:
    """The answers of some files, with what is wrong in the broken ones."""

    answers: tuple[Answer, ...]
    errors: tuple[AnswerFileError, ...] = ()

    @classmethod
    def load(cls, folder: Path) -> AnswerBook:
        """Read every answer file below ``folder``; a broken one is left out and told of.

        Raises:
            StartError: there is no such folder, or it cannot be read.
        """
        drafts: list[Draft] = []
        errors: list[AnswerFileError] = []
        for file, path in _walk(folder):
            try:
                drafts.append(read(file, _read(file, path)))
            except AnswerFileError as error:
                errors.extend((error, *error.others))
        return cls.of(drafts, errors)

    @classmethod
    def of(cls, drafts: Iterable[Draft], errors: Iterable[AnswerFileError]) -> AnswerBook:
        """Make a book of what was read; of those that say the same, the first has it."""
        told = list(errors)
        kept = tuple(_without_clashes(drafts, told))
        told.sort(key=lambda error: (error.file, error.line))
        return cls(kept, tuple(told))

    def keeping(self, before: AnswerBook) -> AnswerBook:
        """Give this book with what ``before`` had from files that are broken now."""
        broken = {error.file for error in self.errors}
        taken = {(answer.id, answer.lang) for answer in self.answers}
        asked = _Asked()
        for answer in self.answers:
            asked.add(answer)
        kept: list[Answer] = []
        for answer in before.answers:
            if answer.file not in broken or (answer.id, answer.lang) in taken:
                continue
            # What another file has taken over meanwhile is that one's.
            left = [each for each in answer.phrases if asked.other(answer, each) is None]
            kept.append(dataclasses.replace(answer, phrases=tuple(left)))
        return AnswerBook((*self.answers, *kept), self.errors)

    def valid_on(self, day: datetime.date) -> AnswerBook:
        """Give this book without the answers that are not given on a day."""
        return AnswerBook(tuple(each for each in self.answers if each.holds_on(day)), self.errors)

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


def read_folder(folder: Path) -> dict[str, bytes | AnswerFileError]:
    """Read what is in the answer files below ``folder``, by name; or why it cannot be read.

    Raises:
        StartError: there is no such folder, or it cannot be read.
    """
    found: dict[str, bytes | AnswerFileError] = {}
    for file, path in _walk(folder):
        try:
            found[file] = _read(file, path)
        except AnswerFileError as error:
            found[file] = error
    return found


def clash(draft: Draft, others: Iterable[Draft]) -> AnswerFileError | None:
    """Tell what of a draft one of the others has already."""
    asked = _Asked()
    for other in others:
        if (other.answer.id, other.answer.lang) == (draft.answer.id, draft.answer.lang):
            return _same_answer(draft, other.file)
        asked.add(other.answer)
    return _clash(draft, asked)


def fingerprint(folder: Path, *, hurries: bool = False) -> frozenset[tuple[str, int, int, int]]:
    """Tell the answer files below ``folder`` apart from what they were or will be.

    ``hurries``: nobody waits for the interpreter meanwhile. Else, since it is asked every second,
    a thread beside it gets its turn all the while, whatever the number of files.

    Raises:
        StartError: there is no such folder, or it cannot be read.
    """
    found: set[tuple[str, int, int, int]] = set()
    for number, path in enumerate(_files(folder), start=1):
        if not (hurries or number % _AT_ONCE):
            time.sleep(_BREATH)
        try:
            status = os.stat(path)
        except FileNotFoundError:
            continue  # removed since the folder was read
        except OSError:
            found.add((path, 0, 0, 0))  # it is told of when it is read
            continue
        found.add((path, status.st_mtime_ns, status.st_size, status.st_ino))
    return frozenset(found)


def _walk(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(Path(each) for each in _files(folder)):
        yield _printable(path.relative_to(folder).as_posix()), path


def _files(folder: Path) -> Iterator[str]:
    try:
        if not folder.is_dir():
            raise StartError(f"The answer folder {folder} does not exist; give one that does.")
        yield from _below(str(folder))
    except OSError as error:
        raise StartError(f"The answer folder {folder} cannot be read: {error}.") from error


def _below(folder: str) -> Iterator[str]:
    """Go through the answer files of a folder that is there.

    One at a time, so that whoever does may pause: ``os.walk`` reads whole folders at once.
    """
    ahead = [folder]
    while ahead:
        parent = ahead.pop()
        try:
            with os.scandir(parent) as entries:
                for entry in entries:
                    if entry.name.startswith((".", "_")):
                        continue
                    # Folders that are linked are not gone into: they may lead in a circle.
                    if entry.is_dir(follow_symlinks=False):
                        ahead.append(entry.path)
                    elif entry.name.endswith(".md") and entry.name != "README.md":
                        yield entry.path
        except (FileNotFoundError, NotADirectoryError):
            if parent == folder:
                raise
            # Else it has gone since the folder that it was in was read.


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


class _Asked:
    """Which answer has a phrase, of those that are given at the same time."""

    def __init__(self) -> None:
        self._by_phrase: dict[tuple[str, str], list[Answer]] = {}

    def add(self, answer: Answer) -> None:
        for phrase in answer.phrases:
            self._by_phrase.setdefault((answer.lang, clean(phrase)), []).append(answer)

    def other(self, answer: Answer, phrase: str) -> Answer | None:
        """Find one that has the same phrase, and a day in common."""
        having = self._by_phrase.get((answer.lang, clean(phrase)), ())
        return next((each for each in having if each.meets(answer)), None)


def _without_clashes(drafts: Iterable[Draft], errors: list[AnswerFileError]) -> Iterator[Answer]:
    taken: dict[tuple[str, str], str] = {}
    asked = _Asked()
    for draft in drafts:
        answer = draft.answer
        first = taken.setdefault((answer.id, answer.lang), draft.file)
        if first != draft.file:
            errors.append(_same_answer(draft, first))
            continue
        error = _clash(draft, asked)
        if error is not None:
            del taken[answer.id, answer.lang]
            errors.append(error)
            continue
        asked.add(answer)
        yield answer


def _same_answer(draft: Draft, other: str) -> AnswerFileError:
    answer = draft.answer
    message = f"answer '{answer.id}' in language {answer.lang} is already in {other}"
    return AnswerFileError(draft.file, 1, message)


def _clash(draft: Draft, asked: _Asked) -> AnswerFileError | None:
    for phrase, line in zip(draft.answer.phrases, draft.lines, strict=True):
        other = asked.other(draft.answer, phrase)
        if other is not None:
            message = f"the phrase {phrase!r} is already in {other.file}; keep it in one of them"
            return AnswerFileError(draft.file, line, message)
    return None
