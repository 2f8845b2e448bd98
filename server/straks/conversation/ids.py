"""Names for entries that nobody can guess."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from typing import Final

__all__ = ["Ids", "id_of"]

_BYTES: Final = 18
"""Of randomness in a name, a multiple of 3: its letters end where it ends."""
_LETTERS: Final = _BYTES * 4 // 3
_AT_ONCE: Final = 128


class Ids:
    """Draws names from the system's randomness, many at a time: each call of it costs."""

    def __init__(self) -> None:
        self._drawn: list[str] = []

    def __call__(self) -> str:
        """Give a name that was never given before: 24 letters, safe in a URL."""
        if not self._drawn:
            letters = base64.urlsafe_b64encode(os.urandom(_BYTES * _AT_ONCE)).decode()
            self._drawn = [letters[i : i + _LETTERS] for i in range(0, len(letters), _LETTERS)]
        return self._drawn.pop()


def id_of(secret: bytes, visitor_id: str, key: str) -> str:
    """Name the conversation that a visitor's ``open`` with ``key`` makes, on any node."""
    digest = hmac.digest(secret, f"{visitor_id}\n{key}".encode(), hashlib.sha256)
    return base64.b32encode(digest)[:26].decode().lower()
