"""Where an import makes its files, and how they come to their place."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from straks.moving.disk import sync
from straks.records.directory import PLACING

__all__ = ["Stage"]

_BESIDE: Final = ("", "-wal", "-shm")
"""What SQLite keeps beside a file is of that file alone."""


class Stage:
    """A folder in the data directory.

    Files cannot be moved all at once. So their names are noted first, and as long as that note is
    there, nobody uses the data directory; the next import removes them, and begins anew.
    """

    def __init__(self, data: Path) -> None:
        """Use :meth:`open`."""
        self.data: Final = data
        self._note = data / PLACING
        self.path: Final = self._note.parent

    @classmethod
    @contextmanager
    def open(cls, data: Path) -> Iterator[Self]:
        """Make the folder, empty; what an earlier import left is removed.

        Raises:
            OSError: it cannot be written.
        """
        stage = cls(data)
        stage._clear()
        stage.path.mkdir(mode=0o700)
        try:
            yield stage
        finally:
            if not stage._note.exists():
                shutil.rmtree(stage.path, ignore_errors=True)

    def place(self, names: Sequence[str]) -> None:
        """Move files to their place; :meth:`done` must follow before somebody uses them.

        Raises:
            OSError: it cannot be written.
        """
        for name in names:
            unmoved = self.path / f"{name}-wal"
            if unmoved.exists() and unmoved.stat().st_size:
                raise OSError(f"{name} is not whole: the rest could not be moved into the file")
            sync(self.path / name)
        with self._note.open("x") as note:
            note.write("".join(f"{name}\n" for name in names))
            note.flush()
            os.fsync(note.fileno())
        for directory in (self.path, self.data):
            sync(directory)
        for name in names:
            for rest in _BESIDE[1:]:
                (self.data / f"{name}{rest}").unlink(missing_ok=True)
            os.replace(self.path / name, self.data / name)
        sync(self.data)

    def done(self) -> None:
        """Let the data directory be used.

        Raises:
            OSError: it cannot be written.
        """
        self._note.unlink(missing_ok=True)
        sync(self.path)

    def _clear(self) -> None:
        if self._note.exists():
            for name in self._note.read_text().split():
                for rest in _BESIDE:
                    (self.data / f"{name}{rest}").unlink(missing_ok=True)
            sync(self.data)
            self.done()
        if self.path.exists():
            shutil.rmtree(self.path)
