"""Watching the places that answers are written in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from straks.answers.business import Business, look_at
from straks.answers.experts import load_words, words_fingerprint
from straks.answers.files import AnswerBook, fingerprint, read_folder
from straks.answers.sources import AnswerFile, Sources, console_files, folder_files
from straks.answers.validity import today
from straks.clock import Clock
from straks.records.answer_files import AnswerFileRow
from straks.telemetry import Trouble

__all__ = ["Edited", "Watch"]

_log = logging.getLogger(__name__)


class Edited(Protocol):
    """The files that are written in the console; satisfied by the records."""

    async def version(self) -> int:
        """Tell the version of the last change."""
        ...

    async def read_all(self) -> Sequence[AnswerFileRow]:
        """Read all files, those that were deleted too."""
        ...


class Watch:
    """Knows the answer files of a folder and of the console, and when they have changed.

    At midnight they have when other answers hold on the new day.

    While a place cannot be read, its files stay as they were.
    """

    def __init__(
        self,
        folder: Path | None,
        edited: Edited | None,
        *,
        business: Path | None = None,
        every: float,
        clock: Clock,
    ) -> None:
        """Read the folder's files. ``business``: the operator's file, None: there is none.

        ``every``: seconds between two looks.

        Raises:
            StartError: the folder or the operator's file cannot be read.
        """
        self._folder = folder
        self._edited = edited
        self._every = every
        self._clock = clock
        self.day = today(clock)
        """The day whose answers are given."""
        self._seen: frozenset[tuple[str, int, int, int]] = frozenset()
        self._version = 0
        self._changed = asyncio.Event()
        self._now = asyncio.Event()
        self._told = Trouble(_log, "the answers of the console")
        self.sources = Sources.none()
        """All files as they are known now."""
        self.words: Sequence[str] = []
        """An operator's words of the trade, which experts use."""
        self._business = business
        self.business = Business() if business is None else Business.load(business)
        """What fills in answers."""
        if folder is not None:
            # What the files are is asked first: what changes after that is seen.
            self._seen = _fingerprint(folder, hurries=True)
            self.sources = self.sources.with_folder(folder_files(read_folder(folder), {}))
            self.words = _words(folder)

    @property
    def book(self) -> AnswerBook:
        """What the files say together, with the operator's own values filled in."""
        return self.business.settled(self.sources.book)

    async def begin(self) -> None:
        """Read the console's files; where that fails now, :meth:`run` goes on trying."""
        await self._look_at_records()
        self._changed.clear()

    async def run(self) -> None:
        """Look at both places until cancelled."""
        async with asyncio.TaskGroup() as all_of_them:
            all_of_them.create_task(self._watch_days())
            if self._business is not None:
                all_of_them.create_task(self._watch_business(self._business))
            if self._folder is not None:
                all_of_them.create_task(self._watch_folder(self._folder))
            if self._edited is not None:
                all_of_them.create_task(self._watch_records())

    async def changed(self) -> Sources:
        """Wait until something has changed since the last time; give all files as they are now."""
        await self._changed.wait()
        self._changed.clear()
        return self.sources

    def accept(self, file: AnswerFile) -> None:
        """Take in what was just written to the records, without waiting for the next look."""
        self._become(self.sources.with_console([file]))
        # The next look is now: it sees what others may have written before.
        self._now.set()

    async def _watch_days(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            before, self.day = self.day, today(self._clock)
            if self.day != before:
                book = self.book
                if book.valid_on(self.day) != book.valid_on(before):
                    self._changed.set()

    async def _watch_business(self, file: Path) -> None:
        """Take in what the operator writes; while the file is broken, what it said before holds."""
        trouble = Trouble(_log, "the operator's file")
        seen: object = None
        while True:
            try:
                found = await asyncio.to_thread(look_at, file)
                if found != seen:
                    business = await asyncio.to_thread(Business.load, file)
                    seen = found
                    if business != self.business:
                        self.business = business
                        self._changed.set()
                trouble.worked()
            except Exception as error:
                trouble.failed(error)
            await asyncio.sleep(self._every)

    async def _watch_folder(self, folder: Path) -> None:
        """Take in what has changed in the folder, and stays as it is for one look."""
        trouble = Trouble(_log, "the answer folder")
        before = self._seen
        while True:
            await asyncio.sleep(self._every)
            try:
                found = await asyncio.to_thread(_fingerprint, folder)
                if found == before != self._seen:
                    files = await asyncio.to_thread(_read, folder, self.sources.folder)
                    words = await asyncio.to_thread(_words, folder)
                    if words != self.words:
                        self.words = words
                        self._changed.set()
                    self._become(self.sources.with_folder(files))
                    self._seen = found
                before = found
                trouble.worked()
            except Exception as error:
                # What was learned stays, and the chat goes on whatever is wrong with a folder.
                trouble.failed(error)

    async def _watch_records(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._every):
                    await self._now.wait()
            except TimeoutError:
                pass
            self._now.clear()
            await self._look_at_records()

    async def _look_at_records(self) -> None:
        if self._edited is None:
            return
        try:
            version = await self._edited.version()
            if version != self._version:
                rows = await self._edited.read_all()
                files = await asyncio.to_thread(console_files, rows, self.sources.console)
                self._become(self.sources.with_console(files))
                self._version = version
            self._told.worked()
        except Exception as error:
            self._told.failed(error)

    def _become(self, sources: Sources) -> None:
        before, self.sources = self.sources, sources
        if not sources.same(before):
            self._changed.set()


def _read(folder: Path, before: Mapping[str, AnswerFile]) -> dict[str, AnswerFile]:
    return folder_files(read_folder(folder), before)


def _fingerprint(folder: Path, *, hurries: bool = False) -> frozenset[tuple[str, int, int, int]]:
    return fingerprint(folder, hurries=hurries) | words_fingerprint(folder)


def _words(folder: Path) -> Sequence[str]:
    """Read an operator's words; without them experts are known by others."""
    try:
        return load_words(folder)
    except OSError as error:
        _log.warning("the words of experts cannot be read: %s", error)
        return []
