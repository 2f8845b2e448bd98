"""The file that an export writes and an import reads."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, Self

import msgspec

from straks.moving.disk import sync
from straks.moving.errors import MovingError
from straks.moving.lines import (
    Channel,
    Counts,
    Footer,
    Line,
    Said,
    TableRow,
    Waiting,
    decode,
    encode,
)
from straks.moving.order import Order

__all__ = ["ExportFile", "count", "damaged", "read"]

_BUFFER: Final = 1 << 20
_LONGEST: Final = 1 << 24
"""Bytes of a line: many times what an entry or a record can have."""


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
        try:
            if path.exists():
                raise MovingError(f"The file {path} is there already; choose another name.")
            draft = path.with_name(f".{path.name}.part")
            draft.unlink(missing_ok=True)
            made = cls(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            try:
                with made._file:
                    yield made
                    made._end()
                os.replace(draft, path)
                sync(path.parent)
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
    try:
        if path.exists() and not path.is_file():
            raise MovingError(f"{path} is not a file, and all of it is read twice; save it to one.")
        with path.open("rb", _BUFFER) as file:
            yield from _Reading(path).lines(file)
    except OSError as error:
        raise MovingError(f"The file {path} cannot be read ({error.strerror}).") from error


class _Reading:
    """Checks that lines are in order, and all there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._counts = Counts()
        self._hash = hashlib.sha256()
        self._order = Order()

    def lines(self, file: BinaryIO) -> Iterator[Line]:
        number = 0
        while text := file.readline(_LONGEST + 1):
            number += 1
            if len(text) > _LONGEST:
                raise damaged(self._path, number, f"it is longer than {_LONGEST:,} bytes")
            if not text.endswith(b"\n"):
                break
            try:
                line = decode(text)
            except RecursionError as error:
                raise damaged(self._path, number, "it is nested too deep") from error
            except (msgspec.MsgspecError, ValueError) as error:
                raise damaged(self._path, number, str(error)) from error
            if isinstance(line, Footer):
                if flaw := self._order.flaw_of_end():
                    raise damaged(self._path, number, flaw)
                if file.read(1):
                    raise damaged(self._path, number, "something follows the end")
                self._compare(line)
                return
            if flaw := self._order.flaw(number, line):
                raise damaged(self._path, number, flaw)
            count(self._counts, line)
            self._hash.update(text)
            yield line
        raise MovingError(
            f"The file {self._path} is not whole: it ends in line {number}; copy it again."
        )

    def _compare(self, footer: Footer) -> None:
        if footer.counts != self._counts or footer.sha256 != self._hash.hexdigest():
            raise MovingError(
                f"The file {self._path} is not what was exported: it was changed, or damaged on "
                "the way; copy it again."
            )


def damaged(path: Path, number: int, why: str) -> MovingError:
    """Say what is wrong with a line, counted from 1."""
    return MovingError(f"Line {number} of {path} is not what an export writes: {why}.")
