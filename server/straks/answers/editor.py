"""Reading and writing answer files in the console."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from straks.answers.answer import Answer
from straks.answers.front_matter import FrontMatterError
from straks.answers.matcher import Matcher
from straks.answers.replay import Changed, Past, distinct, replay
from straks.answers.source import AnswerFileError, Draft
from straks.answers.sources import AnswerFile, version_of
from straks.answers.stamp import stamp
from straks.answers.validity import today
from straks.answers.watch import Watch
from straks.clock import Clock
from straks.conversation.errors import RefusedError
from straks.errors import StraksError
from straks.records.answer_files import AnswerFileRecords, AnswerFileRow
from straks.records.questions import AnswerCounts, QuestionRecords
from straks_protocol import ErrorCode

__all__ = ["MOST_FILES", "ConflictError", "Editor", "Listed", "NoFileError", "Tried"]

MOST_FILES: Final = 2_000
"""Files that the console has at most."""
REPLAYED: Final = 1_000
"""Distinct questions that an edit is tried on."""

_LOOKED_THROUGH: Final = 5_000
"""Questions among which those are looked for."""
_MOST_WAITING: Final = 3
"""Tries at a time, of which all but one wait; more are refused."""
_NOTHING: Final = AnswerCounts(given=0, helped=0, unhelpful=0)


class NoFileError(StraksError):
    """There is no such file."""


class ConflictError(StraksError):
    """The file is not what the writer has read."""


class Room(Protocol):
    """Where the answers are learned; satisfied by the answer room."""

    @property
    def watch(self) -> Watch: ...

    @property
    def matcher(self) -> Matcher: ...

    async def settled(self) -> Matcher:
        """Wait until everything is learned as well as it can be."""
        ...


@dataclass(frozen=True, slots=True)
class Listed:
    """An answer, its file, and how it did."""

    answer: Answer
    file: AnswerFile
    counts: AnswerCounts


@dataclass(frozen=True, slots=True)
class Tried:
    """What an edit would change, of so many questions."""

    tried: int
    changes: Sequence[Changed]


class Editor:
    """The answer files, for agents. What reads or writes records raises
    ``RecordsUnavailableError``."""

    def __init__(
        self, room: Room, records: AnswerFileRecords, questions: QuestionRecords, clock: Clock
    ) -> None:
        self._room = room
        self._records = records
        self._questions = questions
        self._clock = clock
        self._trying = asyncio.Lock()
        self.waiting = 0
        """Tries that go on or wait."""

    async def listed(self) -> tuple[Sequence[Listed], Sequence[AnswerFileError]]:
        """Give every answer by its file, and what is wrong with the others."""
        counts: Mapping[tuple[str, str | None], AnswerCounts] = await self._questions.by_answer()
        sources, book = self._room.watch.sources, self._room.watch.book
        listed = [
            Listed(
                answer, sources.files[answer.file], counts.get((answer.id, answer.lang), _NOTHING)
            )
            for answer in book.answers
        ]
        return listed, book.errors

    async def file(self, name: str) -> AnswerFile:
        """Read a file as it is now.

        Raises:
            NoFileError: there is none.
        """
        found = await self._now(name, await self._records.read(name))
        if found is None:
            raise NoFileError(f"There is no answer file {name[:200]!r}.")
        return found

    async def save(self, name: str, source: str, version: str | None, author: str) -> AnswerFile:
        """Keep a file, and have it learned. Returns when it is kept, signed and dated.

        ``version``: of the file that was edited, None for one that there must not be yet.

        Raises:
            AnswerFileError: it cannot be one of the answers.
            ConflictError: the file is not that one any more.
        """
        signed = await asyncio.to_thread(self._signed, name, source, author)
        row = await self._records.read(name)
        now = await self._now(name, row)
        if (None if now is None else now.version) != version:
            raise ConflictError("The file was changed meanwhile, or is there already: read it.")
        if (now is None or now.row is None) and self._room.watch.sources.edited >= MOST_FILES:
            raise AnswerFileError(name, 1, f"the console has {MOST_FILES} answers already")
        return await self._keep(name, signed, row, author)

    async def delete(self, name: str, version: str, author: str) -> None:
        """Delete the console's version of a file; the folder's comes back where there is one.

        Raises:
            NoFileError: the console has none.
            ConflictError: the file is another now.
        """
        row = await self._records.read(name)
        if row is None or row.source is None:
            raise NoFileError(f"The console has no answer file {name[:200]!r}.")
        if version_of(row.source.encode()) != version:
            raise ConflictError("The file was changed meanwhile: read it.")
        await self._keep(name, None, row, author)

    async def tried(self, name: str, source: str, author: str) -> Tried:
        """Tell what saving a file would change for the questions that were asked last.

        Raises:
            AnswerFileError: it could not be saved.
            RefusedError: too many want to know this.
        """
        signed = await asyncio.to_thread(self._signed, name, source, author)
        if self.waiting >= _MOST_WAITING:
            raise RefusedError(
                ErrorCode.RATE_LIMITED, "Other edits are being tried; try again.", retry_after=5
            )
        self.waiting += 1
        try:
            async with self._trying:
                asked = await self._questions.newest(_LOOKED_THROUGH)
                past = distinct(((each.text, each.lang) for each in asked), REPLAYED)
                present = await self._room.settled()
                changes = await asyncio.to_thread(self._replayed, name, signed, past, present)
        finally:
            self.waiting -= 1
        return Tried(len(past), changes)

    async def _now(self, name: str, row: AnswerFileRow | None) -> AnswerFile | None:
        if row is not None and row.source is not None:
            return await asyncio.to_thread(AnswerFile.of, row)
        return self._room.watch.sources.folder.get(name)

    async def _keep(
        self, name: str, source: str | None, row: AnswerFileRow | None, author: str
    ) -> AnswerFile:
        expected = 0 if row is None else row.version
        saved = await self._records.save(
            name, source, expected=expected, author=author, at=self._clock.now_ms()
        )
        if saved is None:
            raise ConflictError("The file was changed at the same time: read it.")
        file = await asyncio.to_thread(AnswerFile.of, saved)
        self._room.watch.accept(file)
        return file

    def _check(self, name: str, source: str) -> Draft:
        if not name.endswith(".md"):
            raise AnswerFileError(name, 1, "a file's name ends in .md")
        if "\x00" in source:
            line = source.count("\n", 0, source.index("\x00")) + 1
            raise AnswerFileError(name, line, "there is a character in it that is none (U+0000)")
        draft = self._room.watch.sources.check(name, source.encode())
        if mistake := self._room.watch.business.mistake(draft.answer):
            raise mistake
        return draft

    def _signed(self, name: str, source: str, author: str) -> str:
        """See that a file can be an answer; give it with who says so, and that it holds today."""
        self._check(name, source)
        day = today(self._clock)
        writer = "".join(each if each.isprintable() else " " for each in author).strip()
        try:
            signed = stamp(source, {"author": writer, "confirmed": day.isoformat()})
        except FrontMatterError as error:
            raise AnswerFileError(name, error.line, error.message) from error
        answer = self._check(name, signed).answer
        if (answer.author, answer.confirmed) != (writer, day):
            raise AnswerFileError(name, 2, "write 'author' and 'confirmed' as lines of their own")
        return signed

    def _replayed(
        self, name: str, source: str, past: Sequence[Past], present: Matcher
    ) -> Sequence[Changed]:
        file = AnswerFile.read(name, source.encode())
        watch = self._room.watch
        book = watch.business.settled(watch.sources.instead(file).book).keeping(present.book)
        book = book.valid_on(watch.day)
        edited = Matcher.train(book, threshold=present.threshold)
        edited.calibrate()
        return replay(past, present, edited)
