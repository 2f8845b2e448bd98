"""The secret of a data directory, from which every signing key is derived."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Final

from straks.errors import StartError

__all__ = ["derive_key", "is_secret", "load_secret", "store_secret"]

_SIZE: Final = 32


def load_secret(path: Path) -> bytes:
    """Read the secret, making it first when there is none; only its owner may read it.

    Raises:
        StartError: it cannot be read or written, or is damaged.
    """
    try:
        if not path.exists():
            _make(path, secrets.token_bytes(_SIZE))
        found = path.read_bytes()
    except OSError as error:
        raise StartError(
            f"The secret {path} cannot be used ({error.strerror}); "
            "make the data directory readable and writable for this user."
        ) from error
    if not is_secret(found):
        raise StartError(
            f"The secret {path} is damaged ({len(found)} bytes instead of {_SIZE}); restore it "
            "from a backup, or delete it and let every visitor and agent start anew."
        )
    return found


def derive_key(secret: bytes, purpose: str) -> bytes:
    """Make the key for one purpose; keys of different purposes tell nothing of each other."""
    return hmac.new(secret, purpose.encode(), hashlib.sha256).digest()


def is_secret(found: bytes) -> bool:
    """Tell whether bytes can be a secret."""
    return len(found) == _SIZE


def store_secret(path: Path, secret: bytes) -> None:
    """Write a secret where there is none; one that is there stays.

    Raises:
        OSError: it cannot be written.
    """
    _make(path, secret)


def _make(path: Path, secret: bytes) -> None:
    # A crash or a second process must never leave, or replace, half a secret: link is atomic and
    # does not overwrite.
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    finally:
        draft.unlink()
