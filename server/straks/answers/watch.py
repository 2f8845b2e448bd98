"""Watching the places that answers are written in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from straks.answers.files import fingerprint, read_folder
from straks.answers.sources import AnswerFile, Sources, console_files, folder_files
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

    While a place cannot be read, its files stay as they were.
    """

    def __init__(self, folder: Path | None, edited: Edited | None, *, every: float) -> None:
        """Read the folder's files. ``every``: seconds between two looks.

        Raises:
            StartError: the folder cannot be read.
        """
        self._folder = folder
        self._edited = edited
        self._every = every
        self._seen: frozenset[tuple[str, int, int, int]] = frozenset()
        self._version = 0
        self._changed = asyncio.Event()
        self._now = asyncio.Event()
        self._told = Trouble(_log, "the answers of the console")
        self.sources = Sources.none()
        """All files as they are known now."""
        if folder is not None:
            # What the files are is asked first: what changes after that is seen.
            self._seen = fingerprint(folder)
            self.sources = self.sources.with_folder(folder_files(read_folder(folder), {}))

    async def begin(self) -> None:
        """Read the console's files; where that fails now, :meth:`run` goes on trying."""
        await self._look_at_records()
        self._changed.clear()

    async def run(self) -> None:
        """Look at both places until cancelled."""
        async with asyncio.TaskGroup() as both:
            if self._folder is not None:
                both.create_task(self._watch_folder(self._folder))
            if self._edited is not None:
                both.create_task(self._watch_records())

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

    async def _watch_folder(self, folder: Path) -> None:
        """Take in what has changed in the folder, and stays as it is for one look."""
        trouble = Trouble(_log, "the answer folder")
        before = self._seen
        while True:
            await asyncio.sleep(self._every)
            try:
                found = await asyncio.to_thread(fingerprint, folder)
                if found == before != self._seen:
                    files = await asyncio.to_thread(_read, folder, self.sources.folder)
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
