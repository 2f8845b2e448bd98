"""The lock that keeps a data directory to one server."""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from straks.errors import StartError

__all__ = ["DirectoryLock"]

_LOCK: Final = "lock"
_NODE: Final = "node"


class DirectoryLock:
    """Proof that this process alone serves from a directory; the system ends it with the process.

    ``node`` is the name of the server that lives in the directory: whoever holds the lock may act
    for it, since an earlier process of that name is dead.
    """

    __slots__ = ("_descriptor", "node")

    def __init__(self, descriptor: int) -> None:
        """Use :meth:`take`."""
        self._descriptor = descriptor
        self.node = ""

    @classmethod
    def take(cls, directory: Path) -> Self:
        """Make the directory when there is none, and lock it.

        Raises:
            StartError: another server holds it, or it cannot be written.
        """
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(directory / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise _unusable(directory, error) from error
        lock = cls(descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            lock.node = _node(directory / _NODE)
        except BlockingIOError as error:
            lock.release()
            raise StartError(
                f"Another server is running on the data directory {directory}; "
                "stop it first, or choose another directory."
            ) from error
        except OSError as error:
            lock.release()
            raise _unusable(directory, error) from error
        except BaseException:
            lock.release()
            raise
        return lock

    def release(self) -> None:
        """Let another server have the directory."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()


def _node(path: Path) -> str:
    try:
        node = path.read_text("ascii").strip()
    except FileNotFoundError:
        node = ""
    except UnicodeDecodeError as error:
        raise StartError(f"The file {path} is damaged; remove it.") from error
    if not node:
        node = secrets.token_hex(8)
        path.write_text(node + "\n", "ascii")
    return node


def _unusable(directory: Path, error: OSError) -> StartError:
    return StartError(
        f"The data directory {directory} cannot be used ({error.strerror}); "
        "make it writable for this user, or choose another."
    )
