"""``straks`` with a wall clock that a test sets: ``python -m tests.support.skewed FILE serve``.

FILE holds how far the clock is off, in seconds, as eight bytes; whoever writes it sets the clock.
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
import time
from pathlib import Path
from typing import Final

from tests.support.server import ServerProcess

__all__ = ["SkewedServer"]

_OFFSET: Final = struct.Struct("<q")


class SkewedServer(ServerProcess):
    """A server whose clock can be set while it runs."""

    @property
    def command(self) -> list[str]:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        if not self._file.exists():
            self.set_clock(0)
        return [sys.executable, "-m", "tests.support.skewed", str(self._file), *self.arguments]

    def set_clock(self, seconds: int) -> None:
        """Let its clock be so far ahead of the machine's, or behind it."""
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(_OFFSET.pack(seconds))

    @property
    def _file(self) -> Path:
        return self.data.parent / "skew"


def skew(path: Path) -> None:
    """Let all that reads the wall clock in this process read it as the file says."""
    handle = os.open(path, os.O_RDONLY)
    offset = mmap.mmap(handle, _OFFSET.size, prot=mmap.PROT_READ)
    os.close(handle)
    real, real_ns = time.time, time.time_ns

    def seconds() -> int:
        found: int = _OFFSET.unpack(offset[: _OFFSET.size])[0]
        return found

    time.time = lambda: real() + seconds()
    time.time_ns = lambda: real_ns() + seconds() * 1_000_000_000


if __name__ == "__main__":
    # Before anything of the server is imported: it may keep the functions.
    skew(Path(sys.argv.pop(1)))
    from straks.cli import main

    main()
