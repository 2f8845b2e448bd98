"""The file that an export writes and an import reads."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

import msgspec

from straks.log.moving import Head
from straks.moving.errors import MovingError
from straks.moving.lines import (
    FORMAT,
    Channel,
    Counts,
    Footer,
    Header,
    Line,
    Said,
    TableRow,
    Waiting,
    decode,
    encode,
)

__all__ = ["ExportFile", "read"]

_BUFFER: Final = 1 << 20


class ExportFile:
    """A file that is written line by line, and is there when it is whole."""

    def __init__(self, descriptor: int) -> None:
        """Use :meth:`create`."""
        self._file = os.fdopen(descriptor, "wb", _BUFFER)
        self._hash = hashlib.sha256()
        self.counts: Final = Counts()
        """Of what was written."""

    @classmethod
    @contextmanager
    def create(cls, path: Path) -> Iterator[Self]:
        """Make the file; only its owner may read it. It has its name when the block has ended well.

        Raises:
            MovingError: there is one of that name, or it cannot be written.
        """
        draft = path.with_name(f".{path.name}.part")
        try:
            if path.exists():
                raise MovingError(f"The file {path} is there already; choose another name.")
            draft.unlink(missing_ok=True)
            made = cls(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            try:
                with made._file:
                    yield made
                    made._end()
                os.replace(draft, path)
            finally:
                draft.unlink(missing_ok=True)
        except OSError as error:
            raise MovingError(f"The file {path} cannot be written ({error.strerror}).") from error

    def write(self, line: Line) -> None:
        """Add a line.

        Raises:
            OSError: it cannot be written.
        """
        count(self.counts, line)
        written = encode(line)
        self._hash.update(written)
        self._file.write(written)

    def _end(self) -> None:
        self._file.write(encode(Footer(counts=self.counts, sha256=self._hash.hexdigest())))
        self._file.flush()
        os.fsync(self._file.fileno())


def count(counts: Counts, line: Line) -> None:
    """Count a line."""
    match line:
        case TableRow():
            counts.rows += 1
        case Channel():
            counts.channels += 1
        case Said():
            counts.entries += 1
        case Waiting():
            counts.pending += 1


def read(path: Path) -> Iterator[Line]:
    """Read all lines but the last, which is compared with them.

    Raises:
        MovingError: it cannot be read, or is not what an export of this release wrote. That what
            was changed on the way is known at the end only.
    """
    if path.exists() and not path.is_file():
        raise MovingError(f"{path} is not a file, and all of it is read twice; save it to one.")
    try:
        with path.open("rb", _BUFFER) as file:
            yield from _Reading(path).lines(file)
    except OSError as error:
        raise MovingError(f"The file {path} cannot be read ({error.strerror}).") from error


class _Reading:
    """Checks that lines are in order, and whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._counts = Counts()
        self._hash = hashlib.sha256()
        self._head: Head | None = None
        self._offset = 0

    def lines(self, file: Iterator[bytes]) -> Iterator[Line]:
        number = 0
        for number, text in enumerate(file, 1):
            if not text.endswith(b"\n"):
                break
            try:
                line = decode(text)
            except (msgspec.MsgspecError, ValueError) as error:
                raise self._damaged(number, str(error)) from error
            if isinstance(line, Footer):
                if next(file, None) is not None:
                    raise self._damaged(number, "something follows the end")
                self._compare(line)
                return
            if flaw := self._flaw(number, line):
                raise self._damaged(number, flaw)
            count(self._counts, line)
            self._hash.update(text)
            yield line
        raise MovingError(
            f"The file {self._path} is not whole: it ends in line {number}; copy it again."
        )

    def _flaw(self, number: int, line: Line) -> str | None:
        if isinstance(line, Header) != (number == 1):
            return "an export begins with one header"
        if isinstance(line, Header) and line.format != FORMAT:
            return f"it has format {line.format}, this release reads {FORMAT}"
        if isinstance(line, Said):
            return self._flaw_of_entry(line)
        if self._head is not None and self._offset != self._head.position.offset:
            return f"entries of {self._head.name} are missing"
        if isinstance(line, Channel):
            self._head, self._offset = line.head, 0
            if not line.head.position.offset > 0:
                return f"{line.head.name} has no entries"
        return None

    def _flaw_of_entry(self, line: Said) -> str | None:
        if self._head is None or (self._offset and line.offset != self._offset + 1):
            return "an entry is out of place"
        self._offset = line.offset
        last = line.offset == self._head.position.offset
        if line.offset < 1 or line.offset > self._head.position.offset:
            return "an entry is out of place"
        if last and line.id != self._head.position.id:
            return f"the last entry of {self._head.name} is another"
        return None

    def _compare(self, footer: Footer) -> None:
        if footer.counts != self._counts or footer.sha256 != self._hash.hexdigest():
            raise MovingError(
                f"The file {self._path} is not what was exported: it was changed, or damaged on "
                "the way; copy it again."
            )

    def _damaged(self, number: int, why: str) -> MovingError:
        return MovingError(f"Line {number} of {self._path} is not what an export writes: {why}.")
